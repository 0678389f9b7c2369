"""The command palette: every action that makes sense there, found by its sentence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from chat_tui.tui.keymap import ACTIONS, Action, keys_of, shown

if TYPE_CHECKING:
    from chat_tui.tui.commands import Commands


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
