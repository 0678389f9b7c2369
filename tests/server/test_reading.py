"""A context that is cut to a window is read from its end, and is the same as if read whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from chat_tui.server import ids, store
from chat_tui.server.database import Database
from chat_tui.server.errors import ApiError
from chat_tui.server.plan import Reading, fitted, read_context
from chat_tui.server.upstream import Model
from tests.server.asking import Json, assistant, user

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

NAME = "conv_long"


def a_turn(rng: random.Random, number: int) -> list[Json]:
    """Return the items of one turn, some with tools and reasoning."""
    turn = [user(f"question {number} " + "word " * rng.randrange(20))]
    if number % 3 == 0:
        call = {"call_id": f"call_{number}", "name": "f", "arguments": "{}"}
        turn += [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "function_call", "status": "completed", **call},
            {"type": "function_call_output", "call_id": call["call_id"], "output": "x"},
        ]
    return [*turn, assistant("answer " * rng.randrange(1, 30))]


def stored(item: Json) -> store.Stored:
    content = item.get("content")
    if isinstance(content, str):
        item = {**item, "content": [{"type": "input_text", "text": content}]}
    return store.stored({"id": ids.new_item(item["type"]), **item})


def fill(db: sqlite3.Connection, turns: int) -> None:
    rng = random.Random(7)
    store.create_conversation(db, NAME, 0, {})
    for number in range(turns):
        store.append_items(db, NAME, [stored(item) for item in a_turn(rng, number)])


def outcome(reading: Reading, params: dict[str, Any], window: int) -> list[str] | str | None:
    """Return the ids of what a model with this window would get, or the error."""
    model = Model("demo", 0, "x", window)
    try:
        return [item.id for item in fitted(reading, params, model).items[:-1]]
    except ApiError as error:
        return error.code


async def test_it_is_the_same_as_if_read_whole(tmp_path: Path) -> None:
    database = Database(tmp_path / "chat.db")
    await database.write(lambda db: fill(db, 60))
    params = {"conversation": NAME, "truncation": "auto", "input": [stored(user("x")).item]}
    whole = await read_context(database, params)
    sizes = set()
    for window in range(3, whole.tokens + 20, 7):
        part = await read_context(database, params, window)
        expected = outcome(whole, params, window)
        assert outcome(part, params, window) == expected, window
        sizes.add(len(part.items))
        assert sum(item.tokens for item in part.items[:-1]) <= window + 60
    assert len(sizes) > 40
    database.close()
