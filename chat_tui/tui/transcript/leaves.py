"""Open leaf blocks: what may start one, which lines it takes, and the pieces it closes.

A piece never changes once it is closed, so a leaf closes pieces as early as it can: code by
windows of lines, tables row by row after some rows have fixed the columns, long paragraphs by
length. Every decision depends on the lines so far only. Containers live in ``blocks``.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Self

from chat_tui.tui.transcript import patterns

if TYPE_CHECKING:
    import re

LINE_LIMIT = 4000
"""Characters after which a line is broken by force, so that no line costs more than this."""
PARAGRAPH_LIMIT = 4000
CODE_WINDOW = 48
"""Lines of code highlighted together: the most that is coloured again while code grows."""
TABLE_SAMPLE = 16
"""Rows that fix the columns of a table."""


class Shape(StrEnum):
    """What a block is."""

    TEXT = "text"
    PLAIN = "plain"
    HEADING = "heading"
    CODE = "code"
    DATA = "data"
    """Code that is the whole body of an item, so it needs no ground of its own."""
    TABLE = "table"
    RULE = "rule"
    HTML = "html"
    MATH = "math"
    NOTE = "note"
    """The definition of a link."""


@dataclass(frozen=True, slots=True)
class Table:
    """The part of a table that fixes its columns."""

    aligns: tuple[str, ...]
    """``left``, ``right``, ``center`` or empty, one a column."""
    header: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Closed content without its containers."""

    shape: Shape
    lines: tuple[str, ...] = ()
    level: int = 0
    info: str = ""
    joined: bool = False
    """Whether this continues the piece before: no gap and no label between them."""
    table: Table | None = None
    rows: tuple[tuple[str, ...], ...] = ()


class Take(Enum):
    """What a leaf did with a line."""

    KEPT = "kept"
    ENDED = "ended"
    REFUSED = "refused"


@dataclass(slots=True, kw_only=True)
class Leaf:
    """A block that may still grow. ``gap`` tells whether a blank line came before it."""

    gap: bool = False
    joined: bool = False
    verbatim = False
    """Whether lines are offered here before anything else may start."""

    def copy(self) -> Self:
        """Return an independent copy."""
        return copy(self)

    def take(self, line: str) -> Take:
        """Offer a line without its containers."""
        raise NotImplementedError

    def drain(self) -> list[Piece]:
        """Return the pieces that cannot change any more, once."""
        return []

    def close(self) -> list[Piece]:
        """Return what remains."""
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class Lines(Leaf):
    """A leaf made of lines."""

    lines: list[str] = field(default_factory=list)

    def copy(self) -> Self:
        """Return an independent copy."""
        other = copy(self)
        other.lines = self.lines[:]
        return other

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        raise NotImplementedError

    def cut(self, count: int) -> list[Piece]:
        """Close the first ``count`` lines."""
        piece = self.piece(count)
        del self.lines[:count]
        self.joined = True
        return [piece]

    def close(self) -> list[Piece]:
        """Return what remains."""
        return self.cut(len(self.lines)) if self.lines or not self.joined else []


@dataclass(slots=True, kw_only=True)
class Text(Lines):
    """A paragraph."""

    size: int = 0

    def take(self, line: str) -> Take:
        """Take any line; only the parser knows what ends a paragraph."""
        self.lines.append(line.strip(" "))
        self.size += len(line)
        return Take.KEPT

    def drain(self) -> list[Piece]:
        """Close what is beyond the limit of a paragraph."""
        if self.size < PARAGRAPH_LIMIT:
            return []
        self.size = 0
        return self.cut(len(self.lines))

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(Shape.TEXT, tuple(self.lines[:count]), joined=self.joined)


@dataclass(slots=True, kw_only=True)
class Plain(Lines):
    """Lines that are shown as they are."""

    def take(self, line: str) -> Take:
        """Take any line."""
        self.lines.append(line)
        return Take.KEPT

    def drain(self) -> list[Piece]:
        """Close windows of lines."""
        if len(self.lines) <= CODE_WINDOW:
            return []
        return self.cut(CODE_WINDOW)

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(Shape.PLAIN, tuple(self.lines[:count]), joined=self.joined)

    def close(self) -> list[Piece]:
        """Return what remains, without the blank lines at its end."""
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        return self.cut(len(self.lines)) if self.lines else []


@dataclass(slots=True, kw_only=True)
class Code(Lines):
    """Code: fenced, indented, or a whole text of one language."""

    shape: Shape = Shape.CODE
    info: str = ""
    verbatim = True
    fence: str = ""
    """The fence that opened it, empty when only the end of the text closes it."""
    indent: int = 0
    _inside: str = ""
    """The quote or comment the last line ended in, by a rough count."""
    _good: int = 0
    """The latest line count at which the window may be cut well."""

    def take(self, line: str) -> Take:
        """Take a line; the closing fence ends the block."""
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        if self.fence and indent <= 3 and body.startswith(self.fence):
            rest = body.strip()
            if not rest.strip(self.fence[0]):
                return Take.ENDED
        line = line[min(indent, self.indent) :]
        if not self._inside and line and not line[0].isspace() and line[0] not in "})]":
            blank_before = bool(self.lines) and not self.lines[-1].strip()
            if blank_before or self._good < CODE_WINDOW // 4:
                self._good = len(self.lines)
        self.lines.append(line)
        self._inside = patterns.ends_inside(line, self._inside)
        return Take.KEPT

    def drain(self) -> list[Piece]:
        """Close a window of lines, at a good place if there is one."""
        limit = CODE_WINDOW * 3 if self._inside and not self._good else CODE_WINDOW
        if len(self.lines) <= limit:
            return []
        count = self._good or len(self.lines)
        self._good = 0
        return self.cut(count)

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(self.shape, tuple(self.lines[:count]), info=self.info, joined=self.joined)


