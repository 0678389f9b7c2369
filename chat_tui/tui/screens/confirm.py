"""A dialog that asks before something is destroyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Way:
    """One possible answer and what it does."""

    answer: str
    label: str
    consequence: str


class ConfirmScreen(Dialog[str]):
    """Answers one of the ways, or None. Starts on the harmless first line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen OptionList {
        height: auto; border: none; background: $surface; padding: 0;
        &:focus { border: none; }
    }
    """

    def __init__(self, title: str, question: Content, ways: Sequence[Way]) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._ways = ways

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        box = Vertical(classes="dialog")
        box.border_title = self._title
        box.border_subtitle = "↑ ↓ choose · enter does it · esc leaves"
        with box:
            yield Static(self._question, classes="dialog-text")
            yield OptionList(
                Option(Content("Do nothing"), id=""),
                *(
                    Option(
                        Content.assemble((way.label, "bold"), "\n", (way.consequence, "$muted")),
                        id=way.answer,
                    )
                    for way in self._ways
                ),
                markup=False,
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(event.option.id or None)

    def action_down(self) -> None:
        """Go one way down."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Go one way up."""
        self.query_one(OptionList).action_cursor_up()
