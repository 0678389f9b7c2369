"""Blocks as Markdown again, for copying: what drawing turned into marks is written out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_tui.tui.transcript.leaves import Piece, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_tui.tui.transcript.blocks import Block, Box

_ALIGNS = {"left": ":---", "right": "---:", "center": ":---:"}
_MARKS = {"▎": ">", "•": "-", "◦": "-", "▪": "-", "☐": "- [ ]", "☑": "- [x]"}
_BAR = r"\|"
_LEAD = re.compile(r"(?:[▎•◦▪☐☑] | )*")
"""What drawing puts left of a line in a quote or a list."""


def written(parts: Sequence[Block], *, fenced: bool) -> list[str]:
    """Return a block as Markdown: one part, or all parts of a block that was cut into several.

    ``fenced`` puts code between fences; the gap before the block is the caller's.
    """
    lines = [line for block in parts for line in _lines(block.piece)]
    first = parts[0]
    if first.piece.shape is Shape.CODE and fenced:
        longest = max((len(run) for run in re.findall("`{3,}", "\n".join(lines))), default=2)
        fence = "`" * (longest + 1)
        lines = [fence + first.piece.info, *lines, fence]
    lead, rest = _leads(first)
    return [
        (before + line).rstrip(" ") if not line else before + line
        for before, line in zip([lead, *[rest] * len(lines)], lines, strict=False)
    ]


def gap(block: Block) -> str:
    """Return the empty line before a block: in a quote it carries the sign of the quote."""
    return "".join(_sign(box)[1] for box in block.boxes[: block.fresh]).rstrip(" ")


def unmarked(line: str) -> str:
    """Return a drawn line of a quote or a list whose marks are those of Markdown."""
    lead = _LEAD.match(line)
    end = lead.end() if lead else 0
    return "".join(_MARKS.get(sign, sign) for sign in line[:end]) + line[end:]


def _leads(block: Block) -> tuple[str, str]:
    """Return what stands before the first line and before the others."""
    first = rest = ""
    for index, box in enumerate(block.boxes):
        opening, later = _sign(box)
        first += opening if index >= block.fresh else later
        rest += later
    return first, rest


def _sign(box: Box) -> tuple[str, str]:
    if not box.marker:
        return "> ", "> "
    if box.marker.startswith("[^"):
        return f"{box.marker}: ", " " * 4
    sign = f"{_MARKS.get(box.marker, box.marker)} "
    return sign, " " * min(len(sign), 2 if sign[0] == "-" else 12)


def _lines(piece: Piece) -> list[str]:
    if piece.shape is Shape.RULE:
        return ["---"]
    if piece.shape is Shape.HEADING:
        return [f"{'#' * piece.level} {piece.lines[0]}"]
    if piece.shape is Shape.TABLE and piece.table is not None:
        head = [] if piece.joined else [_row(piece.table.header), _delimiter(piece.table.aligns)]
        return head + [_row(row) for row in piece.rows]
    return list(piece.lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"


def _delimiter(aligns: Sequence[str]) -> str:
    return f"| {' | '.join(_ALIGNS.get(align, '---') for align in aligns)} |"
