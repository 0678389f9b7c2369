"""Counting: what SQL says of the items is what reading them one by one says."""

from __future__ import annotations

import json
from typing import Any

from chat_tui.items import Place, Record
from chat_tui.library import ConversationRow, Library
from tests.moving.making import call, output, said

NOON = 1_700_049_600.0
"""The middle of a day and of a month wherever the tests run."""
DAY = 86_400.0


def records(*raws: dict[str, Any], at: float | None = NOON, model: str = "") -> list[Record]:
    return [Record(raw, Place.CONVERSATION, at, "", model) for raw in raws]


async def test_many_conversations_are_counted_whole(library: Library) -> None:
    for number in range(250):
        profile = "one" if number % 2 else "two"
        row = await library.index.create(
            ConversationRow(0, profile, f"conv_{number}", usage={"total_tokens": 10})
        )
        await library.items.append(row.key, records(said("user", "a"), said("assistant", "b")))
    everything = await library.counts.library()
    assert (everything.conversations, everything.items) == (250, 500)
    assert (everything.context_tokens, everything.with_usage) == (2500, 250)
    assert everything.roles == {"user": 250, "assistant": 250}
    one = await library.counts.library("one")
    assert (one.conversations, one.items, one.turns.total()) == (125, 250, 125)
    assert (await library.counts.library("three")).items == 0


async def test_one_conversation_by_type_tool_model_and_day(library: Library) -> None:
    row = await library.index.create(ConversationRow(0, "local", "conv_1", complete=False))
    other = await library.index.create(ConversationRow(0, "local", "conv_2"))
    await library.items.append(other.key, records(said("user", "elsewhere")))
    mine = [
        *records(said("user", "a"), {"role": "user", "content": "bare"}),
        *records(said("user", "b"), at=NOON + DAY),
        *records(said("user", "c"), at=None),
        *records(call("1", name="look"), call("2", name="look"), output("1"), model="m"),
        *records({"type": "custom_tool_call", "name": "run"}, {"type": "web_search_call"}),
        *records({}, {"type": 7}, {"type": "message", "role": None}),
    ]
    await library.items.append(row.key, mine)
    found = await library.counts.conversation(row.key)
    assert (found.conversations, found.incomplete, found.with_usage) == (1, 1, 0)
    assert found.items == len(mine)
    assert found.characters == sum(len(json.dumps(record.raw)) for record in mine)
    assert found.types == {
        "message": 6,
        "function_call": 2,
        "function_call_output": 1,
        "custom_tool_call": 1,
        "web_search_call": 1,
        "7": 1,
    }
    assert found.roles == {"user": 4, "": 2}
    assert found.tools == {"look": 2, "run": 1}
    assert found.models == {"m": 3}
    assert found.turns == {"2023-11-15": 2, "2023-11-16": 1, "": 1}
    assert (await library.counts.library()).turns == {"2023-11": 4, "": 1}


async def test_an_empty_library_counts_nothing(library: Library) -> None:
    await library.index.create(ConversationRow(0, "local"))
    found = await library.counts.library()
    assert (found.conversations, found.items, found.types) == (0, 0, {})
