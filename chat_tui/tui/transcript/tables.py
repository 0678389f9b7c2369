"""Tables drawn as aligned columns, or as records where they are too narrow for columns."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from chat_tui.tui.transcript.inline import Refs, Span, spans
from chat_tui.tui.transcript.palette import BOLD, Palette
from chat_tui.tui.transcript.wrap import Line, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_tui.tui.transcript.leaves import Piece, Table

GUTTER = 3
HEAD = "head"
"""The tone of titles: bold text."""
LEAST = 6
"""Cells below which a column is not worth having."""


def table(
    piece: Piece, width: int, palette: Palette, tone: str, refs: Refs = ()
) -> list[list[Segment]]:
    """Return the lines of a table or of further rows of one."""
    shape = piece.table
    if shape is None:
        return []
    widths = columns(shape, width, refs)
    result: list[list[Segment]] = []
    if widths is None:
        for index, row in enumerate(piece.rows or ((),)):
            if index or piece.joined:
                result.append([Segment("─" * min(width, 24), palette["faint"])])
            result.extend(_record(shape, row, width, palette, tone, refs=refs))
        return result
    if not piece.joined:
        result.extend(_row(shape.header, shape.aligns, widths, palette, HEAD, refs=refs))
        ruler = ("─" * (GUTTER // 2) + "┼" + "─" * (GUTTER // 2)).join("─" * w for w in widths)
        result.append([Segment(ruler, palette["faint"])])
    for row in piece.rows:
        result.extend(_row(row, shape.aligns, widths, palette, tone, refs=refs))
    return result


@lru_cache(maxsize=256)
def columns(shape: Table, width: int, refs: Refs = ()) -> tuple[int, ...] | None:
    """Return the width of each column, or None when ``width`` is too little for columns."""
    count = len(shape.header)
    room = width - GUTTER * (count - 1)
    natural = [
        max(1, *(_natural(row[column], refs) for row in (shape.header, *shape.sample)))
        for column in range(count)
    ]
    if sum(natural) <= room:
        return tuple(natural)
    least = [
        min(size, max(LEAST, min(_word(shape, column), 16))) for column, size in enumerate(natural)
    ]
    if sum(least) > room:
        return None
    return tuple(_shared(natural, least, room))


def _shared(natural: list[int], least: list[int], room: int) -> list[int]:
    """Give every column its least, and the rest to those that want it, evenly."""
    widths = list(least)
    spare = room - sum(widths)
    wanting = [index for index, size in enumerate(natural) if widths[index] < size]
    while spare and wanting:
        share = max(spare // len(wanting), 1)
        for index in wanting:
            more = min(share, natural[index] - widths[index], spare)
            widths[index] += more
            spare -= more
        wanting = [index for index in wanting if widths[index] < natural[index]]
    return widths


def _natural(cell: str, refs: Refs) -> int:
    return max((_size(line) for line in wrap(spans(cell, refs), 1 << 30)), default=0)


def _word(shape: Table, column: int) -> int:
    return max(
        (cell_len(word) for row in (shape.header, *shape.sample) for word in row[column].split()),
        default=1,
    )


def _size(line: Line) -> int:
    return sum(cell_len(span.text) for span in line)


def _row(
    row: Sequence[str],
    aligns: Sequence[str],
    widths: Sequence[int],
    palette: Palette,
    tone: str,
    *,
    refs: Refs,
) -> list[list[Segment]]:
    wrapped = [wrap(spans(cell, refs), size) for cell, size in zip(row, widths, strict=True)]
    result: list[list[Segment]] = []
    for index in range(max(map(len, wrapped))):
        line: list[Segment] = []
        for column, (lines, size) in enumerate(zip(wrapped, widths, strict=True)):
            if column:
                line.append(Segment(" │ ", palette["faint"]))
            cell = lines[index] if index < len(lines) else []
            line.extend(_cell(cell, size, aligns[column], palette, tone))
        result.append(line)
    return result


def _cell(cell: Line, size: int, align: str, palette: Palette, tone: str) -> list[Segment]:
    space = max(size - _size(cell), 0)
    left = {"right": space, "center": space // 2}.get(align, 0)
    segments = [_segment(span, palette, tone) for span in cell]
    blank = palette["text"]
    if left:
        segments.insert(0, Segment(" " * left, blank))
    if space - left:
        segments.append(Segment(" " * (space - left), blank))
    return segments


def _segment(span: Span, palette: Palette, tone: str) -> Segment:
    text, style, _ = palette.segment(span, "text" if tone == HEAD else tone)
    return Segment(text, style + BOLD if tone == HEAD and style else style)


def _record(
    shape: Table, row: Sequence[str], width: int, palette: Palette, tone: str, *, refs: Refs
) -> list[list[Segment]]:
    """Draw a row as lines of ``title: cell``."""
    result: list[list[Segment]] = []
    for index, title in enumerate(shape.header):
        cell = row[index] if index < len(row) else ""
        label = [Span(f"{span.text}", span.look) for span in spans(title, refs)]
        lines = wrap([*label, Span(": "), *spans(cell, refs)] if row else label, width)
        titled = len(title) + 1
        for line in lines:
            drawn: list[Segment] = []
            for span in line:
                head = HEAD if titled > 0 else tone
                drawn.append(_segment(span, palette, head))
                titled -= len(span.text)
            result.append(drawn)
    return result
