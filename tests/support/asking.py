"""What a server holds, asked directly: the other side of what a client believes."""

from __future__ import annotations

from typing import Any

from chat_tui.items import item_text
from tests.support.server import EmbeddedServer

Json = dict[str, Any]


def items_of(server: EmbeddedServer, conversation_id: str) -> list[Json]:
    """Return every item of a conversation, oldest first."""
    http = server.http()
    found: list[Json] = []
    after = ""
    while True:
        query = {"order": "asc", "limit": "100", **({"after": after} if after else {})}
        page = http.get(f"/conversations/{conversation_id}/items", params=query).json()
        found += page["data"]
        if not page["has_more"]:
            return found
        after = page["last_id"]


def said_in(server: EmbeddedServer, conversation_id: str) -> list[str]:
    """Return the texts of a conversation, oldest first."""
    return [item_text(raw) for raw in items_of(server, conversation_id)]


def given_to(server: EmbeddedServer, response_id: str) -> list[str]:
    """Return the texts a stored response was given, oldest first."""
    page = server.http().get(f"/responses/{response_id}/input_items?order=asc&limit=100").json()
    return [item_text(raw) for raw in page["data"]]
