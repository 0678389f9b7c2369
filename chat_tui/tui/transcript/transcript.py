"""The widget that shows a conversation: what comes into it, and what grows there.

One widget without children. What an item looks like is in ``entries`` and ``layout``, where the
reader looks in ``view``, what the reader does in ``cursor``, ``acting`` and ``finding``; which keys
lead to the actions is declared with all other keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.transcript.bookmark import Bookmark
from chat_tui.tui.transcript.finding import FindingPane
from chat_tui.tui.transcript.stream import Stream
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType
    from textual.timer import Timer

    from chat_tui.items import Record

FLUSHES = 20
"""Times a second that growing text is drawn, at most."""


class Transcript(FindingPane, can_focus=True, inherit_bindings=False):
    """A conversation, item by item, with a block cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ITEMS)
    scope = Scope.ITEMS

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id, classes=classes)
        self._streams: dict[int, Stream] = {}
        self._timer: Timer | None = None

    # --- what it shows --------------------------------------------------------------------

    def show(self, records: Sequence[Record], *, older: bool, at_end: bool = True) -> None:
        """Replace everything; ``older`` tells whether there is more before the first record."""
        self._fill(records, older=older)
        self._follow, self._news, self._held = at_end, False, None
        self._view.anchor = Row(0, 0, 0)
        self.cursor = None
        self.find("")
        self._changed()

    # --- the reader's place -------------------------------------------------------------------

    def bookmark(self) -> Bookmark:
        """Return where the reader is, to come back after something else was shown."""
        cursor = self.cursor if self._document.has(self.cursor) else None
        return Bookmark.of(self._view, cursor, at_end=self._follow)

    def go_to(self, bookmark: Bookmark) -> bool:
        """Come back to a place; return False, and stay, when it is not loaded."""
        if bookmark.top is not None and bookmark.row(self._document) is None:
            return False
        for name, folded in bookmark.folds:
            if (index := name.find(self._document)) is not None:
                self._document.fold(self._document.records[index].ref, folded)
        chosen = bookmark.cursor.find(self._document) if bookmark.cursor is not None else None
        self.cursor = None if chosen is None else self._document.records[chosen].ref
        row = bookmark.row(self._document)
        self._follow, self._held = row is None, None
        if row is not None:
            self._view.anchor = row
            newest = bookmark.newest.find(self._document) if bookmark.newest else None
            self._news = newest is not None and newest < len(self._document) - 1
        self._changed()
        return True

    # --- what comes ---------------------------------------------------------------------------

    def reload(self, records: Sequence[Record], *, older: bool) -> None:
        """Replace everything, keeping the reader's place and the cursor where they still exist."""
        before, anchor = self.records, self._view.anchor
        self._fill(records, older=older)
        top = before[anchor.entry].ref if anchor.entry < len(before) else None
        if top is not None and self._document.has(top):
            self._view.anchor = anchor._replace(entry=self._document.index(top))
        else:
            self._view.anchor = Row(0, 0, 0)
        if not self._document.has(self.cursor):
            self.cursor = None
        self.find(self.sought)
        self._changed()

    def _fill(self, records: Sequence[Record], *, older: bool) -> None:
        self._streams = {}
        self._rest()
        if self.size:
            self._prepare()
        self._document.load(records)
        self._older, self._asked = older, False

    def prepend(self, records: Sequence[Record], *, older: bool) -> None:
        """Add older records at the front; what the reader sees stays where it is."""
        self._older, self._asked = older, False
        self._document.prepend(records)
        self._search.prepended(len(records))
        index, part, line = self._view.anchor
        self._view.anchor = Row(index + len(records), part, line)
        self._changed()
        self._look()

    def append(self, record: Record) -> None:
        """Add a record at the end."""
        self._document.append(record)
        self._search.appended(self._document)
        self._look()
        self._news = not self._follow
        self._changed()

    def update(self, record: Record) -> None:
        """Take over the new content of a record with the same ref."""
        self.replace(record.ref, record)

    def replace(self, ref: int, record: Record) -> None:
        """Let ``record`` take the place of ``ref``, with its cursor and its position."""
        self._streams.pop(ref, None)
        changed = self._document.update(ref, record)
        self._search.updated(self._document, self._document.index(record.ref), ref)
        self._look()
        if self.cursor == ref != record.ref:
            self._choice(record.ref)
        if changed:
            self._changed()

    def drop(self, ref: int) -> None:
        """Take a record out."""
        self._streams.pop(ref, None)
        index = self._document.remove(ref)
        self._search.removed(index, ref)
        self._look()
        if self._view.anchor.entry > index:
            at, part, line = self._view.anchor
            self._view.anchor = Row(at - 1, part, line)
        if self.cursor == ref:
            near = min(index, len(self._document) - 1)
            self.cursor = self._document.records[near].ref if near >= 0 else None
        self._changed()

    def stream(self, ref: int, delta: str) -> None:
        """Let the text of a record grow; drawn a few times a second, never per token."""
        self._streams.setdefault(ref, Stream()).add(delta)
        if self._timer is None:
            self._timer = self.set_interval(1 / FLUSHES, self._flush)
            self._flush()

    def set_streaming(self, ref: int | None) -> None:
        """Show which record is being written."""
        self._document.grows(ref)
        self._repaint()

    def _flush(self) -> None:
        """Draw what has come since the last time; without news, stop looking."""
        news = [(ref, text) for ref, stream in self._streams.items() if (text := stream.take())]
        for ref, text in news:
            if self._document.has(ref):
                self._document.stream(ref, text)
                self._search.updated(self._document, self._document.index(ref), ref)
        if news:
            self._look()
            self._news = not self._follow
            self._changed()
        else:
            self._rest()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
