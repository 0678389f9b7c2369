"""How one row of the conversation list looks: mark, title with the letters meant, age. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.items import visible_line

if TYPE_CHECKING:
    from chat_tui.controller import Summary

Look = Callable[[str], Style]
"""What a role adds to a row's style."""


def draw(row: Summary, age: str, width: int, base: Style, look: Look, *, current: bool) -> Strip:
    """Return a row of ``width`` cells."""
    shape, role = mark(row, current=current)
    time = f"{age:>4} "
    room = max(0, width - 3 - len(time))
    title = Strip(list(_title(row, base, base + look("match"))))
    if title.cell_length > room:
        title = Strip([*title.crop(0, max(0, room - 1)), Segment("…", base)])
    return Strip(
        [
            Segment(f" {shape} ", base + look(role)),
            *title.adjust_cell_length(room, base),
            Segment(time, base + look("time")),
        ]
    ).adjust_cell_length(width, base)


def draw_words(words: str, width: int, style: Style, rest: Style) -> Strip:
    """Return a line that is not a conversation."""
    return Strip([Segment(words, rest + style)]).adjust_cell_length(width, rest)


def mark(row: Summary, *, current: bool) -> tuple[str, str]:
    """Return a row's state as a shape each, so that it does not depend on colour, and its role."""
    if row.running:
        return "●", "busy"
    if row.failed:
        return "✗", "alert"
    if row.pending or row.queued:
        return "!", "alert"
    if row.unread:
        return "◆", "unread"
    if current:
        return "▸", "unread"
    return " ", "row"


def _title(row: Summary, base: Style, match: Style) -> list[Segment]:
    text = visible_line(row.title)
    meant = set(row.matched)
    segments: list[Segment] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or (place in meant) != (start in meant):
            segments.append(Segment(text[start:place], match if start in meant else base))
            start = place
    return segments
