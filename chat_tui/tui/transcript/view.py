"""Where the reader looks: a window of lines over a document, anchored to what it shows.

The anchor names a line of a part of an entry, not a number of lines from the top, so whatever is
learned about heights elsewhere leaves what the reader sees where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_tui.tui.transcript.document import Document


class Row(NamedTuple):
    """One line on the screen."""

    entry: int
    part: int
    line: int


class View:
    """A window of ``height`` lines."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.height = 0
        self.anchor = Row(0, 0, 0)
        self.at_end = True
        """Whether the last line was in the window when it was last filled."""

    @property
    def top(self) -> int:
        """How many lines are above the window, as far as heights are known."""
        if not len(self.document):
            return 0
        index, part, line = self.anchor
        return self.document.heights.top(index) + self.document.layout(index).top(part) + line

    def keep(self, change: Callable[[], None]) -> None:
        """Change how lines are broken while the text at the top of the window stays there."""
        if not len(self.document) or not self.document.ready:
            change()
            return
        self._clamp()
        index, part, line = self.anchor
        before = self.document.layout(index).height(part)
        change()
        after = self.document.layout(index).height(part)
        self.anchor = Row(index, part, line * after // max(before, 1))

    def rows(self) -> list[Row]:
        """Return what each line of the window shows; fewer at the end."""
        rows = self._fill()
        if len(rows) < self.height and self.anchor != (0, 0, 0):
            self.to_end()
            rows = self._fill()
        return rows

    def _fill(self) -> list[Row]:
        document = self.document
        self._clamp()
        rows: list[Row] = []
        index, part, line = self.anchor
        while len(rows) < self.height and index < len(document):
            layout = document.layout(index)
            size = layout.height(part)
            end = min(size, line + self.height - len(rows))
            rows.extend(Row(index, part, at) for at in range(line, end))
            line = end
            if line >= size:
                line, part = 0, part + 1
            if part >= layout.parts:
                document.settle(index)
                index, part = index + 1, 0
        if index < len(document):
            document.settle(index)
        self.at_end = index >= len(document)
        return rows

    def _clamp(self) -> None:
        """Let the anchor name a line that exists."""
        index, part, line = self.anchor
        count = len(self.document)
        if not count:
            self.anchor = Row(0, 0, 0)
            return
        if index >= count:
            self.to_end()
            return
        layout = self.document.layout(index)
        if part >= layout.parts:
            part, line = layout.parts - 1, 1 << 30
        self.anchor = Row(index, part, max(0, min(line, layout.height(part) - 1)))

    def move(self, lines: int) -> None:
        """Look further down, or up when negative; stops at the ends."""
        self._clamp()
        index, part, line = self.anchor
        self.anchor = self._up(index, part, line + lines)
        if lines > 0:
            self.anchor = self._down(*self.anchor)
            self.rows()

    def walk(self, row: Row, lines: int) -> Row:
        """Return the line so many further down, or up when negative; stops at the ends."""
        layout = self.document.layout(row.entry)
        part = min(row.part, layout.parts - 1)
        line = min(row.line, layout.height(part) - 1)
        found = self._up(row.entry, part, line + lines)
        found = self._down(*found)
        return found if found.entry < len(self.document) else self._up(*found[:2], -1)

    def _down(self, index: int, part: int, line: int) -> Row:
        document = self.document
        while index < len(document):
            layout = document.layout(index)
            while part < layout.parts:
                size = layout.height(part)
                if line < size:
                    document.settle(index)
                    return Row(index, part, line)
                line, part = line - size, part + 1
            document.settle(index)
            index, part = index + 1, 0
        return Row(index, 0, 0)

    def _up(self, index: int, part: int, line: int) -> Row:
        """Walk up while ``line`` is negative."""
        document = self.document
        while line < 0:
            if part:
                part -= 1
            elif index:
                index -= 1
                part = document.layout(index).parts - 1
            else:
                return Row(0, 0, 0)
            line += document.layout(index).height(part)
            document.settle(index)
        return Row(index, part, line)

    def to_end(self) -> None:
        """Look at the last line."""
        self.anchor = self._up(len(self.document), 0, -max(self.height, 1))
        self.at_end = True

    def to_line(self, line: int) -> None:
        """Look at a line counted from the top, as far as heights are known."""
        if not len(self.document):
            return
        index, rest = self.document.heights.find(line)
        part, rest = self.document.layout(index).at(rest)
        self.anchor = Row(index, part, rest)
        self.rows()

    def to_entry(self, index: int, row: int = 0) -> None:
        """Show the head of an entry ``row`` lines below the top of the window."""
        self.anchor = Row(index, 0, 0)
        self.move(-row)
        self.rows()

    def title_row(self, index: int) -> int | None:
        """Return on which row of the window the title of an entry is, if it is shown."""
        title = Row(index, 0, self.document.layout(index).height(0) - 1)
        return next((number for number, row in enumerate(self.rows()) if row == title), None)

    def put(self, index: int, row: int) -> None:
        """Show the title of an entry on a row of the window, or as near as the ends allow."""
        self.anchor = Row(index, 0, self.document.layout(index).height(0) - 1)
        self.move(-min(row, self.height - 1))
