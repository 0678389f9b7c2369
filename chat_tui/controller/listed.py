"""Reading the whole of what a server lists of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import RawItem
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
