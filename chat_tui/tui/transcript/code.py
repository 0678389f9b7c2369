"""The code blocks of an item: which parts of its layout they are, and their source."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from chat_tui.tui.transcript.blocks import Blocks
from chat_tui.tui.transcript.leaves import Piece, Shape

if TYPE_CHECKING:
    from chat_tui.items import Record
    from chat_tui.tui.transcript.layout import Layout

_SIGNS = ("```", "~~~", "    ", "\t")
_JSON_SIGNS = ("```", "~~~", "    ", "\\t", '"code"')
"""What JSON holds, one of it at least, when an item shows code."""


def may_hold_code(record: Record) -> bool:
    """Whether a glance at an item leaves it possible that it shows code."""
    if isinstance(record.held, str) and not any(sign in record.held for sign in _JSON_SIGNS):
        return False  # most records are passed over unparsed
    text = record.item.text
    return any(sign in text for sign in _SIGNS) or isinstance(record.raw.get("code"), str)


def starts(layout: Layout) -> list[int]:
    """Return the first part of each code block shown; long ones have several parts."""
    blocks = ((part, layout.block(part)) for part in range(1, layout.parts))
    return [part for part, block in blocks if block is not None and _opens(block.piece)]


def height(layout: Layout, start: int) -> int:
    """Return how many lines the code block that starts at a part takes."""
    return sum(layout.height(part) for part in _parts(layout, start))


def _parts(layout: Layout, start: int) -> list[int]:
    """Return the parts of the code block that starts at a part."""

    def goes_on(part: int) -> bool:
        block = layout.block(part)
        return block is not None and block.piece.shape is Shape.CODE and block.piece.joined

    return [start, *takewhile(goes_on, range(start + 1, layout.parts))]


def belongs(layout: Layout, part: int, number: int) -> bool:
    """Whether a part is of the code block with that number, counted from 0."""
    found = starts(layout)
    return number < len(found) and part in _parts(layout, found[number])


def source(layout: Layout, number: int) -> str:
    """Return a code block as it was written, tabs and long lines included.

    Without its fence and its indentation; what hides or acts stays replaced by visible marks.
    """
    exact = Blocks(layout.entry.form, exact=True)
    exact.feed(layout.text)
    found: list[list[str]] = []
    for block in (*exact.closed, *exact.tail()):
        if _opens(block.piece):
            found.append(list(block.piece.lines))
        elif found and block.piece.shape is Shape.CODE:
            found[-1] += block.piece.lines
    return "\n".join(found[number]) + "\n"


def _opens(piece: Piece) -> bool:
    return piece.shape is Shape.CODE and not piece.joined
