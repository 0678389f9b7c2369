"""Values a server sends as text to read: JSON laid out, arguments as in a call, sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

DETAIL_LIMIT = 400
"""Characters of a line beyond which nobody reads on."""


def parse(text: str) -> Any:
    """Return the JSON value a text is, or None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def pretty(value: object) -> str:
    """Return a value as indented JSON; text that is not JSON as it is."""
    if isinstance(value, str):
        parsed = parse(value)
        if parsed is None:
            return value
        value = parsed
    if value is None:
        return ""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return str(value)[:100_000]


def compact(value: object) -> str:
    """Return a value as JSON on one line."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return str(value)


def signature(arguments: object) -> tuple[str, bool]:
    """Return arguments as in a call, and whether nothing of them is left out."""
    value = parse(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(value, Mapping):
        text = arguments if isinstance(arguments, str) else ""
        return f"({' '.join(text[:DETAIL_LIMIT].split())})", not text
    whole = True
    shown: list[str] = []
    for name, argument in value.items():
        word = _short(argument)
        whole = whole and word is not None
        shown.append(f"{name}={word or '…'}")
    line = f"({', '.join(shown)})"
    return line, whole and len(line) <= 60


def _short(value: object) -> str | None:
    if isinstance(value, str) and len(value) <= 40 and "\n" not in value:
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    if value in ([], {}):
        return str(value)
    return None


def size(blob: str) -> str:
    """Return how much a text is, for a reader."""
    count = len(blob)
    return f"{count} B" if count < 1000 else f"{count / 1000:.0f} kB"


def fenced(code: str, language: str = "") -> str:
    """Return code as a Markdown block that nothing in it can close."""
    mark = "```"
    while mark in code:
        mark += "`"
    return f"{mark}{language}\n{code}\n{mark}"


def without_blobs(value: Any, depth: int = 0) -> Any:
    """Return a value whose long encoded strings are replaced by their size."""
    if depth > 50:
        return "…"
    if isinstance(value, str):
        blob = len(value) > 1000 and " " not in value
        return f"({size(value)})" if blob else value
    if isinstance(value, Mapping):
        return {str(key): without_blobs(part, depth + 1) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [without_blobs(part, depth + 1) for part in value]
    return value


def maps(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list, whatever else is in it, and nothing when it is none."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [part for part in value if isinstance(part, Mapping)]
