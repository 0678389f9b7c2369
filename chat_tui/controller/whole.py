"""The whole of a conversation: all its server lists, all that is here, and taking the one in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_tui.controller.conversation import Conversation
from chat_tui.controller.merge import merge
from chat_tui.controller.sync import WINDOW
from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import RawItem, Record
from chat_tui.library import Library
from chat_tui.planning import ENCRYPTED_REASONING

_FOR_COPIES = (ENCRYPTED_REASONING, "message.input_image.image_url")
"""What lists leave out unless asked for it, and a copy needs (api A.5)."""


async def listed(
    gateway: Gateway, conversation_id: str, include: Sequence[str] = ()
) -> list[RawItem]:
    """Return every item, oldest first. Raises GatewayError."""
    found: list[RawItem] = []
    after = ""
    while True:
        page = await gateway.items(conversation_id, after=after, order="asc", include=include)
        found += page.data
        if not page.has_more:
            return found
        after = page.last_id


async def listed_for_copy(gateway: Gateway, conversation_id: str) -> list[RawItem]:
    """Return every item with all that a copy needs, as far as the server gives it."""
    try:
        return await listed(gateway, conversation_id, _FOR_COPIES)
    except GatewayError as error:
        if error.trouble not in (Trouble.INVALID, Trouble.UNSUPPORTED):
            raise
        return await listed(gateway, conversation_id)


async def all_records(library: Library, conversation: Conversation) -> list[Record]:
    """Return the loaded records and all cached before them, without loading these."""
    older: list[Record] = []
    before, reaches_start = conversation.first_rank, False
    while not reaches_start:
        window = await library.items.window(conversation.key, before=before, limit=WINDOW)
        older[:0] = window.records
        before, reaches_start = window.first_rank, window.reaches_start
    return [*older, *conversation.state.records]


async def take_in_all(
    library: Library, conversation: Conversation, items: Sequence[RawItem]
) -> bool:
    """Take in all items there are, oldest first; returns whether the records changed."""
    async with conversation.loading:
        known = tuple(await all_records(library, conversation))
        state = conversation.state
    records, _ = merge(known, items, reaches_start=True)
    if records == state.records and state.complete:
        return False
    conversation.state = replace(state, records=records, complete=True)
    conversation.first_rank = 0
    conversation.row = replace(conversation.row, complete=True)
    await library.items.replace_from(conversation.key, 0, records, complete=True)
    return True
