"""The command palette: every action that makes sense there, found by its sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input, OptionList

from chat_tui.tui.keymap import ACTIONS, Action, Scope, keys_of, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat_tui.tui.commands import Commands

ITEMS = "#transcript"
"""The widget that does the actions of the items."""


class Palette(CommandPalette):
    """Textual's palette over our actions, deaf once it was left: keys may still be on their way."""

    def __init__(self) -> None:
        super().__init__(providers=[ActionProvider])

    def on_mount(self) -> None:
        """Keep the cursor from blinking: nothing repaints while nothing happens."""
        self.query_one(Input).cursor_blink = False

    def dismiss(self, result: object = None) -> AwaitComplete:
        """Leave, once: Textual pops whatever is on top."""
        return super().dismiss(None) if self.is_active else AwaitComplete()

    @on(Input.Changed)
    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _ignore_late_keys(
        self, event: Input.Changed | Input.Submitted | OptionList.OptionSelected
    ) -> None:
        if not self.is_active:
            event.stop()
            event.prevent_default()


class ActionProvider(Provider):
    """Offers the actions marked for the palette, with the keys they have now."""

    @property
    def _commands(self) -> Commands:
        app: Commands = self.app  # type: ignore[assignment]
        return app

    def _help(self, action: Action) -> str:
        keys = " ".join(shown(key) for key in keys_of(action, self._commands.chosen_keys))
        return keys or "no key"

    def _run(self, action: Action) -> Callable[[], Awaitable[bool]]:
        """Return what does an action: of the items, to the transcript."""
        commands = self._commands
        if action.scope is Scope.ITEMS:
            return partial(
                commands.run_action, action.run, commands.screen_stack[0].query_one(ITEMS)
            )
        return partial(commands.run_action, action.run)

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for action in ACTIONS:
            if action.palette:
                run = self._run(action)
                yield DiscoveryHit(action.sentence, run, help=self._help(action))

    async def search(self, query: str) -> Hits:
        """Offer what matches, best first."""
        matcher = self.matcher(query)
        for action in ACTIONS:
            score = matcher.match(f"{action.sentence} {action.id}") if action.palette else 0
            if score > 0:
                run = self._run(action)
                shown_as = matcher.highlight(action.sentence)
                yield Hit(score, shown_as, run, help=self._help(action))
