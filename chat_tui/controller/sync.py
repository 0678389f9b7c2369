"""Bringing a conversation in line with its server: adopt by id, refresh, load older, find out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from chat_tui.config import Chaining, Profile
from chat_tui.controller.conversation import Conversation, from_row, title_of_items
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.kept import is_under_way, kept_items, kept_output, stored_response
from chat_tui.controller.merge import merge
from chat_tui.controller.view import Queued
from chat_tui.errors import NotFound
from chat_tui.gateway import Gateway, GatewayError, Page, Trouble
from chat_tui.items import Item, Kind, Place, RawItem, Record, seen_now, user_message, visible_line
from chat_tui.library import ConversationRow, Library, Window
from chat_tui.planning import ENCRYPTED_REASONING, copied
from chat_tui.replaying import replayable

_LATEST = 253_402_300_800
"""The end of the year 9999; no calendar here knows later times."""
WINDOW = 200
"""Records loaded at a time."""
_ANCHORS = 5
"""How many items are tried as the place to go on from: others may have deleted the first ones."""


async def load(library: Library, row: ConversationRow, profile: Profile) -> Conversation:
    """Return a conversation as the library knows it, with its draft and its pending message."""
    conversation = from_row(row, profile, await library.items.window(row.key, limit=WINDOW))
    conversation.draft = await library.journal.draft(row.key)
    waiting = await library.queue.read(row.key)
    conversation.queue = tuple(Queued(number, text, kept=True) for number, text in waiting)
    conversation.queue_waits = bool(waiting)
    pending = await library.journal.pending(row.key)
    if pending is not None:
        conversation.pending_text = pending.text
        conversation.add(Record(user_message(pending.text), Place.PENDING, pending.at))
    return conversation


async def adopt(
    library: Library, endpoint: Endpoint, row: ConversationRow, identifier: str
) -> Conversation:
    """Fetch an unknown conversation or response and enter it in the library.

    ``row`` carries the choices a new conversation starts with. Raises NotFound when the server
    does not know the id, GatewayError when it cannot be asked.
    """
    try:
        if identifier.startswith("resp"):
            response = await endpoint.gateway.response(identifier)
            bound = response.get("conversation")
            if not isinstance(bound, dict):
                return await enter_chain(library, row, response, endpoint)
            identifier = str(bound.get("id"))
        return await _adopt_conversation(library, endpoint, row, identifier)
    except GatewayError as error:
        if error.trouble is Trouble.NOT_FOUND:
            raise NotFound(
                f"The server of profile {endpoint.profile.name} does not know {identifier}.",
                "Check the id, or choose the profile it belongs to.",
            ) from error
        raise


async def _adopt_conversation(
    library: Library, endpoint: Endpoint, row: ConversationRow, identifier: str
) -> Conversation:
    known = await library.index.find(row.profile, identifier)
    if known:
        return await load(library, known[0], endpoint.profile)
    found = await endpoint.gateway.conversation(identifier)
    page = await endpoint.gateway.items(identifier)
    items = list(page.data)[::-1]
    metadata = string_map(found.get("metadata"))
    title = visible_line(metadata.get("title", "")) or title_of_items(items)
    row = await library.index.create(
        replace(
            row,
            conversation_id=identifier,
            title=title,
            named="title" in metadata,
            metadata=metadata,
            created_at=seconds(found.get("created_at")),
        )
    )
    records = [Record(raw, Place.CONVERSATION) for raw in items]
    await library.items.replace_from(row.key, 0, records, complete=not page.has_more)
    row = replace(row, complete=not page.has_more)
    return from_row(row, endpoint.profile, Window(tuple(records), 0, not page.has_more))


async def enter_chain(
    library: Library, row: ConversationRow, response: RawItem, endpoint: Endpoint
) -> Conversation:
    """Enter a conversation that goes on from a stored response in the library."""
    identifier = str(response.get("id"))
    items = await input_items(endpoint.gateway, identifier)
    output = response.get("output")
    items += [raw for raw in output if isinstance(raw, dict)] if isinstance(output, list) else []
    model = str(response.get("model") or "")
    row = await library.index.create(
        replace(
            row,
            response_id=identifier,
            title=row.title or title_of_items(items),
            chaining=str(Chaining.RESPONSE),
            created_at=seconds(response.get("created_at")),
            model=row.model or model,
        )
    )
    await library.items.note_response(row.key, identifier)
    records = [Record(raw, Place.CHAIN, response_id=identifier, model=model) for raw in items]
    await library.items.replace_from(row.key, 0, records, complete=True)
    return from_row(row, endpoint.profile, Window(tuple(records), 0, reaches_start=True))


async def input_items(gateway: Gateway, response_id: str) -> list[RawItem]:
    """Return everything a response was given, oldest first; nothing where that cannot be asked."""
    items: list[RawItem] = []
    after = ""
    try:
        while True:
            page = await gateway.input_items(response_id, after=after, order="asc")
            items += page.data
            if not page.has_more:
                return items
            after = page.last_id
    except GatewayError as error:
        if error.trouble is Trouble.NO_ROUTE:
            return items
        raise


async def refresh(library: Library, endpoint: Endpoint, conversation: Conversation) -> bool:
    """Take in the newest items the server lists; returns whether the records changed.

    Raises GatewayError; NOT_FOUND means that the conversation is gone from the server.
    """
    identifier = conversation.state.conversation_id
    if not identifier or conversation.running:
        return False
    turn = conversation.turn
    page = await endpoint.gateway.items(identifier)
    if conversation.stop is not None or conversation.turn is not turn:
        return False  # what was listed may be older than that turn
    return await take_in(library, conversation, page)


async def take_in(library: Library, conversation: Conversation, page: Page) -> bool:
    """Take in a page of the newest items; returns whether the records changed."""
    state = conversation.state
    records, connects = merge(state.records, list(page.data)[::-1], reaches_start=not page.has_more)
    complete = state.complete if connects and page.has_more else not page.has_more
    if records == state.records and complete == state.complete:
        return False
    conversation.state = replace(state, records=records, complete=complete)
    if connects and page.has_more:
        await library.items.replace_from(conversation.key, conversation.first_rank, records)
    else:
        conversation.first_rank = 0
        conversation.row = replace(conversation.row, complete=complete)
        await library.items.replace_from(conversation.key, 0, records, complete=complete)
    return True


async def refresh_metadata(
    library: Library, endpoint: Endpoint, conversation: Conversation
) -> bool:
    """Take in the metadata, and a title given elsewhere; returns whether any of it changed."""
    identifier = conversation.state.conversation_id
    if not identifier:
        return False
    async with conversation.editing:
        found = await endpoint.gateway.conversation(identifier)
        metadata, before = string_map(found.get("metadata")), conversation.row.metadata
        if metadata == before:
            return False
        changes: dict[str, Any] = {"metadata": metadata}
        title = metadata.get("title", "")
        if title.strip() and title != before.get("title"):  # else a title kept here only would go
            changes |= {"title": visible_line(title), "named": True}
        conversation.row = await library.index.change(conversation.key, **changes)
    return True


async def older_here(library: Library, conversation: Conversation) -> tuple[Record, ...] | None:
    """Load the records before the first one from the cache; None when it holds none."""
    window = await library.items.window(
        conversation.key, before=conversation.first_rank, limit=WINDOW
    )
    if not window.records:
        return None
    conversation.first_rank = window.first_rank
    complete = window.reaches_start and conversation.row.complete
    return _prepended(conversation, window.records, complete=complete)


async def older_there(
    library: Library, endpoint: Endpoint, conversation: Conversation
) -> tuple[Record, ...]:
    """Load the records before the first one from the server. Raises GatewayError."""
    page = await _page_before(library, endpoint, conversation)
    if page is None:
        return _prepended(conversation, (), complete=True)
    records = tuple(Record(json.dumps(raw), Place.CONVERSATION) for raw in page.data[::-1])
    complete = not page.has_more
    conversation.first_rank = await library.items.prepend(
        conversation.key, records, complete=complete
    )
    conversation.row = replace(conversation.row, complete=complete)
    return _prepended(conversation, records, complete=complete)


async def _page_before(
    library: Library, endpoint: Endpoint, conversation: Conversation
) -> Page | None:
    """Return the page before the first item that the server still has; those before it go."""
    identifier = conversation.state.conversation_id
    listed = [r for r in conversation.state.placed(Place.CONVERSATION) if r.id]
    if not identifier or not listed:
        return None
    for number, first in enumerate(listed[:_ANCHORS], 1):
        try:
            page = await endpoint.gateway.items(identifier, after=first.id)
        except GatewayError as error:
            if error.trouble is not Trouble.NOT_FOUND or number == len(listed[:_ANCHORS]):
                raise
        else:
            if number > 1:
                conversation.drop(record.ref for record in listed[: number - 1])
                await library.items.replace_from(
                    conversation.key, conversation.first_rank, conversation.state.records
                )
            return page
    return None


def _prepended(
    conversation: Conversation, records: tuple[Record, ...], *, complete: bool
) -> tuple[Record, ...]:
    state = conversation.state
    conversation.state = replace(state, records=(*records, *state.records), complete=complete)
    return records


async def load_all(library: Library, endpoint: Endpoint, conversation: Conversation) -> None:
    """Load every record."""
    async with conversation.loading:
        while not conversation.state.complete:
            if await older_here(library, conversation) is None:
                await older_there(library, endpoint, conversation)


async def load_seals(endpoint: Endpoint, conversation: Conversation) -> bool:
    """Ask for the encrypted reasoning a replay needs; returns whether any was asked for.

    Each item is asked for once: a server that gives none is not asked again.
    """
    lacking = [
        record
        for record in conversation.state.placed(Place.CONVERSATION)
        if _lacks_seal(record) and record.id not in conversation.seals_asked
    ]
    if not lacking:
        return False
    conversation.seals_asked.update(record.id for record in lacking)
    after = ""
    found: dict[str, RawItem] = {}
    while True:
        page = await endpoint.gateway.items(
            conversation.state.conversation_id, after=after, include=[ENCRYPTED_REASONING]
        )
        found.update({Item(raw).id: raw for raw in page.data})
        if not page.has_more:
            break
        after = page.last_id
    for record in lacking:
        if record.id in found:
            conversation.put(replace(record, held=found[record.id]))
    return True


def _lacks_seal(record: Record) -> bool:
    return record.kind is Kind.REASONING and not record.raw.get("encrypted_content")


def _settled_elsewhere(conversation: Conversation) -> str:
    """Let go of a message whose entry in the journal another program cleared."""
    noted = conversation.turn is None or conversation.turn.plan.stored
    if not conversation.pending_text or not noted:
        return ""
    conversation.drop(r.ref for r in conversation.state.placed(Place.PENDING))
    conversation.pending_text = ""
    return "Another chat-tui has settled that message."


ELSEWHERE = (
    "Another chat-tui is waiting for the answer to this message.",
    "It shows here when the conversation is opened again.",
)


async def runs_elsewhere(library: Library, key: int) -> bool:
    """Return whether another program waits for the answer to the pending message."""
    pending = await library.journal.pending(key)
    return pending is not None and pending.elsewhere


async def find_out(library: Library, endpoint: Endpoint, conversation: Conversation) -> str:
    """Learn what became of a turn whose outcome a crash left unknown.

    Returns one sentence for the user; afterwards the turn is either among the records or still
    pending. Empty when nothing was pending.
    """
    pending = await library.journal.pending(conversation.key)
    if conversation.running:
        return ""
    if pending is None:
        return _settled_elsewhere(conversation)
    items, place = None, Place.CONVERSATION
    if identifier := conversation.state.conversation_id:
        items = await kept_items(endpoint.gateway, identifier, pending.after_item, pending.text)
    if items is None and pending.response_id:
        response = await stored_response(endpoint.gateway, pending.response_id)
        if is_under_way(response):
            return "The server is still at work on your last message: look again in a moment."
        if (output := kept_output(response)) is not None:
            items, place = [user_message(pending.text), *output], Place.CHAIN
    if items is None:
        return "Your last message was cut off; the server kept nothing of it."
    conversation.drop(r.ref for r in conversation.state.placed(Place.PENDING))
    conversation.pending_text = ""
    if place is Place.CHAIN:
        went_along = replayable(conversation.state.placed(Place.STOPPED))
        conversation.state = copied(conversation.state, [r.ref for r in went_along], place)
    known = {r.id for r in conversation.state.records} - {""}
    fresh = [
        seen_now(raw, place, pending.response_id) for raw in items if Item(raw).id not in known
    ]
    for record in fresh:
        conversation.add(record)
    response_id = pending.response_id or conversation.state.response_id
    conversation.state = replace(conversation.state, response_id=response_id)
    conversation.row = await library.end_turn(
        conversation.key,
        conversation.state.records,
        replaces_from=conversation.first_rank,
        stored=pending.response_id,
        response_id=response_id,
    )
    answers = [Item(raw) for raw in items if Item(raw).kind is Kind.ASSISTANT]
    if not answers:
        return "Your last turn was cut off; the server kept your message, but no answer."
    whole = not any(answer.status in ("incomplete", "in_progress") for answer in answers)
    return (
        "Your last turn was cut off here, but the server kept it whole."
        if whole
        else "Your last turn was cut off; the server kept your message and part of the answer."
    )


def string_map(value: object) -> dict[str, str]:
    """Return metadata as a server named it, empty when it is none."""
    if not isinstance(value, dict):
        return {}
    return {str(name): str(text) for name, text in value.items()}


def seconds(value: object) -> float:
    """Return a time a server named in Unix seconds, 0 when it is none."""
    return float(value) if isinstance(value, int | float) and 0 < value < _LATEST else 0.0
