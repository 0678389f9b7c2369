"""The command palette: every action that makes sense there, found by its sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input, OptionList

from chat_tui.tui.keymap import ACTIONS, Action, keys_of, shown

if TYPE_CHECKING:
    from chat_tui.tui.commands import Commands


class Palette(CommandPalette):
    """Textual's palette over our actions, deaf once it was left: keys may still be on their way."""

    def __init__(self) -> None:
        super().__init__(providers=[ActionProvider])

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

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for action in ACTIONS:
            if action.palette:
                run = partial(self._commands.run_action, action.run)
                yield DiscoveryHit(action.sentence, run, help=self._help(action))

    async def search(self, query: str) -> Hits:
        """Offer what matches, best first."""
        matcher = self.matcher(query)
        for action in ACTIONS:
            score = matcher.match(f"{action.sentence} {action.id}") if action.palette else 0
            if score > 0:
                run = partial(self._commands.run_action, action.run)
                shown_as = matcher.highlight(action.sentence)
                yield Hit(score, shown_as, run, help=self._help(action))
