"""Markdown cut into blocks as it arrives; leaf syntax lives in ``leaves``, drawing elsewhere.

Text is read line by line with a stack of open containers, as CommonMark describes it. What is
closed is never looked at again, so a growing text costs what is new. Deviations, all on purpose:
a blank line in the source is what separates blocks (no tight and loose lists), a
link's definition is shown and has one line, display mathematics is a block, nesting is bounded.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from enum import StrEnum

from chat_tui.tui.transcript import leaves, patterns
from chat_tui.tui.transcript.leaves import LINE_LIMIT, Leaf, Piece, Shape, Take
from chat_tui.tui.transcript.references import definition

DEPTH_LIMIT = 12
"""Containers inside each other; what is nested deeper is text."""
_SPACED = frozenset({Shape.CODE, Shape.TABLE, Shape.RULE, Shape.MATH})
_BULLETS = "•◦▪"
_JOINED = re.compile("\u200d|.[\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
"""A character that must not be torn from the one after it."""


class Format(StrEnum):
    """How a text is to be read."""

    MARKDOWN = "markdown"
    TYPED = "typed"
    """By a person: shown as typed, but fenced code is code."""
    VERBATIM = "verbatim"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Box:
    """A container around a block: a list item, or a quote when it has no marker."""

    marker: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A closed block: it will never change."""

    piece: Piece
    boxes: tuple[Box, ...] = ()
    fresh: int = 0
    """Boxes from this index on open with this block, so it shows their markers."""
    gap: bool = False
    """Whether an empty line stands before it."""


@dataclass(slots=True)
class _Open:
    """An open container."""

    box: Box
    width: int = 0
    """Columns its content is indented by; 0 for a quote."""
    bare: bool = False
    """An item whose first line was empty and that holds nothing yet."""
    last: tuple[str, int] | None = None
    """Delimiter and number of the latest item directly inside."""


