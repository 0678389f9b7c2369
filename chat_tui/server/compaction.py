"""Compacting a window by hand: `POST /responses/compact`, which changes nothing on the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, plan
from chat_tui.server.outcome import usage_of
from chat_tui.server.tokens import count_item
from chat_tui.server.upstream import Generation, Model, Upstream, Usage
from chat_tui.server.validation import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_tui.server.database import Database
    from chat_tui.server.items import Item
    from chat_tui.server.params import Params


@dataclass(frozen=True, slots=True)
class Window:
    """What to send as the next input, unchanged: the user's messages, then a compaction item."""

    output: Sequence[Item]
    usage: dict[str, Any]


async def compact(database: Database, upstream: Upstream, params: Params) -> Window:
    """Return the window that stands for the request's context.

    The compaction item alone carries all that will be read: a summary, and the last turn word for
    word. The user's messages before it are for people and for other servers. Raises ApiError and
    UpstreamError.
    """
    reading = await plan.read_context(database, params)
    model = await _model(upstream, params)
    reading = plan.fitted(reading, params, model)
    kept = context.last_turn(reading.items)
    older = reading.items[: len(reading.items) - len(kept)]
    generation = Generation(
        model=model.id,
        items=[stored.item for stored in older],
        input_tokens=reading.tokens,
        instructions=params.get("instructions"),
    )
    summary = ""
    if older:
        summary = await upstream.summarise(generation, max(256, reading.tokens // 4))
    blob = context.seal_compaction(database.sealer, summary, [stored.item for stored in kept])
    item = {"id": ids.new_item("compaction"), "type": "compaction", "encrypted_content": blob}
    users = [s.item for s in reading.items if s.item.get("role") == "user"]
    messages = [message if "id" in message else _identified(message) for message in users]
    usage = usage_of(Usage(reading.tokens, count_item(item)))
    return Window([*messages, item], usage)


async def _model(upstream: Upstream, params: Params) -> Model:
    if params["model"] is not None:
        return await plan.find_model(upstream, params)
    models = await upstream.models()
    if not models:
        raise missing("model")
    return models[0]


def _identified(message: Item) -> Item:
    return {"id": ids.new_item("message"), **message}
