"""The line the list is filtered by; what it finds is the list's affair."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from chat_tui.tui.editing import Line


class Filter(Line):
    """Where letters of a title are typed, while the arrows move through what they find."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('up')", show=False),
        Binding("down", "move('down')", show=False),
        Binding("pageup", "move('page_up')", show=False),
        Binding("pagedown", "move('page_down')", show=False),
    ]

    class Moved(Message):
        """Sent when the reader moves through what was found; ``way`` is a move of the list."""

        def __init__(self, way: str) -> None:
            self.way = way
            super().__init__()

    def __init__(self) -> None:
        super().__init__(placeholder="filter", compact=True)

    def action_move(self, way: str) -> None:
        """Move through what was found."""
        self.post_message(self.Moved(way))