class Blocks:
    """An append-only text as blocks: ``closed`` ones, and a ``tail`` that may still change."""

    def __init__(self, form: Format = Format.MARKDOWN, *, exact: bool = False) -> None:
        """Read a text of some form; ``exact`` keeps code for copying, not for drawing."""
        self.closed: list[Block] = []
        self._form = form
        self._exact = exact
        self._root = _Open(Box())
        self._open: list[_Open] = []
        self._leaf: Leaf | None = None
        self._drawn = 0
        self._blank = False
        self._previous: Shape | None = None
        self._partial = ""
        self._broken = False
        if form is Format.JSON:
            self._leaf = leaves.Code(shape=Shape.DATA, info="json", joined=True)

    def feed(self, text: str) -> None:
        """Take more text; it must be ``visible`` already."""
        first, *rest = text.split("\n")
        self._partial += first
        for part in rest:
            self._break()
            self._line(self._partial)
            self._broken = False
            self._partial = part
        self._break()

    def tail(self) -> list[Block]:
        """Return the blocks after the closed ones, as if the text ended here."""
        end = copy(self)
        end.closed = []
        end._root = copy(self._root)
        end._open = [copy(box) for box in self._open]
        end._leaf = self._leaf.copy() if self._leaf else None
        end._end()
        return end.closed

    def _end(self) -> None:
        if self._partial.strip():
            self._line(self._partial, partial=True)
        self._close(0)
        self._close_leaf()

    def _break(self) -> None:
        """Break an overlong line by force; what follows continues it."""
        while len(self._partial) > LINE_LIMIT and not self._exact:
            space = self._partial.rfind(" ", LINE_LIMIT // 2, LINE_LIMIT)
            cut = space + 1 if space > 0 else LINE_LIMIT
            while cut > LINE_LIMIT // 2 and _JOINED.match(self._partial, cut - 1):
                cut -= 1
            self._line(self._partial[:cut])
            self._partial = self._partial[cut:]
            self._broken = True

    # --- one line -------------------------------------------------------------------------

    def _line(self, line: str, *, partial: bool = False) -> None:
        if not (self._exact and isinstance(self._leaf, leaves.Code) and not self._open):
            line = line.expandtabs(4)
        if self._form is not Format.MARKDOWN:
            self._plain(line)
        elif self._broken and self._continue(line):
            return
        else:
            at, matched = self._match(line)
            if self._verbatim(line[at:], matched):
                return
            self._start(line, at, matched, partial=partial)
        self._drain()

    def _plain(self, line: str) -> None:
        """Read a line of a text that is not Markdown."""
        if self._leaf is not None and self._leaf.verbatim:
            if self._leaf.take(line) is Take.ENDED:
                self._close_leaf()
            return
        body = line.lstrip(" ")
        if self._form is Format.TYPED and (code := leaves.fence(body, len(line) - len(body))):
            self._begin(code)
            return
        if self._leaf is None:
            if not body:
                return
            self._begin(leaves.Plain())
        if self._leaf is not None:
            self._leaf.take(line)

    def _continue(self, line: str) -> bool:
        """Add the rest of a line that was broken by force, whatever it looks like."""
        if self._leaf is None:
            self._begin(leaves.Text(joined=True))
        if self._leaf is None or isinstance(self._leaf, leaves.Rows):
            return False
        self._leaf.take(line)
        self._drain()
        return True

    def _match(self, line: str) -> tuple[int, int]:
        """Return where the content starts and how many open containers go on."""
        at = 0
        for count, box in enumerate(self._open):
            rest = line[at:]
            body = rest.lstrip(" ")
            indent = len(rest) - len(body)
            if not box.width:
                if indent > 3 or body[:1] != ">":
                    return at, count
                at += indent + 1 + (body[1:2] == " ")
            elif body:
                if indent < box.width:
                    return at, count
                at += box.width
            elif box.bare:
                return at, count
            else:
                at += min(indent, box.width)
        return at, len(self._open)

    def _verbatim(self, rest: str, matched: int) -> bool:
        """Offer the line to an open verbatim leaf; return whether it is used up."""
        leaf = self._leaf
        if leaf is None or not leaf.verbatim or matched < len(self._open):
            return False
        took = leaf.take(rest)
        if took is Take.KEPT:
            self._drain()
            return True
        self._close_leaf()
        self._blank = took is Take.ENDED and not rest.strip()
        return took is Take.ENDED

    def _start(self, line: str, at: int, matched: int, *, partial: bool) -> None:
        """Open the containers and the leaf this line starts."""
        while True:
            rest = line[at:]
            body = rest.lstrip(" ")
            indent = len(rest) - len(body)
            paragraph = self._leaf if isinstance(self._leaf, leaves.Text) else None
            direct = paragraph if matched == len(self._open) else None
            if not body:
                self._empty(matched)
                return
            width = self._container(rest, body, indent, matched, direct) if indent <= 3 else 0
            if not width:
                break
            matched = len(self._open)
            at += width
        if indent <= 3 and direct is not None and self._changes(direct, body, partial=partial):
            return
        if indent <= 3 and self._leaf_start(body, indent, matched, in_text=paragraph is not None):
            return
        if paragraph is not None:
            paragraph.take(rest)
            return
        self._close(matched)
        self._begin(leaves.Indented() if indent > 3 else leaves.Text()).take(rest)

    def _empty(self, matched: int) -> None:
        """Read a blank line."""
        self._close(matched)
        if self._leaf is not None and not self._leaf.verbatim:
            self._close_leaf()
        if not (self._open and self._open[-1].bare):
            self._blank = True

    # --- what may start -------------------------------------------------------------------

    def _container(
        self, rest: str, body: str, indent: int, matched: int, paragraph: Leaf | None
    ) -> int:
        """Open a quote or a list item and return the columns it takes, or 0."""
        if matched >= DEPTH_LIMIT:
            return 0
        if body[0] == ">":
            self._close(matched)
            self._close_leaf()
            self._fill()
            self._open.append(_Open(Box()))
            return indent + 1 + (body[1:2] == " ")
        if note := patterns.FOOTNOTE.match(body):
            self._close(matched)
            self._close_leaf()
            self._fill()
            self._open.append(_Open(Box(note[1]), 4, not body[note.end() :].strip()))
            return indent + note.end()
        match = patterns.ITEM.match(body)
        if match is None or patterns.RULE.match(body):
            return 0
        content = body[match.end() :].lstrip(" ")
        if paragraph is not None and (not content or (match[2] and int(match[2]) != 1)):
            return 0
        spaces = len(body) - match.end() - len(content)
        pad = spaces if content and spaces <= 4 else 1
        self._item(match[1], indent + match.end() + pad, matched, content)
        if not content:
            return len(rest)
        return indent + match.end() + pad + (4 if _checkbox(content) else 0)

    def _item(self, mark: str, width: int, matched: int, content: str) -> None:
        self._close(matched)
        self._close_leaf()
        parent = self._inside
        sign = mark[-1]
        number = 0
        if mark[:-1]:
            goes_on = parent.last is not None and parent.last[0] == sign
            number = parent.last[1] + 1 if goes_on and parent.last else int(mark[:-1])
        parent.last = (sign, number)
        bullets = sum(box.box.marker[:1] in _BULLETS for box in self._open if box.width)
        marker = f"{number}{sign}" if mark[:-1] else _BULLETS[bullets % len(_BULLETS)]
        for box in self._open:
            box.bare = False
        self._open.append(_Open(Box(_checkbox(content) or marker), width, not content))

    def _changes(self, paragraph: leaves.Text, body: str, *, partial: bool) -> bool:
        """Let a line turn the open paragraph into a heading or a table."""
        if not paragraph.lines:
            return False
        if (rows := leaves.table(paragraph.lines[-1], body)) is not None:
            paragraph.lines.pop()
            if paragraph.lines:
                self._close_leaf()
            else:
                rows.gap = paragraph.gap
            self._leaf = rows
            return True
        if not patterns.SETEXT.match(body) or (partial and len(body.strip()) < 3):
            return False
        title = " ".join(line.strip() for line in paragraph.lines)
        piece = Piece(Shape.HEADING, (title,), level=1 if body[0] == "=" else 2)
        gap = paragraph.gap
        self._leaf = None
        self._emit(piece, gap=gap)
        return True

    def _leaf_start(self, body: str, indent: int, matched: int, *, in_text: bool) -> bool:
        """Start a leaf that is not a paragraph; return whether there was one."""
        piece = leaves.heading(body)
        if piece is None and patterns.RULE.match(body):
            piece = Piece(Shape.RULE)
        if piece is None and not in_text and definition(body):
            piece = Piece(Shape.NOTE, (body,))
        if piece is not None:
            self._close(matched)
            self._close_leaf()
            self._fill()
            gap, self._blank = self._blank, False
            self._emit(piece, gap=gap)
            return True
        leaf: Leaf | None = leaves.fence(body, indent)
        if leaf is not None:
            self._close(matched)
            self._begin(leaf)
            return True
        leaf = leaves.html(body, in_text=in_text) or leaves.math(body)
        if leaf is None:
            return False
        self._close(matched)
        if self._begin(leaf).take(body) is Take.ENDED:
            self._close_leaf()
        return True

    # --- opening and closing --------------------------------------------------------------

    @property
    def _inside(self) -> _Open:
        return self._open[-1] if self._open else self._root

    def _fill(self) -> None:
        """Note that the innermost container holds something that is not an item."""
        self._inside.last = None
        for box in self._open:
            box.bare = False

    def _begin(self, leaf: Leaf) -> Leaf:
        self._close_leaf()
        self._fill()
        leaf.gap, self._blank = self._blank, False
        self._leaf = leaf
        return leaf

    def _drain(self) -> None:
        if self._leaf is not None:
            for piece in self._leaf.drain():
                self._emit(piece, gap=self._leaf.gap)

    def _close_leaf(self) -> None:
        leaf, self._leaf = self._leaf, None
        if leaf is not None:
            for piece in leaf.close():
                self._emit(piece, gap=leaf.gap)

    def _close(self, matched: int) -> None:
        """Close the containers from ``matched`` on, with the leaf in them."""
        if len(self._open) <= matched:
            return
        self._close_leaf()
        if any(box.width for box in self._open[max(matched, self._drawn) :]):
            gap, self._blank = self._blank, False
            self._emit(Piece(Shape.TEXT, ("",)), gap=gap)
        del self._open[matched:]
        self._drawn = min(self._drawn, matched)

    def _emit(self, piece: Piece, *, gap: bool) -> None:
        spaced = piece.shape in _SPACED or self._previous in _SPACED
        heading = piece.shape is Shape.HEADING
        first = self._previous is None
        self.closed.append(
            Block(
                piece,
                tuple(box.box for box in self._open),
                min(self._drawn, len(self._open)),
                not first and not piece.joined and (gap or spaced or heading),
            )
        )
        self._previous = piece.shape
        self._drawn = len(self._open)


def _checkbox(content: str) -> str:
    """Return the marker of a task, if the content of an item starts with one."""
    start = content[:4].lower()
    return {"[ ] ": "☐", "[x] ": "☑"}.get(start, "")
