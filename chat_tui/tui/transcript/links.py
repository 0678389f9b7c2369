"""The links of an item's text, in their order; drawing and opening them lives elsewhere."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from chat_tui.tui.transcript.blocks import Blocks, Format
from chat_tui.tui.transcript.inline import Look, plain, spans
from chat_tui.tui.transcript.leaves import Piece, Shape
from chat_tui.tui.transcript.references import References


class Link(NamedTuple):
    """Where a link leads, and the words it stands on when they are others."""

    url: str
    words: str = ""


def links(body: str, form: Format) -> list[Link]:
    """Return the links of a visible text that may be opened, each target once."""
    blocks = Blocks(form)
    blocks.feed(body)
    found: dict[str, str] = {}
    references = References()
    references.grow((), whole := [*blocks.closed, *blocks.tail()])
    for block in whole:
        refs = references.of(block)
        inline = block.piece.shape in (Shape.TEXT, Shape.HEADING, Shape.TABLE)
        for text in _texts(block.piece):
            read = spans(text, refs) if inline else plain(text)
            for url, run in groupby(read, lambda span: span.link):
                words = "".join(span.text for span in run if not span.look & Look.TARGET)
                found.setdefault(url, words.replace("\n", " "))
    found.pop("", None)
    return [Link(url, words if words != url else "") for url, words in found.items()]


def _texts(piece: Piece) -> list[str]:
    if piece.shape is not Shape.TABLE:
        return ["\n".join(piece.lines)]
    rows = list(piece.rows)
    if piece.table is not None and not piece.joined:
        rows.insert(0, piece.table.header)
    return [cell for row in rows for cell in row]
