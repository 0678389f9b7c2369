"""Commands that branch: a new conversation from an old one, which stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat_tui.config import Chaining
from chat_tui.controller import sync
from chat_tui.controller.conversation import Conversation
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import ListChanged
from chat_tui.controller.making import make_conversation
from chat_tui.controller.mending.branching import (
    ForkPlan,
    lineage,
    plan_fork,
    title_of_fork,
)
from chat_tui.controller.mending.progress import Told, untold
from chat_tui.controller.opening import Opening
from chat_tui.controller.whole import all_records, listed_for_copy
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import Item, Place, RawItem
from chat_tui.library import ConversationRow
from chat_tui.planning import short_id

_GONE = "The server no longer has the conversation: the copy here is what is taken."


@dataclass(frozen=True, slots=True)
class Fork:
    """A fork that is ready to be made."""

    key: int
    """The conversation it is made from."""
    plan: ForkPlan | None
    """What is copied; None for a chain, which goes on from the same response."""
    response_id: str
    """The response a chain goes on from; empty otherwise."""
    effect: tuple[str, ...]
    """What will follow, one sentence each."""


class Branching(Opening):
    """Forking."""

    async def plan_fork(self, key: int, at: str = "", *, without: Sequence[Item] = ()) -> Fork:
        """Return what a fork up to the item ``at``, or of everything, would take along.

        Nothing is changed. Raises NotFound when there is no such item.
        """
        conversation = await self._find(key)
        endpoint = await self._endpoints.get(self._profile_of(conversation))
        state = conversation.state
        if state.conversation_id:
            items, notes = await self._items_to_copy(conversation, endpoint)
            plan = plan_fork(items, at, without)
            if not plan.items:
                raise ChatTuiError("There is nothing to copy.")
            return Fork(key, plan, "", (*notes, *plan.effect))
        if not state.response_id:
            raise ChatTuiError("The server holds nothing of this conversation yet.")
        parent = state.response_id
        if at:
            parent = await _response_with(endpoint.gateway, parent, at)
        told = (
            f"Makes a new conversation here that goes on from {short_id(parent)}; this one stays."
        )
        whole = ("The whole turn of that item is taken along.",) if at else ()
        return Fork(key, None, parent, (told, *whole))

    async def fork(self, fork: Fork, told: Told = untold) -> int:
        """Make a planned fork and return the key of the new conversation.

        A conversation's items are copied in batches, each told. When that fails or this program
        dies, nothing of the copy stays on the server. Raises GatewayError.
        """
        source = await self._find(fork.key)
        row = source.row
        parent = source.state.conversation_id or fork.response_id
        at = fork.plan.at if fork.plan else ""
        title = title_of_fork(source.title)
        metadata, missing = lineage(row.metadata, parent=parent, at=at, title=title)
        named = "title" not in missing
        begun = replace(
            row,
            title=title,
            named=named,
            metadata=metadata,
            conversation_id="",
            response_id="",
            usage={},
            created_at=0.0,
            updated_at=0.0,
            complete=True,
        )
        if fork.plan is not None:
            begun = replace(begun, complete=False, chaining=str(Chaining.CONVERSATION))
            endpoint = await self._endpoints.get(self._profile_of(source))
            made = await make_conversation(self._library, endpoint, begun, fork.plan.items, told)
        else:
            made = await self._fork_chain(source, begun, fork.response_id)
        self._emit(ListChanged())
        return made.key

    async def _fork_chain(
        self, source: Conversation, row: ConversationRow, response_id: str
    ) -> ConversationRow:
        """Enter a conversation that goes on from a response, with what that response shows."""
        endpoint = await self._endpoints.get(self._profile_of(source))
        row = replace(row, chaining=str(Chaining.RESPONSE))
        made = await sync.enter_chain(
            self._library, row, await endpoint.gateway.response(response_id), endpoint
        )
        known = await self._library.items.responses(source.key)
        if response_id in known:
            # The chain needs those before it too: purging either conversation must know that.
            for earlier in known[: known.index(response_id)]:
                await self._library.items.note_response(made.key, earlier)
        return made.row

    async def _items_to_copy(
        self, conversation: Conversation, endpoint: Endpoint
    ) -> tuple[list[RawItem], tuple[str, ...]]:
        """Return what the server lists, or the copy here where it no longer has it."""
        try:
            return await listed_for_copy(endpoint.gateway, conversation.state.conversation_id), ()
        except GatewayError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise
        records = await all_records(self._library, conversation)
        return [r.raw for r in records if r.place is Place.CONVERSATION], (_GONE,)


async def _response_with(gateway: Gateway, last: str, item_id: str) -> str:
    """Return the response of a chain whose turn an item belongs to. Raises NotFound."""
    found = ""
    response_id = last
    while response_id:
        response = await gateway.response(response_id)
        output = response.get("output")
        made = {raw.get("id") for raw in output} if isinstance(output, list) else set()
        given = {Item(raw).id for raw in await sync.input_items(gateway, response_id)}
        if item_id not in made | given:
            break
        found = response_id
        earlier = response.get("previous_response_id")
        if item_id in made or not isinstance(earlier, str):
            break
        response_id = earlier
    if not found:
        raise ChatTuiError(
            f"There is no item {item_id} in this chain.",
            "chat-tui items lists them with their ids.",
        )
    return found
