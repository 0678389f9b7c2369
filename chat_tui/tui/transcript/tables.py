"""Tables drawn as aligned columns, or as records where they are too narrow for columns."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment

from chat_tui.tui.transcript.inline import Refs, Span, spans
from chat_tui.tui.transcript.palette import BOLD, Palette
from chat_tui.tui.transcript.wording import Marks
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
    piece: Piece,
    width: int,
    palette: Palette,
    tone: str,
    refs: Refs = (),
    *,
    marks: Marks | None = None,
) -> list[list[Segment]]:
    """Return the lines of a table or of further rows of one."""
    marks = marks or Marks()
    shape = piece.table
    if shape is None:
        return []
    widths = columns(shape, width, refs)
    result: list[list[Segment]] = []
    header = [
        spans(cell, refs) if piece.joined else marks.on(spans(cell, refs)) for cell in shape.header
    ]
    if widths is None:
        for index, row in enumerate(piece.rows or ((),)):
            if index or piece.joined:
                result.append([Segment("─" * min(width, 24), palette["faint"])])
            cells = [marks.on(spans(cell, refs)) for cell in row]
            result.extend(_record(header, cells, width, palette, tone))
        return result
    if not piece.joined:
        result.extend(_row(header, shape.aligns, widths, palette, HEAD))
        ruler = ("─" * (GUTTER // 2) + "┼" + "─" * (GUTTER // 2)).join("─" * w for w in widths)
        result.append([Segment(ruler, palette["faint"])])
    for row in piece.rows:
        cells = [marks.on(spans(cell, refs)) for cell in row]
        result.extend(_row(cells, shape.aligns, widths, palette, tone))
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
    row: Sequence[Sequence[Span]],
    aligns: Sequence[str],
    widths: Sequence[int],
    palette: Palette,
    tone: str,
) -> list[list[Segment]]:
    wrapped = [wrap(cell, size) for cell, size in zip(row, widths, strict=True)]
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
    header: Sequence[Sequence[Span]],
    row: Sequence[Sequence[Span]],
    width: int,
    palette: Palette,
    tone: str,
) -> list[list[Segment]]:
    """Draw a row as lines of ``title: cell``."""
    result: list[list[Segment]] = []
    for index, title in enumerate(header):
        cell = row[index] if index < len(row) else ()
        label = [span._replace(link="") for span in title]
        lines = wrap([*label, Span(": "), *cell] if row else label, width)
        titled = sum(len(span.text) for span in label) + 1
        for line in lines:
            drawn: list[Segment] = []
            for span in line:
                head = HEAD if titled > 0 else tone
                drawn.append(_segment(span, palette, head))
                titled -= len(span.text)
            result.append(drawn)
    return result
