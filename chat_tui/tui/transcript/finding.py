"""Finding in the transcript: the search runs in slices, matches are gone to one by one.

The line the query is typed into, and what lies before the loaded items, are not here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chat_tui.items import visible_line
from chat_tui.tui.transcript import messages
from chat_tui.tui.transcript.selecting import SelectingPane
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from textual.worker import Worker

    from chat_tui.tui.transcript.search import Match

SLICE = 0.006
"""Seconds that may be searched between two keys."""


class FindingPane(SelectingPane, inherit_bindings=False):
    """The half of the transcript that finds."""

    _searching: Worker[None] | None = None

    @property
    def sought(self) -> str:
        """What is searched for, in lower case; empty for nothing."""
        return self._search.query

    @property
    def found(self) -> tuple[int, int]:
        """Which match is the current one (from 1; 0 for none), and how many were found so far."""
        return self._search.ordinal(self._document), self._search.total

    def find(self, query: str) -> None:
        """Mark ``query`` wherever it stands, whatever its case; empty ends the search.

        The count grows in slices; FoundChanged is sent after each, ``searched`` waits for all.
        """
        had = bool(self.sought)
        self._search.begin(self._document, visible_line(query))
        self._look()
        if had or self.sought:
            self.post_message(messages.FoundChanged())
            self.refresh()

    async def searched(self) -> None:
        """Wait until every loaded item was looked at."""
        while not self._search.done:
            if not self.is_attached:
                return
            await asyncio.sleep(SLICE)

    def _look(self) -> None:
        """Look through what was not looked at yet, and tell what is found."""
        if self.sought:
            self.post_message(messages.FoundChanged())
        if self._search.done or (self._searching is not None and not self._searching.is_finished):
            return
        self._searching = self.run_worker(self._slices(), group="find")

    async def _slices(self) -> None:
        while not self._search.step(self._document, SLICE):
            self.post_message(messages.FoundChanged())
            await asyncio.sleep(0)
        self.post_message(messages.FoundChanged())

    def find_nearest(self) -> Match | None:
        """Go to the first match in view, else to the last one above, else to the first one."""
        self._prepare()
        rows = self._view.rows()
        if not rows or not self._search.total:
            return None
        if self._search.current is not None:
            return self._search.current
        first, after = self._search.before(rows[0].entry), self._search.before(rows[-1].entry + 1)
        return self._go(first if after > first else max(first - 1, 0))

    def find_next(self, *, around: bool = True) -> Match | None:
        """Go to the next match; from the last on to the first only when ``around``."""
        return self._by(1, around=around)

    def find_previous(self, *, around: bool = True) -> Match | None:
        """Go to the match before; from the first on to the last only when ``around``."""
        return self._by(-1, around=around)

    def find_last_before(self, number: int) -> Match:
        """Go to the last of the first ``number`` matches. Raises IndexError when there are less."""
        return self._go(number - 1)

    def _by(self, by: int, *, around: bool = True) -> Match | None:
        ordinal, total = self.found
        if not total:
            return None
        if not ordinal:
            current = self._current()
            rows = self._view.rows()
            start = current if current is not None else rows[0].entry if rows else 0
            number = self._search.before(start) - (by < 0)
        else:
            number = ordinal - 1 + by
        if not around and not 0 <= number < total:
            return None
        return self._go(number % total)

    def _go(self, number: int) -> Match:
        """Bring a match into view, opening the item it is in."""
        match = self._search.choose(self._document, number)
        index = self._document.index(match.ref)
        self._prepare()
        layout = self._document.layout(index)
        if layout.folded and match.number >= layout.found(self.sought):
            self._document.fold(match.ref, folded=False)
        self.cursor = match.ref
        part, line, _ = self._search.place(self._document.layout(index), match)
        target = Row(index, part, line)
        if target not in self._view.rows()[1:-1]:
            self._view.anchor = target
            self._view.move(-self._view.height // 3)
        self._moved()
        self.post_message(messages.FoundChanged())
        return match

    def action_find_next(self) -> None:
        """Go to the next match."""
        self.post_message(messages.FindMoved(1))

    def action_find_previous(self) -> None:
        """Go to the match before."""
        self.post_message(messages.FindMoved(-1))
