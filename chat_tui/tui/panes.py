"""The three panes side by side, and how they give way on small terminals."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Static

from chat_tui.errors import ChatTuiError
from chat_tui.tui.composer import Composer
from chat_tui.tui.conversations import ConversationPane
from chat_tui.tui.inspector import Inspector
from chat_tui.tui.notice import NoticeBar
from chat_tui.tui.queue import QueueBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from chat_tui.tui.older import Older
    from chat_tui.tui.transcript.find_bar import FindBar
    from chat_tui.tui.transcript.transcript import Transcript

LIST_FROM = 70
INSPECTOR_FROM = 100
"""Widths in columns from which a pane stands beside the transcript; below, it lies above it."""
SMALLEST = Size(44, 14)
_EMPTY = (
    "Nothing said yet.\n"
    "Write below and press enter.\n"
    "The server keeps the conversation;\n"
    "its id brings it back anywhere."
)


class Panes(Horizontal):
    """The conversation list, the transcript with the composer, the inspector."""

    DEFAULT_CSS = """
    Panes {
        height: 1fr;
        & > #main { width: 1fr; height: 1fr; padding-left: 1; }
        #heading { padding: 0 2; }
        #transcript, #unfurnished { height: 1fr; }
        #composer { margin-right: 1; }
        & > .-overlay {
            layer: above;
            width: 88%;
            max-width: 60;
            height: 1fr;
            background: $surface;
        }
        & > ConversationPane.-overlay { dock: left; border-right: tall $primary; }
        & > Inspector.-overlay { dock: right; border-left: tall $primary; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self.list_pane = ConversationPane(id="list-pane")
        self.heading = Static(Content(" "), id="heading", classes="pane-title")
        self._transcript: Transcript | None = None
        self._find_bar: FindBar | None = None
        self.notice = NoticeBar(id="notice")
        self.queue = QueueBar(id="queue")
        self.composer = Composer(id="composer")
        self.inspector = Inspector(id="inspector")
        self._asked: dict[tuple[Widget, bool], bool] = {}
        """What the user chose for a pane, apart for when it stands beside and lies above."""

    def compose(self) -> ComposeResult:
        """Lay the panes out."""
        yield self.list_pane
        with Vertical(id="main"):
            yield self.heading
            yield Static(Content(""), id="unfurnished")
            yield self.notice
            yield self.queue
            yield self.composer
        yield self.inspector

    @property
    def transcript(self) -> Transcript:
        """The transcript. Raises ChatTuiError before ``furnish``."""
        if self._transcript is None:
            raise ChatTuiError("Still starting.", "Try again in a moment.")
        return self._transcript

    @property
    def find_bar(self) -> FindBar:
        """The line of the find. Raises ChatTuiError before ``furnish``."""
        if self._find_bar is None:
            raise ChatTuiError("Still starting.", "Try again in a moment.")
        return self._find_bar

    async def furnish(self, older: Older) -> None:
        """Put the transcript in place: loading it takes longer than all the rest together."""
        module = await asyncio.to_thread(import_module, "chat_tui.tui.transcript.transcript")
        bar = await asyncio.to_thread(import_module, "chat_tui.tui.transcript.find_bar")
        transcript: Transcript = module.Transcript(id="transcript")
        transcript.placeholder = _EMPTY
        await self.inspector.furnish()
        space = self.query_one("#unfurnished")
        await self.query_one("#main").mount(transcript, after=space)
        await space.remove()
        self._transcript = transcript
        self._find_bar = bar.FindBar(transcript, older, id="find")
        await self.query_one("#main").mount(self._find_bar, before=self.composer)

    def fit(self, size: Size) -> None:
        """Show the panes that fit a terminal of ``size``, and those asked for."""
        for pane, threshold in ((self.list_pane, LIST_FROM), (self.inspector, INSPECTOR_FROM)):
            beside = size.width >= threshold
            pane.set_class(not beside, "-overlay")
            shown = self._asked.get((pane, beside), beside)
            if pane.display != shown:  # setting it costs a layout even when nothing changes
                pane.display = shown

    def toggle_list(self) -> None:
        """Show or hide the list."""
        self._toggle(self.list_pane, self.list_pane.list)

    def show_list(self) -> None:
        """Show the list."""
        self._set(self.list_pane, shown=True)

    def toggle_inspector(self) -> None:
        """Show or hide the inspector."""
        self._toggle(self.inspector, self.inspector.lines)

    def _toggle(self, pane: Widget, target: Widget) -> None:
        self._set(pane, shown=not pane.display)
        (target if pane.display else self.composer).focus()

    def _set(self, pane: Widget, *, shown: bool) -> None:
        pane.display = shown
        self._asked[pane, not pane.has_class("-overlay")] = shown

    def close_overlays(self) -> bool:
        """Hide panes that lie above the transcript; returns whether there were any."""
        found = [
            pane
            for pane in (self.list_pane, self.inspector)
            if pane.display and pane.has_class("-overlay")
        ]
        for pane in found:
            self._set(pane, shown=False)
        return bool(found)


def too_small(size: Size) -> str:
    """Return what to say of a terminal too small to work in, or an empty string."""
    if size.width >= SMALLEST.width and size.height >= SMALLEST.height:
        return ""
    return (
        f"This terminal is {size.width}×{size.height}; enlarge it to at least "
        f"{SMALLEST.width}×{SMALLEST.height} to go on. Nothing is lost; ctrl+q quits."
    )
