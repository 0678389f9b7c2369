"""Commands that count: statistics of one conversation and of the library."""

from __future__ import annotations

from chat_tui.controller.opening import Opening
from chat_tui.library import Statistics


class Counting(Opening):
    """What conversations are made of, as far as their items are cached here."""

    async def statistics(self, target: int | str) -> Statistics:
        """Count the cached items of a conversation; ``target`` is as for ``open``. NotFound."""
        conversation = await self._find(target)
        try:
            return await self._library.counts.conversation(conversation.key)
        finally:
            self._let_go(conversation)

    async def library_statistics(self, *, all_profiles: bool = False) -> Statistics:
        """Count the conversations of the current profile, or of all."""
        return await self._library.counts.library("" if all_profiles else self.profile.name)
