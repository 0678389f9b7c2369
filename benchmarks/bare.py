"""The floor: a Textual app with a Static and an Input, as small as one can be.

``python -m benchmarks.bare [TOKENS PACE]`` also appends tokens to the Static after a key, and
``python -m benchmarks.bare sdk`` loads the SDK: what a client of the API weighs at the least.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from benchmarks.shapes import answer

STREAM_KEY = "f5"


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
        tokens = answer("mixed", self._tokens)
        started = clock()
        for number, token in enumerate(tokens):
            await asyncio.sleep(max(0.0, started + number / self._pace - clock()))
            text += token
            static.update(Content(text))
            self.query_one(VerticalScroll).scroll_end(animate=False)


if __name__ == "__main__":
    wanted = sys.argv[1:]
    if wanted == ["sdk"]:
        import_module("openai")
        wanted = []
    tokens, pace = wanted or ("0", "100")
    BareApp(int(tokens), float(pace)).run()
