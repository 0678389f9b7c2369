"""A dialog that edits a longer text, checked before it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from chat_tui.items import visible
from chat_tui.tui.editing import Editor
from chat_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


class EditScreen(Dialog[str]):
    """Answers the text, or None. ``check`` returns a hint and whether the text will do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10,ctrl+enter", "save", "Save", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    EditScreen {
        TextArea {
            height: auto; min-height: 6; max-height: 20;
            border: tall $rule; background: $background;
            &:focus { border: tall $primary; }
        }
        Horizontal { height: auto; margin-top: 1; align-horizontal: right; }
        Button { margin-left: 2; }
    }
    """

    def __init__(
        self, title: str, text: str, explanation: str, check: Callable[[str], tuple[str, bool]]
    ) -> None:
        super().__init__()
        self._title = title
        self._text = visible(text)
        self._explanation = explanation
        self._check = check
        self._armed = False

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        box = Vertical(classes="dialog")
        box.border_title = self._title
        box.border_subtitle = "f10 saves · esc cancels"
        with box:
            yield Static(Content(self._explanation), classes="dialog-text")
            yield Editor(self._text, tab_behavior="focus", soft_wrap=True)
            yield Static(Content(""), classes="dialog-hint", id="verdict")
            with Horizontal():
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Save", id="save", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Judge the text as it is."""
        self._judge()

    def on_text_area_changed(self) -> None:
        """Judge the text as it changes."""
        self._armed = False
        self._judge()

    def _judge(self) -> bool:
        hint, good = self._check(self.query_one(TextArea).text)
        verdict = self.query_one("#verdict", Static)
        verdict.update(Content(visible(hint)))
        verdict.set_class(not good, "dialog-problem")
        verdict.set_class(good, "dialog-hint")
        self.query_one("#save", Button).disabled = not good
        return good

    def action_save(self) -> None:
        """Answer the text if it will do."""
        if self._judge():
            self.dismiss(self.query_one(TextArea).text)

    def action_leave(self) -> None:
        """Leave; edits are thrown away at the second press only."""
        if self._armed or self.query_one(TextArea).text == self._text:
            super().action_leave()
            return
        self._armed = True
        verdict = self.query_one("#verdict", Static)
        verdict.update(Content("Not saved yet: esc again throws the changes away, f10 saves."))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Save or cancel."""
        if event.button.id == "save":
            self.action_save()
        else:
            self.action_leave()
