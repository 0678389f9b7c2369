"""What is laid over drawn lines, and the selection of the mouse as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.strip import Strip

from chat_tui.tui.transcript.leaves import Shape
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style
    from textual.selection import Selection

    from chat_tui.tui.transcript.blocks import Block
    from chat_tui.tui.transcript.document import Document

_BASE = 1 << 40
_LINE_BITS = 32
_PART_BITS = 64


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


def selected_text(document: Document, selection: Selection, rail: int) -> str:
    """Return the selected text: the source of blocks selected whole, else what is shown.

    ``rail`` is how many columns stand left of the drawn lines.
    """
    if selection.start is None or selection.end is None:
        return "\n\n".join(document.body(record.ref) for record in document.records)
    first, last = row_of(document, selection.start.y), row_of(document, selection.end.y)
    found: list[str] = []
    for entry in range(first.entry, min(last.entry + 1, len(document))):
        layout = document.layout(entry)
        begin = first.part if entry == first.entry else 0
        stop = last.part if entry == last.entry else layout.parts - 1
        for part in range(begin, min(stop + 1, layout.parts)):
            lines = ["".join(segment.text for segment in line) for line in layout.lines(part)]
            at = first.line if (entry, part) == first[:2] else 0
            end = last.line + 1 if (entry, part) == last[:2] else len(lines)
            shown = lines[at:end]
            if not shown:
                continue
            if (entry, part, end - 1) == last:
                shown[-1] = shown[-1][: max(selection.end.x - rail, 0)]
            if (entry, part, at) == first:
                shown[0] = shown[0][max(selection.start.x - rail, 0) :]
            block = layout.block(part)
            whole = [line.strip() for line in shown] == [line.strip() for line in lines]
            if whole and block is not None and block.piece.lines:
                gap = [""] if block.gap and found else []
                found += [*gap, *block.piece.lines]
            else:
                found += _unwrapped(shown, code=_is_code(block))
    return "\n".join(found).strip("\n")


def _is_code(block: Block | None) -> bool:
    return block is not None and block.piece.shape in (Shape.CODE, Shape.DATA)


def _unwrapped(lines: Iterable[str], *, code: bool) -> list[str]:
    """Return shown lines without what drawing added."""
    stripped = (line.rstrip() for line in lines)
    return [line[1:] if code and line[:1] == " " else line for line in stripped]
