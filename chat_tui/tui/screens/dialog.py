"""What all dialogs share: a quiet box in the middle, escape to leave without doing anything."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

T = TypeVar("T")


class Dialog(ModalScreen[T | None]):
    """A modal box; leaving it by escape answers None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave", show=False)]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 60%;
        & > .dialog {
            width: 72;
            max-width: 94%;
            height: auto;
            max-height: 90%;
            padding: 1 2;
            background: $surface;
            border: round $primary 70%;
            border-title-color: $primary;
            border-title-style: bold;
            border-subtitle-color: $muted;
        }
        .dialog-text { height: auto; margin-bottom: 1; }
        .dialog-hint { height: auto; color: $muted; }
        .dialog-problem { height: auto; color: $error; }
        Input { border: tall $rule; background: $background; }
        Input:focus { border: tall $primary; }
    }
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Answer, once: Textual pops whatever is on top, also for a dialog already left."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
