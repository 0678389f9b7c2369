"""The layering table of docs/architecture.md, enforced on every import in the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "chat_tui"

EVERYTHING = frozenset(
    [
        "errors",
        "items",
        "moving",
        "planning",
        "replaying",
        "streaming",
        "config",
        "gateway",
        "library",
        "controller",
        "server",
        "tui",
        "cli",
    ]
)
MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "items": frozenset(),
    "config": frozenset({"errors"}),
    "planning": frozenset({"items", "replaying", "config"}),
    "replaying": frozenset({"items"}),
    "moving": frozenset({"errors", "items", "replaying"}),
    "streaming": frozenset({"items"}),
    "gateway": frozenset({"errors", "items", "config"}),
    "library": frozenset({"errors", "items"}),
    "controller": frozenset(
        {
            "errors",
            "items",
            "moving",
            "planning",
            "replaying",
            "streaming",
            "config",
            "gateway",
            "library",
        }
    ),
    "server": frozenset(),
    "tui": frozenset({"errors", "controller", "items", "config"}),
    "cli": EVERYTHING,
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}
FOREIGN_ONLY_IN = {
    "openai": {"gateway"},
    "httpx2": {"gateway", "server"},
    "sqlite3": {"library", "server"},
    "textual": {"tui"},
    "starlette": {"server"},
    "uvicorn": {"server"},
}
"""Libraries with one home on each side of the wire."""


def imports(path: Path) -> set[str]:
    """Return every absolute module name a file imports, those inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            found.add(module)
            if module == "chat_tui":
                found.update(f"chat_tui.{alias.name}" for alias in node.names)
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(PACKAGE)) for f in FILES])
def test_imports_follow_the_table(path: Path) -> None:
    place = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = MAY_IMPORT[place] | {place}
    for name in imports(path):
        first, *rest = name.split(".")
        if first == "chat_tui" and rest and rest[0] in EVERYTHING:
            assert rest[0] in allowed, f"{place} may not import {name}"
        homes = FOREIGN_ONLY_IN.get(first)
        assert homes is None or place in homes, f"only {homes} may import {first}"


def test_the_entry_point_imports_almost_nothing() -> None:
    code = "import sys, chat_tui.cli; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"textual", "openai", "asyncio", "click", "rich", "sqlite3", "starlette", "uvicorn"}
    assert heavy.isdisjoint(loaded)
