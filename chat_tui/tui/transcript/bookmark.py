"""Where a reader was in a conversation, named so that it is found again when it is loaded anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from chat_tui.items import Record
    from chat_tui.tui.transcript.document import Document
    from chat_tui.tui.transcript.view import View


class Name(NamedTuple):
    """A record, by what is left of it after it was loaded again: its id, or its text."""

    ref: int
    id: str
    text: str

    @classmethod
    def of(cls, record: Record) -> Name:
        """Return the name of a record."""
        return cls(record.ref, record.id, "" if record.id else record.item.text)

    def find(self, document: Document) -> int | None:
        """Return where the record is loaded, if it is."""
        if document.has(self.ref):
            return document.index(self.ref)
        for index in range(len(document) - 1, -1, -1):
            record = document.records[index]
            if record.id == self.id and (self.id or record.item.text == self.text):
                return index
        return None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place in a conversation."""

    top: Name | None
    """The record at the top of the window; None at the end, which is followed."""
    part: int = 0
    line: int = 0
    cursor: Name | None = None
    newest: Name | None = None
    depth: int = 0
    """How many records there were from the top of the window on."""
    folds: tuple[tuple[Name, bool], ...] = field(default=())
    """What the reader folded or opened in the window."""

    @classmethod
    def of(cls, view: View, cursor: int | None, *, at_end: bool) -> Bookmark:
        """Return where the reader is."""
        document = view.document
        if not len(document):
            return cls(None)
        chosen = Name.of(document.records[document.index(cursor)]) if cursor is not None else None
        top, part, line = view.anchor
        top = min(top, len(document) - 1)
        last = min(top + view.height, len(document))
        folds = tuple(
            (Name.of(record), document.folds[record.ref])
            for record in document.records[top:last]
            if record.ref in document.folds
        )
        return cls(
            None if at_end else Name.of(document.records[top]),
            part,
            line,
            chosen,
            Name.of(document.records[-1]),
            len(document) - top,
            folds,
        )

    def row(self, document: Document) -> Row | None:
        """Return the line to look at, unless it is at the end or not loaded."""
        index = self.top.find(document) if self.top is not None else None
        return None if index is None else Row(index, self.part, self.line)
