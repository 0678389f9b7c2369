"""Code fences that nothing inside can close, and Markdown's special characters made plain. Pure."""

from __future__ import annotations

import re

_RUN = re.compile("`+")
_SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")


def fenced(text: str, language: str = "") -> str:
    """Return ``text`` as a code block whose fence is longer than any run of backticks inside."""
    fence = "`" * max(3, 1 + max(map(len, _RUN.findall(text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


def escaped(line: str) -> str:
    """Return one line of text that Markdown shows as it is."""
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", line)
