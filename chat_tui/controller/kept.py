"""Asking a server what it kept of a turn: after a stop, a failure or a crash only looking tells."""

from __future__ import annotations

from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import Item, Kind, RawItem

ENDED = ("completed", "incomplete")
"""Statuses of a response that is there to stay."""


async def kept_items(
    gateway: Gateway, conversation_id: str, after: str, text: str
) -> list[RawItem] | None:
    """Return a message and what follows it in a conversation, None when it is not there.

    It is looked for after the item ``after``, else among the newest. Raises GatewayError.
    """
    found = await _since(gateway, conversation_id, after)
    starts = [i for i, raw in enumerate(found) if _says(Item(raw), text)]
    return found[starts[-1] :] if starts else None


async def _since(gateway: Gateway, conversation_id: str, after: str) -> list[RawItem]:
    if after:
        try:
            return list((await gateway.items(conversation_id, after=after, order="asc")).data)
        except GatewayError as error:
            if error.trouble is not Trouble.NOT_FOUND:
                raise  # else that item was deleted meanwhile, or all of the conversation was
    return list((await gateway.items(conversation_id)).data)[::-1]


def _says(item: Item, text: str) -> bool:
    return item.kind is Kind.USER and item.text == text


async def stored_response(gateway: Gateway, response_id: str) -> RawItem | None:
    """Return a stored response, None when the server has no such one. Raises GatewayError."""
    try:
        return await gateway.response(response_id)
    except GatewayError as error:
        if error.trouble is Trouble.NOT_FOUND:
            return None
        raise


def kept_output(response: RawItem | None) -> list[RawItem] | None:
    """Return what a response leaves for a chain to go on from, None when there is nothing.

    One that is bound to a conversation does not count: its items are there, or nowhere.
    """
    if response is None or response.get("conversation") or response.get("status") not in ENDED:
        return None
    output = response.get("output")
    return [raw for raw in output if isinstance(raw, dict)] if isinstance(output, list) else None


def is_under_way(response: RawItem | None) -> bool:
    """Whether the server is still at work on a response, though nobody listens."""
    return response is not None and response.get("status") in ("queued", "in_progress")
