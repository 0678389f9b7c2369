"""What the doctor reads of the terminal: from the environment, nothing is sent to it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping

from chat_tui.cli.findings import Finding, Status

_GROUP = "Terminal"
_MULTIPLEXERS = {"ZELLIJ": "Zellij", "TMUX": "tmux", "STY": "screen"}


def look_at_terminal(env: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield what is known of the terminal; none of it prevents the use of other commands."""
    terminal = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    yield Finding(_GROUP, "interactive", "yes" if terminal else "no: input or output is redirected")
    if terminal:
        yield _size(*shutil.get_terminal_size())
    name = env.get("TERM", "")
    usable = name not in ("", "dumb")
    yield Finding(_GROUP, "TERM", name or "unset", Status.OK if usable else Status.WARNING)
    yield Finding(_GROUP, "colours", colours(env))
    encoding = (sys.stdout.encoding if sys.stdout is not None else None) or "unknown"
    unicode = encoding.lower().replace("-", "").startswith("utf")
    yield Finding(
        _GROUP,
        "encoding",
        encoding if unicode else f"{encoding}: set a UTF-8 locale to see every character",
        Status.OK if unicode else Status.WARNING,
    )
    names = [shown for variable, shown in _MULTIPLEXERS.items() if env.get(variable)]
    yield Finding(_GROUP, "multiplexer", ", ".join(names) or "none")


def _size(columns: int, lines: int) -> Finding:
    from chat_tui.tui.panes import SMALLEST

    enough = columns >= SMALLEST.width and lines >= SMALLEST.height
    wanted = "" if enough else f"; the interface needs {SMALLEST.width} by {SMALLEST.height}"
    return Finding(
        _GROUP,
        "size",
        f"{columns} columns by {lines} lines{wanted}",
        Status.OK if enough else Status.WARNING,
    )


def colours(env: Mapping[str, str]) -> str:
    """Return how many colours a terminal claims to have by its environment."""
    if env.get("NO_COLOR"):
        return "none: NO_COLOR is set"
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million (COLORTERM)"
    return "256 (TERM)" if "256" in env.get("TERM", "") else "16 or an unknown number"
