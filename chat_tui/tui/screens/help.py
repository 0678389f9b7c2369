"""The help screen: every action with the keys it has now, the focused pane's first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from chat_tui.tui.keymap import ACTIONS, Scope, keys_of, shown
from chat_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult

KEYS_WIDTH = 30

_ABOUT = {
    Scope.COMPOSER: "Write here. The draft is kept for each conversation; what you send is written "
    "down before it leaves, so that nothing is lost.",
    Scope.ITEMS: "Every item the server holds, oldest first. The block cursor chooses one; the "
    "inspector shows all of it. Jumps load older items as they go.",
    Scope.FIND: "Finds over the whole conversation, upper and lower case alike. Older items are "
    "loaded when you go to a match in them.",
    Scope.LIST: "The conversations this program knows, latest first. ● answering, ◆ new answer, "
    "! needs you, ✗ failed, ▸ open.",
    Scope.INSPECTOR: "Everything known about the item, the conversation and the turn.",
}


def help_content(focus: Scope, chosen: Mapping[str, str]) -> Content:
    """Return the help for a focused pane: its own keys first, then all others by group."""
    parts: list[str | tuple[str, str]] = []
    if focus in _ABOUT:
        parts.append((f"{_ABOUT[focus]}\n\n", "$muted"))
    groups: dict[str, list[str | tuple[str, str]]] = {}
    for action in sorted(ACTIONS, key=lambda action: action.scope is not focus):
        keys = " ".join(shown(key) for key in keys_of(action, chosen)) or "palette"
        rows = groups.setdefault(action.group, [])
        rows += [(f"  {keys:<{KEYS_WIDTH}}", "bold"), f"{action.sentence}\n"]
    for group, rows in groups.items():
        parts += [(f"{group}\n", "bold $primary"), *rows, "\n"]
    parts.append(("Keys can be changed under [keys] in the configuration, by action id.", "$muted"))
    return Content.assemble(*parts)


class HelpScreen(Dialog[None]):
    """Shows help; answers nothing."""

    DEFAULT_CSS = "HelpScreen > .dialog { width: 84; height: 90%; }"

    def __init__(self, focus: Scope, chosen: Mapping[str, str]) -> None:
        super().__init__()
        self._focus = focus
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        box = VerticalScroll(classes="dialog")
        box.border_title = f"Help {self._focus}" if self._focus in _ABOUT else "Help"
        box.border_subtitle = "↑ ↓ scroll · esc leaves"
        with box:
            yield Static(help_content(self._focus, self._chosen))
