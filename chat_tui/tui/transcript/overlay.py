"""What is laid over drawn lines, and the selection of the mouse as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from chat_tui.tui.transcript import written
from chat_tui.tui.transcript.leaves import Shape
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual.selection import Selection

    from chat_tui.tui.transcript.blocks import Block
    from chat_tui.tui.transcript.document import Document

_BASE = 1 << 40
_LINE_BITS = 32
_PART_BITS = 64
_SPACES = re.compile(" {2,}")
"""What stands between a title and what is said at the right."""


def overlaid(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """Return the strip with ``style`` over the characters from ``start`` to ``end`` (-1: all)."""
    text = strip.text
    left = cell_len(text[:start])
    right = strip.cell_length if end < 0 else cell_len(text[:end])
    if right <= left:
        return strip
    middle = strip.crop(left, right)
    over = Strip([segment._replace(style=_over(segment.style, style)) for segment in middle])
    return Strip.join([strip.crop(0, left), over, strip.crop(right, strip.cell_length)])


def _over(style: Style | None, over: Style) -> Style:
    return style + over if style else over


# --- selection --------------------------------------------------------------------------------


def key_of(document: Document, row: Row) -> int:
    """Return a number for a line that keeps its order, whatever is loaded or measured later."""
    order = document.order(row.entry) + _BASE
    return (order << _PART_BITS) | (row.part << _LINE_BITS) | row.line


def row_of(document: Document, key: int) -> Row:
    """Return the line a number stands for."""
    part = (key >> _LINE_BITS) & ((1 << (_PART_BITS - _LINE_BITS)) - 1)
    entry = document.entry_at((key >> _PART_BITS) - _BASE)
    return Row(entry, part, key & ((1 << _LINE_BITS) - 1))


@dataclass
class _Part:
    """What is selected of a part of an entry."""

    block: Block | None
    shown: list[str]
    whole: bool


def selected_text(document: Document, selection: Selection, rail: int) -> str:
    """Return the selected text: the source of blocks selected whole, else what is shown.

    ``rail`` is how many columns stand left of the drawn lines.
    """
    if selection.start is None or selection.end is None:
        return "\n\n".join(document.body(record.ref) for record in document.records)
    parts = list(_selected_parts(document, selection, rail))
    fenced = any(not _is_code(part.block) for part in parts)
    found: list[str] = []
    while parts:
        block = parts[0].block
        count = 1 + sum(1 for _ in takewhile(_goes_on, parts[1:]))
        group, parts = parts[:count], parts[count:]
        if found and block is not None and block.gap:
            found.append(written.gap(block))
        blocks = [part.block for part in group if part.block is not None and part.whole]
        if len(blocks) == count and not (_is_code(block) and _goes_on(group[0])):
            found += written.written(blocks, fenced=fenced)
        else:
            for part in group:
                found += _as_shown(part)
    return "\n".join(found).strip("\n")


def _selected_parts(document: Document, selection: Selection, rail: int) -> Iterator[_Part]:
    if selection.start is None or selection.end is None:
        return
    first, last = row_of(document, selection.start.y), row_of(document, selection.end.y)
    for entry in range(first.entry, min(last.entry + 1, len(document))):
        layout = document.layout(entry)
        begin = first.part if entry == first.entry else 0
        stop = last.part if entry == last.entry else layout.parts - 1
        for part in range(begin, min(stop + 1, layout.parts)):
            lines = ["".join(segment.text for segment in line) for line in layout.lines(part)]
            block = layout.block(part)
            gap = int(block is not None and block.gap)
            at = max(first.line, gap) if (entry, part) == first[:2] else gap
            end = last.line + 1 if (entry, part) == last[:2] else len(lines)
            shown = lines[at:end]
            if not shown:
                continue
            if (entry, part, end - 1) == last:
                shown[-1] = shown[-1][: max(selection.end.x - rail, 0)]
            if (entry, part, at) == first:
                shown[0] = shown[0][max(selection.start.x - rail, 0) :]
            whole = [line.strip() for line in shown] == [line.strip() for line in lines[gap:]]
            yield _Part(block, shown, whole)


def _goes_on(part: _Part) -> bool:
    """Whether a part goes on with the code of the part before it."""
    return part.block is not None and part.block.piece.joined and _is_code(part.block)


def _is_code(block: Block | None) -> bool:
    return block is not None and block.piece.shape in (Shape.CODE, Shape.DATA)


def _as_shown(part: _Part) -> list[str]:
    """Return shown lines without what drawing added."""
    lines = [line.rstrip() for line in part.shown]
    if part.block is None:
        return [_SPACES.sub("  ", line) for line in lines]
    if part.block.boxes:
        return [written.unmarked(line) for line in lines]
    code = _is_code(part.block)
    return [line[1:] if code and line[:1] == " " else line for line in lines]