@dataclass(slots=True, kw_only=True)
class Indented(Lines):
    """Indented code: blank lines belong to it only when more code follows."""

    verbatim = True

    def take(self, line: str) -> Take:
        """Take indented and blank lines."""
        if line.strip() and not line.startswith("    "):
            return Take.REFUSED
        self.lines.append(line[4:])
        return Take.KEPT

    def drain(self) -> list[Piece]:
        """Close windows of lines."""
        if len(self.lines) <= CODE_WINDOW or not self.lines[-1].strip():
            return []
        return self.cut(len(self.lines))

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(Shape.CODE, tuple(self.lines[:count]), joined=self.joined)

    def close(self) -> list[Piece]:
        """Return what remains, without the blank lines at its end."""
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        return self.cut(len(self.lines)) if self.lines else []


@dataclass(slots=True, kw_only=True)
class Html(Lines):
    """HTML, shown as the text it is."""

    end: re.Pattern[str] | None = None
    verbatim = True

    def take(self, line: str) -> Take:
        """Take lines up to the closing tag, or to a blank line."""
        if self.end is None and not line.strip():
            return Take.ENDED
        self.lines.append(line)
        return Take.ENDED if self.end and self.end.search(line) else Take.KEPT

    def drain(self) -> list[Piece]:
        """Close windows of lines."""
        return self.cut(CODE_WINDOW) if len(self.lines) > CODE_WINDOW else []

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(Shape.HTML, tuple(self.lines[:count]), joined=self.joined)


@dataclass(slots=True, kw_only=True)
class Math(Lines):
    """Display mathematics, kept as it is written."""

    end: str
    verbatim = True

    def take(self, line: str) -> Take:
        """Take lines up to the closing mark, or to a blank line."""
        if not line.strip():
            return Take.ENDED
        opening = not self.lines
        self.lines.append(line.strip())
        body = line.strip()[2:] if opening else line.strip()
        return Take.ENDED if body.endswith(self.end) else Take.KEPT

    def drain(self) -> list[Piece]:
        """Close windows of lines."""
        return self.cut(CODE_WINDOW) if len(self.lines) > CODE_WINDOW else []

    def piece(self, count: int) -> Piece:
        """Return the first lines as a piece."""
        return Piece(Shape.MATH, tuple(self.lines[:count]), joined=self.joined)


@dataclass(slots=True, kw_only=True)
class Rows(Leaf):
    """A table: after some rows its columns are fixed and each further row is a piece."""

    aligns: tuple[str, ...]
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    table: Table | None = None
    verbatim = True

    def copy(self) -> Self:
        """Return an independent copy."""
        other = copy(self)
        other.rows = self.rows[:]
        return other

    def take(self, line: str) -> Take:
        """Take a row; a blank line or another block ends the table."""
        body = line.lstrip(" ")
        if not body or (len(line) - len(body) <= 3 and patterns.interrupts(body)):
            return Take.REFUSED
        row = patterns.cells(body)
        count = len(self.header)
        if len(row) > count:
            row = [*row[: count - 1], " | ".join(row[count - 1 :])]
        self.rows.append(tuple(row + [""] * (count - len(row))))
        return Take.KEPT

    def drain(self) -> list[Piece]:
        """Close the rows whose columns are fixed."""
        if self.table is None and len(self.rows) < TABLE_SAMPLE:
            return []
        return self._cut() if self.rows else []

    def close(self) -> list[Piece]:
        """Return what remains."""
        return self._cut() if self.rows or self.table is None else []

    def _cut(self) -> list[Piece]:
        joined = self.table is not None
        table = self.table or Table(self.aligns, self.header, tuple(self.rows))
        piece = Piece(Shape.TABLE, table=table, rows=tuple(self.rows), joined=joined)
        self.table = table
        self.rows = []
        self.joined = True
        return [piece]


def fence(body: str, indent: int) -> Code | None:
    """Return the code block a line opens, if it does."""
    match = patterns.FENCE.match(body)
    if match is None:
        return None
    mark, info = (match[1], match[2]) if match[1] else (match[3], match[4])
    return Code(fence=mark, info=(info.split() or [""])[0], indent=indent)


def html(body: str, *, in_text: bool) -> Html | None:
    """Return the HTML block a line opens, if it does; a lone tag cannot end a paragraph."""
    starts, end = patterns.html(body, in_text=in_text)
    return Html(end=end) if starts else None


def math(body: str) -> Math | None:
    """Return the formula a line opens, if it does."""
    match = patterns.MATH.match(body)
    return Math(end=patterns.MATH_END[match[0]]) if match else None


def heading(body: str) -> Piece | None:
    """Return the heading a line is, if it is one."""
    match = patterns.HEADING.match(body)
    if match is None:
        return None
    title = body[match.end() :].strip()
    bare = title.rstrip("#")
    if not bare or bare.endswith(" "):
        title = bare.rstrip()
    return Piece(Shape.HEADING, (title,), level=len(match[1]))


def table(header: str, delimiter: str) -> Rows | None:
    """Return the table two lines open, if they do."""
    if "|" not in header or not patterns.DELIMITER.match(delimiter):
        return None
    titles, marks = patterns.cells(header.strip()), patterns.cells(delimiter.strip())
    if len(titles) != len(marks):
        return None
    return Rows(aligns=tuple(map(_align, marks)), header=tuple(titles))


def _align(mark: str) -> str:
    left, right = mark.startswith(":"), mark.endswith(":")
    if right:
        return "center" if left else "right"
    return "left" if left else ""
