"""Cutting lines of content to a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, chop_cells
from textual.content import Content

LABEL_WIDTH = 11
"""Cells of the labels that stand before values."""


def folded(line: Content, width: int) -> Sequence[Content]:
    """Return a line cut to ``width`` cells, at spaces where it has them.

    What follows a label goes on under its value; an indented line goes on a little deeper.
    """
    text = line.plain
    if cell_len(text) <= width:
        return [line]
    indent = 0
    if text[LABEL_WIDTH : LABEL_WIDTH + 1] == " " and text[:1] != " " and width > 2 * LABEL_WIDTH:
        indent = LABEL_WIDTH + 1
    elif text.startswith(" "):
        indent = min(len(text) - len(text.lstrip()) + 2, width // 2)
    parts: list[Content] = []
    start, room = 0, width
    while start < len(text):
        end = _break(text, start, room)
        part = line[start:end].rstrip()
        parts.append(Content(" " * indent) + part if parts else part)
        start, room = end, width - indent
        while parts and start < len(text) and text[start] == " ":
            start += 1
    return parts


def _break(text: str, start: int, room: int) -> int:
    """Return where the piece of ``text`` that begins at ``start`` ends, in ``room`` cells."""
    piece = chop_cells(text[start : start + room], room)[0]
    end = start + max(1, len(piece))
    if end >= len(text) or text[end] == " ":
        return min(end, len(text))
    space = text.rfind(" ", start + room // 2, end)
    return space + 1 if space > start else end
