"""The line a search is typed into: what was found is told here and shown in the transcript."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chat_tui.errors import ChatTuiError
from chat_tui.tui.editing import Line
from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.older import WINDOWS

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

    from chat_tui.tui.older import Older
    from chat_tui.tui.transcript.bookmark import Bookmark
    from chat_tui.tui.transcript.transcript import Transcript

PAUSE = 0.05
"""Seconds without a key after which the loaded items are searched."""
LONGER = 0.15
"""Seconds more after which the older ones are."""
MOST = 1000
"""Matches further up beyond which nobody counts on."""


class FindInput(Line, inherit_bindings=True):
    """Where the query is typed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIND)
    scope = Scope.FIND

    class Moved(Message):
        """Sent when the reader wants the next match (1) or the one before (-1)."""

        def __init__(self, by: int) -> None:
            self.by = by
            super().__init__()

    class Left(Message):
        """Sent when the reader leaves the line, to stay at the match or to go back."""

        def __init__(self, *, back: bool) -> None:
            self.back = back
            super().__init__()

    def action_next(self) -> None:
        """Go to the next match."""
        self.post_message(self.Moved(1))

    def action_previous(self) -> None:
        """Go to the match before."""
        self.post_message(self.Moved(-1))

    def action_stay(self) -> None:
        """Go to the transcript and stay at the match."""
        self.post_message(self.Left(back=False))

    def action_leave(self) -> None:
        """Go back to where the search began."""
        self.post_message(self.Left(back=True))


class FindBar(Horizontal):
    """Searches the open conversation, loaded or not, while it is shown."""

    DEFAULT_CSS = """
    FindBar {
        height: 1;
        padding: 0 2;
        margin-right: 1;
        background: $surface;
        display: none;
        & > #find-sign { width: auto; color: $primary; }
        & > FindInput { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        & > FindInput:focus { border: none; }
        & > #find-count { width: auto; color: $muted; padding-left: 2; }
    }
    """

    def __init__(
        self,
        transcript: Transcript,
        older: Older,
        *,
        id: str | None = None,  # noqa: A002 - as every widget names it
    ) -> None:
        super().__init__(id=id)
        self._transcript = transcript
        self._older = older
        self._origin: Bookmark | None = None
        self._above = 0
        self._counted = True
        self._input = FindInput(placeholder="find in the conversation", select_on_focus=True)
        self._count = Static(Content(""), id="find-count")

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(Content("find "), id="find-sign")
        yield self._input
        yield self._count

    # --- opening and closing ------------------------------------------------------------------

    def open(self) -> None:
        """Show the line and type into it; the last query is there to be replaced."""
        if not self.display:
            self._origin = self._transcript.bookmark()
            self.display = True
            if self._input.value:
                self._begin(self._input.value)
        self._input.focus()
        self._input.select_all()

    def close(self) -> bool:
        """End the search where the reader is now; return whether there was one."""
        if not self.display:
            return False
        self.display = False
        self.workers.cancel_group(self, "search")
        self._transcript.find("")
        return True

    def on_find_input_left(self, event: FindInput.Left) -> None:
        """Leave the line."""
        event.stop()
        if event.back:
            origin, self._origin = self._origin, None
            self.close()
            if origin is not None:
                self._transcript.go_to(origin)
        self._transcript.focus()

    # --- searching ----------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search as the query is typed."""
        event.stop()
        if self.display:
            self._begin(event.value)

    def _begin(self, query: str) -> None:
        self.run_worker(self._search(query), group="search", exclusive=True)

    async def _search(self, query: str) -> None:
        await asyncio.sleep(PAUSE)
        self._above, self._counted = 0, False
        self._transcript.find(query)
        await self._transcript.searched()
        if self._transcript.find_nearest() is None and self._origin is not None:
            self._transcript.go_to(self._origin)
        await asyncio.sleep(LONGER)
        await self._count_older()

    async def _count_older(self) -> None:
        """Count what stands in the items that are not loaded."""
        self._above, self._counted = 0, False
        query = self._transcript.sought
        if query and self._older.any:
            async for number in self._older.counts(query):
                self._above += number
                self.tell()
                if self._above >= MOST:
                    break
        self._counted = True
        self.tell()

    async def move(self, by: int) -> None:
        """Go to the next match or the one before, loading older items when they hold it."""
        if not self._transcript.sought:
            return
        await self._transcript.searched()
        pane = self._transcript
        if by > 0:
            if pane.find_next(around=False) is None:
                await self._load(first=True)
                pane.find_next()
        elif pane.find_previous(around=False) is None:
            if found := await self._load(first=False):
                pane.find_last_before(found)
            else:
                pane.find_previous()

    async def _load(self, *, first: bool) -> int:
        """Load older items until one holds a match, or (``first``) until none is further up.

        Returns how many matches came.
        """
        pane = self._transcript
        query, (_, before) = pane.sought, pane.found
        if first and not self._counted:
            self.workers.cancel_group(self, "search")
            await self._count_older()
        loads = came = 0
        while self._older.any and (self._above or loads < WINDOWS) and (first or not came):
            if first and not self._above and self._older.here:
                break
            if not await self._older.load():
                break
            loads += 1
            await pane.searched()
            if pane.sought != query:
                return 0
            fresh, came = pane.found[1] - before - came, pane.found[1] - before
            if self._above < MOST:
                self._above = max(self._above - fresh, 0)
        if loads:
            self.run_worker(self._count_older(), group="search", exclusive=True)
        return came

    async def on_find_input_moved(self, event: FindInput.Moved) -> None:
        """Go on with the search; an error becomes a notice of the line itself."""
        event.stop()
        self.run_worker(self._moved(event.by), group="move", exclusive=True)

    async def _moved(self, by: int) -> None:
        try:
            await self.move(by)
        except ChatTuiError as error:
            self._count.update(Content(error.sentence))

    # --- telling ------------------------------------------------------------------------------

    def tell(self) -> None:
        """Say which match is the current one, how many there are, and what is not counted."""
        if self.display:
            self._count.update(Content(self.words()))

    def words(self) -> str:
        """Return what is said beside the query."""
        if not self._transcript.sought:
            return ""
        number, total = self._transcript.found
        words = [f"{number} of {total}" if number else f"{total} found" if total else "none"]
        if self._above:
            most = "+" if self._above >= MOST else ""
            words.append(f"{min(self._above, MOST)}{most} more further up")
        elif not self._counted and self._older.any:
            words.append("looking further up …")
        if self._counted and self._older.any and not self._older.here:
            words.append("older items not here yet")
        return " · ".join(words)
