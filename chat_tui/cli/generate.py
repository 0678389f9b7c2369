"""``make docs``: writes what is generated from the code into the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chat_tui.cli.example import example
from chat_tui.cli.keys import reference, summary

ROOT = Path(__file__).parent.parent.parent
BEGIN, END = "<!-- keys: made by make docs -->", "<!-- keys end -->"

_REFERENCE = f"""\
# Keys

Made by `make docs` from the declared actions; do not edit by hand. The name in the last column is
what an action is called in `[keys]` of the configuration.

{reference()}
"""


def config_example(_: str) -> str:
    """Return the example configuration."""
    return example()


def keys(_: str) -> str:
    """Return the key reference."""
    return _REFERENCE


def readme(now: str) -> str:
    """Return the README with its key table renewed."""
    before, begin, rest = now.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{summary()}\n{END}{after}"


GENERATED: dict[str, Callable[[str], str]] = {
    "config.example.toml": config_example,
    "docs/keys.md": keys,
    "README.md": readme,
}
"""Files of the repository: each from its text now to its text as it should be."""


def main() -> None:
    """Write every generated file."""
    for name, make in GENERATED.items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(path.read_text("utf-8") if path.exists() else ""), "utf-8")


if __name__ == "__main__":
    main()
