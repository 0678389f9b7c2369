"""From a checked request to everything a turn needs: state, context, limits, and the draft reply.

Errors of state and of the model's abilities are raised here, before anything is streamed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, locks, store
from chat_tui.server.errors import invalid
from chat_tui.server.tokens import count_json, count_text
from chat_tui.server.upstream import Generation, Model, Upstream
from chat_tui.server.validation import unsupported

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from chat_tui.server.crypt import Sealer
    from chat_tui.server.database import Database
    from chat_tui.server.items import Item
    from chat_tui.server.params import Params
    from chat_tui.server.store import Stored


@dataclass(frozen=True, slots=True)
class Plan:
    """What a turn will do."""

    response_id: str
    draft: dict[str, Any]
    """The Response object, but for what only the run can tell."""
    given: Sequence[Stored]
    """The request's input, each item with its id."""
    generation: Generation
    compaction: Compaction | None
    stored: bool
    conversation_id: str | None
    read_up_to: int | None
    include: Sequence[str]
    background: bool

    @property
    def appends(self) -> bool:
        """Whether the turn's items go into a conversation, which is locked meanwhile."""
        return self.stored and self.conversation_id is not None


@dataclass(frozen=True, slots=True)
class Compaction:
    """What is to be summarised before the turn goes on, and what stays word for word."""

    older: Sequence[Item]
    kept: Sequence[Item]
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The context of a request as a model gets it."""

    items: Sequence[Stored]
    given: Sequence[Stored]
    read_up_to: int | None
    fixed_tokens: int

    @property
    def tokens(self) -> int:
        """All input tokens."""
        return self.fixed_tokens + sum(stored.tokens for stored in self.items)


def check_state(params: Params) -> None:
    """Raise ApiError for two kinds of state at once."""
    if params.get("conversation") and params.get("previous_response_id"):
        raise invalid(
            "Mutually exclusive parameters: 'conversation' and 'previous_response_id'. Only one of "
            "them can be given.",
            "mutually_exclusive_parameters",
            None,
        )


async def make_plan(database: Database, upstream: Upstream, params: Params) -> Plan:
    """Return the plan of a request; a conversation it appends to is locked then.

    Raises ApiError, and holds no lock in that case.
    """
    check_state(params)
    if params.get("background") and params.get("store") is False:
        raise unsupported("background", "'background' together with 'store': false")
    response_id = ids.new(ids.RESPONSE)
    conversation_id: str | None = params.get("conversation")
    stored = params.get("store") is not False
    locked = stored and conversation_id is not None
    if conversation_id is not None and locked:
        name = conversation_id
        await database.write(
            lambda db: locks.acquire(db, database.owner, name, response_id), durable=False
        )
    try:
        reading = await read_context(database, params, await _most_tokens(upstream, params))
        model = await find_model(upstream, params)
        check_abilities(upstream, params)
        reading = fitted(reading, params, model)
        return _plan(response_id, params, reading, model)
    except BaseException:
        if locked:
            await database.write(lambda db: locks.release(db, response_id), durable=False)
        raise


async def _most_tokens(upstream: Upstream, params: Params) -> int | None:
    """Return how much of a conversation has to be looked at, None for all of it."""
    if params.get("truncation") != "auto":
        return None
    model = await upstream.find(params["model"]) if params["model"] else None
    return model.context_window if model is not None else None


async def read_context(
    database: Database, params: Params, most_tokens: int | None = None
) -> Reading:
    """Return what the model would read for this request, or the end of it. Raises ApiError."""
    given = [item for item in params.get("input") or [] if item["type"] != "compaction_trigger"]
    return await database.read(lambda db: _read(db, database.sealer, params, given, most_tokens))


def _read(
    db: sqlite3.Connection,
    sealer: Sealer,
    params: Params,
    given: Sequence[Item],
    most_tokens: int | None,
) -> Reading:
    history: list[Stored] = []
    read_up_to = None
    conversation_id, previous = params.get("conversation"), params.get("previous_response_id")
    if conversation_id is not None:
        store.get_conversation(db, conversation_id)
        loaded = context.of_conversation(db, conversation_id, most_tokens=most_tokens)
        history, read_up_to = loaded.items, loaded.read_up_to
    elif previous is not None:
        history = context.of_chain(db, previous)
    resolved = [_identified(stored) for stored in context.resolve_input(db, given)]
    whole = context.from_compaction([*history, *resolved])
    context.check_duplicates(whole)
    items = context.paired(context.expanded(sealer, whole))
    if not items:
        raise invalid(
            "There is nothing to answer: 'input' is empty, and so is the context.",
            "missing_required_parameter",
            "input",
        )
    text_format = (params.get("text") or {}).get("format") or {}
    fixed = (
        count_text(params.get("instructions"))
        + count_json(params.get("tools"))
        + count_json(text_format.get("schema"))
    )
    return Reading(items, resolved, read_up_to, fixed)


def _identified(stored: Stored) -> Stored:
    if "id" in stored.item:
        return stored
    item = {"id": ids.new_item(stored.item["type"]), **stored.item}
    return replace(stored, item=item)


async def find_model(upstream: Upstream, params: Params) -> Model:
    """Return the model a request names. Raises ApiError."""
    model = await upstream.find(params["model"]) if params["model"] else None
    if model is not None:
        return model
    names = ", ".join(f"'{model.id}'" for model in (await upstream.models())[:20])
    raise invalid(
        f"The model '{params['model'][:128]}' does not exist here; there is {names or 'none'}.",
        "model_not_found",
        "model",
    )


def check_abilities(upstream: Upstream, params: Params) -> None:
    """Raise ApiError for what the API knows but this upstream cannot do."""
    kind = ((params.get("text") or {}).get("format") or {}).get("type", "text")
    if kind != "text" and not upstream.structured_output:
        raise unsupported("text.format", f"The text format '{kind}' with this model")
    names = {tool["name"] for tool in params.get("tools") or []}
    chosen = params.get("tool_choice")
    if isinstance(chosen, dict):
        wanted = [tool["name"] for tool in chosen.get("tools", [chosen])]
        for name in wanted:
            if name not in names:
                raise invalid(
                    f"Tool choice '{name}' not found in 'tools'.", "invalid_value", "tool_choice"
                )


def fitted(reading: Reading, params: Params, model: Model) -> Reading:
    """Return the reading cut to the model's window. Raises ApiError if it may not be cut."""
    if model.context_window is None or reading.tokens <= model.context_window:
        return reading
    if params.get("truncation") != "auto":
        raise context.too_long(reading.tokens, model.context_window)
    room = model.context_window - reading.fixed_tokens
    return replace(reading, items=context.cut_to_fit(list(reading.items), room))


