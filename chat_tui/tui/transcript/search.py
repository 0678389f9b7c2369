"""What was searched for in a document and how often it stands in each record; no drawing.

Counts lie in a prefix-sum tree beside the records, so which match is the how-many-th costs
O(log n), and looking through the records can be done in slices.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from chat_tui.tui.transcript import wording
from chat_tui.tui.transcript.heights import Heights

if TYPE_CHECKING:
    from chat_tui.tui.transcript.document import Document
    from chat_tui.tui.transcript.layout import Layout


class Match(NamedTuple):
    """One place where what was searched for stands."""

    ref: int
    number: int
    """Which match in that item, from 0."""


class Place(NamedTuple):
    """Where a match is drawn."""

    part: int
    line: int
    number: int
    """Which match in that part, from 0."""


class Search:
    """A query and its matches in the loaded records; upper and lower case are the same."""

    def __init__(self) -> None:
        self.query = ""
        self.current: Match | None = None
        self._counts = Heights()
        self._next = -1
        """The index to be looked at next; from the newest record to the oldest."""
        self._narrowed: Heights | None = None
        """The counts of a shorter query: what had none has none now."""

    @property
    def total(self) -> int:
        """How many matches were found so far."""
        return self._counts.total

    @property
    def done(self) -> bool:
        """Whether every loaded record was looked at."""
        return self._next < 0

    def begin(self, document: Document, query: str) -> None:
        """Search for something else from now on; nothing is looked at yet."""
        query = wording.fold(query)
        same = len(self._counts) == len(document)
        longer = same and bool(self.query) and self.query in query and self.done
        self._narrowed = self._counts if longer else None
        kept = query == self.query and self.current is not None and document.has(self.current.ref)
        self.current = self.current if kept else None
        self.query = query
        self._counts = Heights.uniform(len(document), 0)
        self._next = len(document) - 1 if query else -1

    def step(self, document: Document, seconds: float) -> bool:
        """Look at records for about so long, at one at least; return whether all are done."""
        end = time.monotonic() + seconds
        while not self.done:
            index = self._next
            if self._narrowed is None or self._narrowed[index]:
                self._count(document, index)
            self._next -= 1
            if time.monotonic() >= end:
                break
        return self.done

    def _count(self, document: Document, index: int) -> None:
        self._counts.set(index, document.count(index, self.query))

    # --- the document changes -----------------------------------------------------------------

    def prepended(self, number: int) -> None:
        """Note that records came at the front; they are yet to be looked at."""
        self._counts.prepend([0] * number)
        self._narrowed = None
        if self.query:
            self._next = self._next + number if not self.done else number - 1

    def appended(self, document: Document) -> None:
        """Look at the record that came at the end."""
        self._counts.append(0)
        self._narrowed = None
        if self.query:
            self._count(document, len(document) - 1)

    def updated(self, document: Document, index: int, was: int) -> None:
        """Look again at a record that changed and may have another ref."""
        if self.current is not None and self.current.ref == was:
            self.current = Match(document.records[index].ref, self.current.number)
        self._narrowed = None
        if self.query and index > self._next:
            self._count(document, index)
            self._settle(document)

    def removed(self, index: int, ref: int) -> None:
        """Forget a record."""
        self._counts.delete(index)
        self._narrowed = None
        if index <= self._next:
            self._next -= 1
        if self.current is not None and self.current.ref == ref:
            self.current = None

    def _settle(self, document: Document) -> None:
        """Let the current match be one that exists."""
        if self.current is not None:
            found = self._counts[document.index(self.current.ref)]
            if self.current.number >= found:
                self.current = Match(self.current.ref, found - 1) if found else None

    # --- which match --------------------------------------------------------------------------

    def ordinal(self, document: Document) -> int:
        """Return which match is the current one, counted from 1; 0 for none."""
        if self.current is None:
            return 0
        return self._counts.top(document.index(self.current.ref)) + self.current.number + 1

    def before(self, index: int) -> int:
        """Return how many matches stand in the records before an index."""
        return self._counts.top(index)

    def choose(self, document: Document, number: int) -> Match:
        """Make a match the current one, counted from 0. Raises IndexError when there is none."""
        if not 0 <= number < self.total:
            raise IndexError("no such match")
        index, rest = self._counts.find(number)
        self.current = Match(document.records[index].ref, rest)
        return self.current

    # --- where it is drawn --------------------------------------------------------------------

    def place(self, layout: Layout, match: Match) -> Place:
        """Return where a match is drawn in its item; the nearest one if it is not."""
        part, number = layout.match(self.query, match.number)
        for line, segments in enumerate(layout.lines(part, self.query)):
            if any(number in wording.numbers(segment.style) for segment in segments):
                return Place(part, line, number)
        return Place(part, 0, number)

    def current_in(self, ref: int, layout: Layout, part: int) -> int:
        """Return which match of a part is the current one, -1 for none."""
        if self.current is None or self.current.ref != ref:
            return -1
        place = layout.match(self.query, self.current.number)
        return place[1] if place[0] == part else -1
