"""The floor: a Textual app with a Static and an Input, as small as one can be.

``python -m benchmarks.bare [TOKENS PER_SECOND]`` also appends tokens to the Static after a key.
"""

from __future__ import annotations

import asyncio
import sys

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

WORDS = ("the ", "letter ", "went ", "on ", "its ", "way, ", "and ", "nobody ", "asked.\n")
STREAM_KEY = "f5"
END = "the very end"


class BareApp(App[None]):
    """A Static over an Input."""

    BINDINGS = [(STREAM_KEY, "stream"), ("ctrl+q", "quit")]  # noqa: RUF012 - Textual's own form
    CSS = "VerticalScroll { height: 1fr; } Static { height: auto; }"

    def __init__(self, tokens: int, pace: float) -> None:
        super().__init__()
        self._tokens = tokens
        self._pace = pace

    def compose(self) -> ComposeResult:
        """Lay out the two."""
        with VerticalScroll(can_focus=False):
            yield Static(Content(""))
        yield Input(placeholder="Write a message")

    def on_mount(self) -> None:
        """Let one type at once."""
        self.query_one(Input).focus()

    async def action_stream(self) -> None:
        """Append tokens to the Static, each when it is due."""
        self.run_worker(self._stream())

    async def _stream(self) -> None:
        static, text = self.query_one(Static), ""
        clock = asyncio.get_running_loop().time
        started = clock()
        for number in range(self._tokens):
            text += WORDS[number % len(WORDS)]
            static.update(Content(text))
            self.query_one(VerticalScroll).scroll_end(animate=False)
            await asyncio.sleep(max(0.0, started + (number + 1) / self._pace - clock()))
        static.update(Content(text + END))
        self.query_one(VerticalScroll).scroll_end(animate=False)


if __name__ == "__main__":
    BareApp(int((sys.argv[1:] or ["0"])[0]), float((sys.argv[2:] or ["100"])[0])).run()