def _plan(response_id: str, params: Params, reading: Reading, model: Model) -> Plan:
    generation = Generation(
        model=model.id,
        items=[stored.item for stored in reading.items],
        input_tokens=reading.tokens,
        instructions=params.get("instructions"),
        tools=params.get("tools") or [],
        tool_choice=params.get("tool_choice") or "auto",
        parallel_tool_calls=params.get("parallel_tool_calls") is not False,
        max_output_tokens=params.get("max_output_tokens"),
        temperature=params.get("temperature"),
        top_p=params.get("top_p"),
        reasoning=params.get("reasoning") or {},
        text=params.get("text") or {},
    )
    return Plan(
        response_id=response_id,
        draft=_draft(response_id, params, model),
        given=reading.given,
        generation=generation,
        compaction=_compaction(params, reading),
        stored=params.get("store") is not False,
        conversation_id=params.get("conversation"),
        read_up_to=reading.read_up_to,
        include=params.get("include") or [],
        background=bool(params.get("background")),
    )


def _compaction(params: Params, reading: Reading) -> Compaction | None:
    kept = context.last_turn(reading.items)
    older = reading.items[: len(reading.items) - len(kept)]
    wanted = params.get("input") or []
    triggered = bool(wanted) and wanted[-1]["type"] == "compaction_trigger"
    threshold = None
    for entry in params.get("context_management") or []:
        threshold = entry.get("compact_threshold")
    if not triggered and (threshold is None or reading.tokens < threshold or not older):
        return None
    return Compaction(
        older=[stored.item for stored in older],
        kept=[stored.item for stored in kept],
        most_tokens=(threshold or max(1000, reading.tokens)) // 4,
    )


def _draft(response_id: str, params: Params, model: Model) -> dict[str, Any]:
    def given(key: str, default: Any) -> Any:
        value = params.get(key)
        return default if value is None else value

    text = given("text", {})
    reasoning = given("reasoning", {})
    draft = {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": "queued" if params.get("background") else "in_progress",
        "background": bool(params.get("background")),
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "instructions": params.get("instructions"),
        "max_output_tokens": params.get("max_output_tokens"),
        "max_tool_calls": params.get("max_tool_calls"),
        "metadata": given("metadata", {}),
        "model": model.id,
        "output": [],
        "parallel_tool_calls": given("parallel_tool_calls", True),
        "previous_response_id": params.get("previous_response_id"),
        "prompt_cache_key": params.get("prompt_cache_key"),
        "prompt_cache_retention": params.get("prompt_cache_retention"),
        "reasoning": {
            "effort": reasoning.get("effort"),
            "summary": reasoning.get("summary") or reasoning.get("generate_summary"),
        },
        "safety_identifier": params.get("safety_identifier"),
        "service_tier": given("service_tier", "auto"),
        "store": given("store", True),
        "temperature": given("temperature", 1.0),
        "text": {
            "format": text.get("format") or {"type": "text"},
            "verbosity": text.get("verbosity") or "medium",
        },
        "tool_choice": given("tool_choice", "auto"),
        "tools": given("tools", []),
        "top_logprobs": given("top_logprobs", 0),
        "top_p": given("top_p", 1.0),
        "truncation": given("truncation", "disabled"),
        "usage": None,
        "user": params.get("user"),
    }
    if params.get("conversation"):
        draft["conversation"] = {"id": params["conversation"]}
    return draft
