"""A dialog that asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from chat_tui.items import visible_line
from chat_tui.tui.editing import Line
from chat_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


class AskScreen(Dialog[str]):
    """Answers the line, or None. ``problem`` says in one sentence why a line will not do."""

    def __init__(
        self, title: str, value: str, problem: Callable[[str], str] = lambda text: ""
    ) -> None:
        super().__init__()
        self._title = title
        self._value = visible_line(value)
        self._problem = problem

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        box = Vertical(classes="dialog")
        box.border_title = self._title
        box.border_subtitle = "enter keeps · esc leaves"
        with box:
            yield Line(self._value, select_on_focus=False)
            yield Static(Content(""), classes="dialog-problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, or say what is wrong."""
        if problem := self._problem(event.value):
            self.query_one(".dialog-problem", Static).update(Content(problem))
        else:
            self.dismiss(event.value)
