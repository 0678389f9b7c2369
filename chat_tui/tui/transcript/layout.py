"""One entry at a width, as parts drawn only when looked at: its head, then its blocks."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.items import Kind
from chat_tui.tui.transcript import render, wording
from chat_tui.tui.transcript.blocks import Block, Blocks
from chat_tui.tui.transcript.heights import Heights
from chat_tui.tui.transcript.inline import Span
from chat_tui.tui.transcript.palette import BOLD, Palette
from chat_tui.tui.transcript.references import References
from chat_tui.tui.transcript.wrap import clipped

if TYPE_CHECKING:
    from textual.cache import LRUCache

    from chat_tui.tui.transcript.entries import Entry

Lines = list[list[Segment]]
"""Drawn lines without what stands left of all of them."""

_serials = itertools.count()

_Said = tuple[str, Style, list[wording.Found]]
"""A part of the head, its style, and what was found in it."""
INDENT = 2
"""Columns the body of what folds is indented by: it stands below the title."""


class Layout:
    """The lines of one entry. Part 0 is the head, the others are blocks of the body."""

    def __init__(
        self,
        entry: Entry,
        width: int,
        palette: Palette,
        drawn: LRUCache[tuple[int, int, str], Lines],
        *,
        gap: bool,
        folded: bool,
    ) -> None:
        self.folded = folded
        self._entry = entry
        self._growing = False
        self._text: list[str] = []
        self._gap = gap
        self._drawn = drawn
        self._blocks = Blocks(entry.form)
        self._tail: list[Block] | None = None
        self._tail_lines: dict[tuple[int, str], Lines] = {}
        self._counted: tuple[str, int, int] = ("", -1, -1)
        self._sums: list[int] = []
        """How many matches of what was counted last stand in the parts up to each fixed one."""
        self._width, self._palette = width, palette
        self._restart()
        if entry.body and not folded:
            self.append(entry.body)

    def resize(self, width: int, palette: Palette) -> bool:
        """Draw at another width or in other colours from now on; return whether they differ."""
        if width == self._width and palette is self._palette:
            return False
        self._width, self._palette = width, palette
        self._restart()
        return True

    def _restart(self) -> None:
        self.serial = next(_serials)
        """Changes whenever the body is drawn differently."""
        self._head_serial = self._named = next(_serials)
        self._tail_serial = next(_serials)
        self._heights = Heights([self._gap + 1])
        self._exact = {0}
        self._measured = 0
        self._tail_lines = {}
        self._references = References()
        self._measure()

    @property
    def entry(self) -> Entry:
        """What is drawn. Setting another one draws another head, not another body."""
        return self._entry

    @entry.setter
    def entry(self, entry: Entry) -> None:
        self._entry = entry
        self._head_serial = self._named = next(_serials)

    @property
    def growing(self) -> bool:
        """Whether the head says that this is being written."""
        return self._growing

    @growing.setter
    def growing(self, growing: bool) -> None:
        self._growing = growing
        self._head_serial = next(_serials)

    def key(self, part: int) -> int:
        """Return a number that changes when a part is drawn differently."""
        if not part:
            return self._head_serial
        return self.serial if part < self.fixed else self._tail_serial

    @property
    def text(self) -> str:
        """The body as far as it was given; empty while folded."""
        return "".join(self._text)

    def append(self, text: str) -> None:
        """Let the body grow by visible text."""
        self._text.append(text)
        self._blocks.feed(text)
        self._tail = None
        self._tail_lines = {}
        self._tail_serial = next(_serials)
        self._measure()

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return 1 + len(self._blocks.closed) + len(self._open)

    @property
    def fixed(self) -> int:
        """How many parts will not change any more."""
        return 1 + len(self._blocks.closed)

    @property
    def total(self) -> int:
        """How many lines there are, exact for the parts that were looked at."""
        return self._heights.total

    def top(self, part: int) -> int:
        """Return how many lines stand above a part."""
        return self._heights.top(part)

    def at(self, line: int) -> tuple[int, int]:
        """Return (part, line in it) at a line."""
        return self._heights.find(line)

    def height(self, part: int) -> int:
        """Return the exact height of a part."""
        if part not in self._exact:
            self.lines(part)
        return self._heights[part]

    def lines(self, part: int, query: str = "") -> Lines:
        """Return the drawn lines of a part; where ``query`` stands the styles tell so."""
        if part == 0:
            return self.head(query=query)
        if query and not self.matches(part, query):
            query = ""
        closed = self._blocks.closed
        if part > len(closed):
            index = part - len(closed) - 1
            lines = self._tail_lines.get((index, query))
            if lines is None:
                lines = self._draw(self._open[index], None, query)
                self._tail_lines[index, query] = lines
        else:
            key = (self.serial, part, query)
            found = self._drawn.get(key)
            lines = self._draw(closed[part - 1], part, query) if found is None else found
            self._drawn[key] = lines
        self._heights.set(part, len(lines))
        self._exact.add(part)
        return lines

    # --- what is searched for -----------------------------------------------------------------

    def found(self, query: str) -> int:
        """Return how often a folded query stands in this; what is closed is counted once."""
        fixed = self._fixed_sums(query)[-1]
        return fixed + sum(self.matches(part, query) for part in range(self.fixed, self.parts))

    def matches(self, part: int, query: str) -> int:
        """Return how often a folded query stands in a part."""
        if part < self.fixed:
            sums = self._fixed_sums(query)
            return sums[part] - (sums[part - 1] if part else 0)
        return self._in_block(self._open[part - self.fixed], None, query)

    def match(self, query: str, number: int) -> tuple[int, int]:
        """Return (part, number in it) of a match; of the last one when there are less."""
        sums = self._fixed_sums(query)
        if number < sums[-1]:
            part = bisect_right(sums, number)
            return part, number - (sums[part - 1] if part else 0)
        last = bisect_right(sums, sums[-1] - 1) if sums[-1] else 0
        place = last, max(self.matches(last, query) - 1, 0)
        number -= sums[-1]
        for part in range(self.fixed, self.parts):
            here = self.matches(part, query)
            if here:
                place = part, min(number, here - 1)
            if number < here:
                break
            number -= here
        return place

    def _fixed_sums(self, query: str) -> list[int]:
        state = (query, self.serial, self._named)
        if self._counted != state:
            self._counted = state
            self._sums = [wording.count_in(wording.head(self.entry), query)]
        for part in range(len(self._sums), self.fixed):
            here = self._in_block(self._blocks.closed[part - 1], part, query)
            self._sums.append(self._sums[-1] + here)
        return self._sums

    def _in_block(self, block: Block, part: int | None, query: str) -> int:
        return wording.count_in(wording.said(block, self._references.of(block, part)), query)

    def block(self, part: int) -> Block | None:
        """Return the block a part draws."""
        closed = self._blocks.closed
        if not part:
            return None
        return closed[part - 1] if part <= len(closed) else self._open[part - 1 - len(closed)]

    @property
    def _open(self) -> list[Block]:
        if self._tail is None:
            self._tail = self._blocks.tail()
        return self._tail

    def _measure(self) -> None:
        """Note the heights of what is new, without drawing it."""
        closed = self._blocks.closed
        self._exact.difference_update(range(self._measured + 1, len(self._heights)))
        fresh = enumerate(closed[self._measured :], self._measured + 1)
        if stale := self._references.grow(fresh, self._open):
            self.serial = next(_serials)
            self._exact -= stale
        self._heights.cut(self._measured + 1)
        room = self._room
        for block in closed[self._measured :]:
            self._heights.append(render.lines_about(block, room))
        self._measured = len(closed)
        for block in self._open:
            self._heights.append(render.lines_about(block, room))

    @property
    def _room(self) -> int:
        return max(self._width - (INDENT if self.entry.folds else 0), 1)

    def _draw(self, block: Block, part: int | None, query: str) -> Lines:
        refs = self._references.of(block, part)
        lines = render.draw(block, self._room, self._palette, self.entry.tone, refs, query=query)
        if not self.entry.folds:
            return lines
        lead = Segment(" " * INDENT, self._palette["text"])
        return [[lead, *line] for line in lines]

    def head(self, *, details: bool = False, query: str = "") -> Lines:
        """Return the head: a gap if there is one, then the line that says what this is.

        ``details`` adds what is known on demand: the model, and the time of a step. Where ``query``
        stands the styles tell so; what does not fit is told by the sign that it was cut.
        """
        entry, palette = self.entry, self._palette
        gap: Lines = [[]] if self._gap else []
        if entry.kind is Kind.COMPACTION:
            return [*gap, self._divider()]
        accent = palette[entry.accent]
        left: list[_Said] = []
        marks = wording.Marks(query if wording.head(entry) else "")
        if entry.folds or entry.step:
            sign = ("▸ " if self.folded else "▾ ") if entry.folds else "  "
            left.append((sign, palette["muted"], []))
        style = accent if entry.step else accent + BOLD
        left.append((entry.title, style, marks.find(entry.title)))
        if entry.detail:
            space = "" if entry.detail.startswith("(") else " · "
            at = len(space)
            found = [(start + at, end + at, n) for start, end, n in marks.find(entry.detail)]
            left.append((space + entry.detail, palette["muted"], found))
        right: list[Segment] = []
        for word, role in entry.badges:
            right += [Segment("  ", palette["text"]), Segment(word, palette[role])]
        if note := self._note(details=details):
            right.append(Segment(f"  {note}", palette["faint"]))
        return [*gap, self._justified(left, right)]

    def _note(self, *, details: bool) -> str:
        entry = self.entry
        if self.growing:
            return "writing …"
        known = [entry.source] if details else []
        known += [entry.note] if details or not entry.step else []
        return " · ".join(filter(None, known))

    def _divider(self) -> list[Segment]:
        """Return the head of what separates two stretches of a conversation."""
        entry, palette = self.entry, self._palette
        words = " · ".join(filter(None, [entry.title, entry.detail]))
        words = clipped(f" {words} ", self._width)
        rest = self._width - cell_len(words)
        left = min(rest, 3)
        return [
            Segment("╌" * left, palette["faint"]),
            Segment(words, palette[entry.accent]),
            Segment("╌" * (rest - left), palette["faint"]),
        ]

    def _justified(self, left: list[_Said], right: list[Segment]) -> list[Segment]:
        room = self._width - sum(cell_len(segment.text) for segment in right)
        used = 0
        line: list[Segment] = []
        unseen: tuple[int, ...] = ()
        for text, style, found in left:
            shown = clipped(text, room - used)
            used += cell_len(shown)
            kept = len(text) if shown == text else max(len(shown) - 1, 0)
            unseen += tuple(number for _, end, number in found if end > kept)
            seen = [(start, min(end, kept), number) for start, end, number in found if start < kept]
            line += [
                Segment(span.text, _told(style, span.found))
                for span in wording.cut([Span(shown)], seen)
                if span.text
            ]
        if unseen and line:
            text, last, _ = line.pop()
            style = last or Style()
            every = _told(style, (*wording.numbers(last), *unseen))
            line += [Segment(text[:-1], style), Segment(text[-1], every)]
        line.append(Segment(" " * max(room - used, 0), self._palette["text"]))
        return line + right


def _told(style: Style, found: tuple[int, ...]) -> Style:
    return style + Style.from_meta({wording.META: found}) if found else style
