"""How far a longer command is, on a line of the terminal that it takes away again."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self


class Progress:
    """Shown on stderr while in its context, and only where that is a terminal."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, done: int, total: int) -> None:
        """Show how many items are done, and of how many where that is known."""
        if sys.stderr is None or not sys.stderr.isatty():
            return
        self._shown = True
        sys.stderr.write(f"\r\x1b[K{self._doing}: {done}{f' of {total}' if total else ''} items")
        sys.stderr.flush()
