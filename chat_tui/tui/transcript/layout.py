"""One entry at a width, as parts drawn only when looked at: its head, then its blocks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from chat_tui.items import Kind
from chat_tui.tui.transcript import render
from chat_tui.tui.transcript.blocks import Block, Blocks
from chat_tui.tui.transcript.heights import Heights
from chat_tui.tui.transcript.palette import BOLD, Palette
from chat_tui.tui.transcript.references import References
from chat_tui.tui.transcript.wrap import clipped

if TYPE_CHECKING:
    from textual.cache import LRUCache

    from chat_tui.tui.transcript.entries import Entry

Lines = list[list[Segment]]
"""Drawn lines without what stands left of all of them."""

_serials = itertools.count()

INDENT = 2
"""Columns the body of what folds is indented by: it stands below the title."""


class Layout:
    """The lines of one entry. Part 0 is the head, the others are blocks of the body."""

    def __init__(
        self,
        entry: Entry,
        width: int,
        palette: Palette,
        drawn: LRUCache[tuple[int, int], Lines],
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
        self._tail_lines: dict[int, Lines] = {}
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
        self._head_serial = next(_serials)
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
        self._head_serial = next(_serials)

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

    def lines(self, part: int) -> Lines:
        """Return the drawn lines of a part."""
        if part == 0:
            return self.head()
        closed = self._blocks.closed
        if part > len(closed):
            index = part - len(closed) - 1
            lines = self._tail_lines.get(index)
            if lines is None:
                lines = self._tail_lines[index] = self._draw(self._open[index], None)
        else:
            key = (self.serial, part)
            found = self._drawn.get(key)
            lines = self._draw(closed[part - 1], part) if found is None else found
            self._drawn[key] = lines
        self._heights.set(part, len(lines))
        self._exact.add(part)
        return lines

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

    def _draw(self, block: Block, part: int | None) -> Lines:
        refs = self._references.of(block, part)
        lines = render.draw(block, self._room, self._palette, self.entry.tone, refs)
        if not self.entry.folds:
            return lines
        lead = Segment(" " * INDENT, self._palette["text"])
        return [[lead, *line] for line in lines]

    def head(self, *, details: bool = False) -> Lines:
        """Return the head: a gap if there is one, then the line that says what this is.

        ``details`` adds what is known on demand: the model, and the time of a step.
        """
        entry, palette = self.entry, self._palette
        gap: Lines = [[]] if self._gap else []
        if entry.kind is Kind.COMPACTION:
            return [*gap, self._divider()]
        accent = palette[entry.accent]
        left: list[Segment] = []
        if entry.folds or entry.step:
            sign = ("▸ " if self.folded else "▾ ") if entry.folds else "  "
            left.append(Segment(sign, palette["muted"]))
        left.append(Segment(entry.title, accent if entry.step else accent + BOLD))
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

    def _justified(self, left: list[Segment], right: list[Segment]) -> list[Segment]:
        palette = self._palette
        room = self._width - sum(cell_len(segment.text) for segment in right)
        used = 0
        line: list[Segment] = []
        for segment in left:
            text = clipped(segment.text, room - used)
            line.append(Segment(text, segment.style))
            used += cell_len(text)
        if self.entry.detail:
            space = "" if self.entry.detail.startswith("(") else " · "
            text = clipped(space + self.entry.detail, room - used)
            line.append(Segment(text, palette["muted"]))
            used += cell_len(text)
        line.append(Segment(" " * max(room - used, 0), palette["text"]))
        return line + right
