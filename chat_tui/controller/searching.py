"""Looking through what is cached of a conversation but not loaded."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from chat_tui.controller.conversation import Conversation
from chat_tui.items import Item, Kind, Record
from chat_tui.library import Cache

TURNS = 20_000
"""Turns listed at most, the newest ones."""
_PLAIN = re.compile(r"[A-Za-z0-9]+")


class OlderTurn(NamedTuple):
    """Something the user said that is not loaded."""

    rank: int
    item: Item
    at: float | None


async def candidates(
    cache: Cache, conversation: Conversation, query: str
) -> AsyncIterator[Sequence[Record]]:
    """Yield batches of records that may contain ``query``, newest first; none is left out.

    The batches may be empty: they come often enough to stop in between.
    """
    before: int | None = conversation.first_rank
    word = fragment(query)
    while before is not None:
        found, before = await cache.search(conversation.key, word, before=before)
        yield [record for _, record in found]


def fragment(query: str) -> str:
    """Return the longest part of a query that stands in JSON as it stands in the text."""
    return max(_PLAIN.findall(query), key=len, default="")


async def turns(cache: Cache, conversation: Conversation) -> Sequence[OlderTurn]:
    """Return the cached user messages before the loaded ones, oldest first."""
    before: int | None = conversation.first_rank
    result: list[OlderTurn] = []
    while before is not None and len(result) < TURNS:
        found, before = await cache.search(conversation.key, '"user"', before=before)
        for rank, record in found:
            if record.kind is Kind.USER:
                result.append(OlderTurn(rank, record.item, record.at))
    return result[::-1]
