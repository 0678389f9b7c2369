"""Deleting on the server: in which order, and what to pass over."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import Item
from chat_tui.planning import State


async def delete_on_server(
    gateway: Gateway, state: State, responses: Sequence[str], *, with_items: bool
) -> None:
    """Delete a conversation; ``with_items`` first its items and the given responses too.

    What is already gone is passed over. Raises GatewayError at the first refusal; what was deleted
    until then stays deleted, and a second call goes on from there.
    """
    identifier = state.conversation_id
    if with_items:
        if identifier:
            for item_id in await _all_item_ids(gateway, identifier):
                await _passing_over_gone(gateway.delete_item(identifier, item_id))
        for response_id in responses:
            await _passing_over_gone(gateway.delete_response(response_id))
    if identifier:
        await _passing_over_gone(gateway.delete_conversation(identifier))


async def _all_item_ids(gateway: Gateway, identifier: str) -> Sequence[str]:
    """Return every id first: paging while deleting would lose its place (api A.3)."""
    ids: dict[str, None] = {}
    after = ""
    while True:
        try:
            page = await gateway.items(identifier, after=after)
        except GatewayError as error:
            if error.trouble is Trouble.NOT_FOUND:
                return list(ids)
            raise
        ids.update(dict.fromkeys(Item(raw).id for raw in page.data))
        if not page.has_more:
            return [item_id for item_id in ids if item_id]
        after = page.last_id


async def _passing_over_gone(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except GatewayError as error:
        if error.trouble is not Trouble.NOT_FOUND:
            raise
