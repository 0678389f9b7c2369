"""Commands that compare the copies here with what servers hold, and refresh them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chat_tui.controller import sync
from chat_tui.controller.conversation import UNTITLED, Conversation
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import ListChanged, RecordsChanged
from chat_tui.controller.mending.comparing import Comparison, compare
from chat_tui.controller.opening import Opening
from chat_tui.controller.view import View
from chat_tui.controller.whole import all_records, listed, take_in_all
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import GatewayError, Trouble

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How one conversation stands here and there."""

    key: int
    title: str
    conversation_id: str
    response_id: str
    comparison: Comparison | None
    """None where there is nothing to compare item by item."""
    sentence: str
    gone: bool = False
    """Whether the server no longer has it."""
    failed: bool = False
    """Whether the server could not be asked."""
    refreshed: bool = False
    """Whether the copy here was brought in line."""

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        differs = self.comparison is not None and not self.comparison.agrees
        return not (self.gone or self.failed or differs)


class Reconciling(Opening):
    """Comparing and refreshing."""

    async def find(self, target: str) -> View:
        """Return a conversation as it is here, without asking its server unless it is unknown.

        Named as for ``open``. Raises NotFound.
        """
        return self._view(await self._find(target))

    async def reconcile(self, key: int, *, refresh: bool = False) -> Reconciled:
        """Compare a conversation's copy with its server; ``refresh`` brings the copy in line.

        What differs is said as it was before. Raises ChatTuiError when the server cannot be asked.
        """
        conversation = await self._find(key)
        endpoint = await self._endpoints.get(self._profile_of(conversation))
        try:
            if conversation.state.conversation_id:
                return await self._compare(conversation, endpoint, refresh=refresh)
            if conversation.state.response_id:
                await endpoint.gateway.response(conversation.state.response_id)
                return _told(conversation, "The server holds the response this chain goes on from.")
        except GatewayError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise
            return _told(
                conversation, "The server no longer has it; only the copy here.", gone=True
            )
        return _told(conversation, "Only here: no server holds anything of it.")

    async def reconcile_all(self, *, refresh: bool = False) -> AsyncIterator[Reconciled]:
        """Compare every conversation of the profile, latest first; yields each when it is done."""
        name, offset = self.profile.name, 0
        keys: list[int] = []
        while rows := await self._library.index.rows(name, limit=_PAGE, offset=offset):
            keys += [row.key for row in rows]
            offset += _PAGE
        for key in keys:
            known = key in self._open
            try:
                conversation = await self._find(key)
            except ChatTuiError:
                continue  # it went meanwhile
            try:
                result = await self.reconcile(key, refresh=refresh)
            except ChatTuiError as error:
                result = _told(conversation, error.sentence, failed=True)
            if not known:
                self._let_go(conversation)
            yield result

    async def _compare(
        self, conversation: Conversation, endpoint: Endpoint, *, refresh: bool
    ) -> Reconciled:
        turn = conversation.turn
        items = await listed(endpoint.gateway, conversation.state.conversation_id)
        comparison = compare(await all_records(self._library, conversation), items)
        busy = conversation.running or conversation.turn is not turn
        if not refresh or busy:  # what was listed may be older than that turn
            return _told(conversation, comparison.sentence, comparison)
        if await take_in_all(self._library, conversation, items):
            self._emit(RecordsChanged(self._view(conversation)))
        await sync.refresh_metadata(self._library, endpoint, conversation)
        self._emit(ListChanged())
        return _told(conversation, comparison.sentence, comparison, refreshed=True)


def _told(
    conversation: Conversation,
    sentence: str,
    comparison: Comparison | None = None,
    *,
    gone: bool = False,
    failed: bool = False,
    refreshed: bool = False,
) -> Reconciled:
    state = conversation.state
    return Reconciled(
        conversation.key,
        conversation.row.title or UNTITLED,
        state.conversation_id,
        state.response_id,
        comparison,
        sentence,
        gone,
        failed,
        refreshed,
    )
