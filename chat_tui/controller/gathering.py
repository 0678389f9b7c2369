"""Gathering a conversation whole: all that its server tells, else the copy here.

Only reads; neither the server nor the library nor what is open changes by it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from chat_tui.config import Profile
from chat_tui.controller.conversation import Conversation
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.merge import merge
from chat_tui.controller.sync import WINDOW, seconds, string_map
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import Gateway, GatewayError, Page, Trouble
from chat_tui.items import Place, RawItem, Record
from chat_tui.library import Library
from chat_tui.moving import Answer, Document, Facts

Progress = Callable[[int, int], None]
"""Told how many items are done, and of how many; 0 where that is not known."""

_SEALED = "reasoning.encrypted_content"
_IMAGE = "message.input_image.image_url"
INCLUDES: tuple[tuple[str, ...], ...] = (
    (
        _SEALED,
        _IMAGE,
        "message.output_text.logprobs",
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "code_interpreter_call.outputs",
        "computer_call_output.output.image_url",
    ),
    (_SEALED, _IMAGE),
    (),
)
"""What lists are asked to tell in full; servers that know less of it are asked for less."""
_REFUSED = (Trouble.INVALID, Trouble.UNSUPPORTED)
_AT_ONCE = 8
"""Responses asked for at the same time."""


def quiet(_done: int, _total: int) -> None:
    """Tell nobody of the progress."""


def place_of(profile: Profile) -> str:
    """Return where a profile's server answers, without credentials; empty for embedded ones."""
    url = urlsplit(profile.base_url)
    return (
        f"{url.scheme}://{url.hostname}{f':{url.port}' if url.port else ''}{url.path}".rstrip("/")
        if url.hostname
        else ""
    )


async def gather(
    library: Library,
    conversation: Conversation,
    profile: Profile,
    endpoint: Endpoint,
    *,
    private: bool,
    progress: Progress,
) -> Document:
    """Return a conversation as its server tells it. Raises GatewayError when it cannot."""
    here = await _known(library, conversation, private=private)
    identifier = conversation.state.conversation_id
    metadata = dict(conversation.row.metadata)
    if identifier:
        found = await endpoint.gateway.conversation(identifier)
        metadata = string_map(found.get("metadata"))
        listed = await list_all(
            lambda after, include: endpoint.gateway.items(
                identifier, after=after, order="asc", include=include
            ),
            progress,
        )
        records = _in_conversation(here, listed)
    elif conversation.state.response_id:
        listed = await _chain(endpoint.gateway, conversation.state.response_id, progress)
        records = _in_chain(here, listed, conversation.state.response_id)
    else:
        records = here
    responses = await _responses(library, conversation, records, endpoint.gateway)
    return _document(conversation, profile, records, responses, metadata)


async def gather_here(
    library: Library, conversation: Conversation, profile: Profile, why: str, *, private: bool
) -> Document:
    """Return a conversation as far as it is cached here; ``why`` says what hindered to ask."""
    records = await _known(library, conversation, private=private)
    ids = await _response_ids(library, conversation, records)
    document = _document(
        conversation, profile, records, [Answer(i) for i in ids], dict(conversation.row.metadata)
    )
    whole = conversation.row.complete
    copy = "the copy here" if whole else "the copy here, which lacks the older items"
    note = f"The server could not be asked, so this is {copy}. {why}"
    return replace(document, source="cache", complete=whole, notes=(*document.notes, note.strip()))


def _document(
    conversation: Conversation,
    profile: Profile,
    records: Sequence[Record],
    responses: Sequence[Answer],
    metadata: dict[str, str],
) -> Document:
    row = conversation.row
    running = "An answer is still coming; it is not part of this." if conversation.running else ""
    return Document(
        facts=Facts(
            title=row.title,
            named=row.named,
            conversation_id=conversation.state.conversation_id,
            response_id=conversation.state.response_id,
            profile=row.profile,
            endpoint=place_of(profile),
            created_at=row.created_at,
            updated_at=row.updated_at,
            model=row.model,
            chaining=row.chaining,
            store=row.store,
            compaction=row.compaction,
            instructions=row.instructions,
            metadata=metadata,
            usage=row.usage,
        ),
        records=tuple(records),
        responses=tuple(responses),
        notes=(running,) if running else (),
        exported_at=time.time(),
    )


async def _known(library: Library, conversation: Conversation, *, private: bool) -> list[Record]:
    """Return every record held here; off the record only where asked for, unsent never."""
    stretches = [list(conversation.state.records)]
    before = conversation.first_rank
    while True:
        window = await library.items.window(conversation.key, before=before, limit=WINDOW)
        if not window.records:
            break
        stretches.append(list(window.records))
        before = window.first_rank
    left_out = (Place.PENDING,) if private else (Place.PENDING, Place.PRIVATE)
    return [r for stretch in reversed(stretches) for r in stretch if r.place not in left_out]


async def list_all(
    ask: Callable[[str, Sequence[str]], Any], progress: Progress = quiet
) -> list[RawItem]:
    """Return every item that ``ask(after, include)`` pages through, in the fullest form."""
    for include in INCLUDES:
        try:
            page: Page = await ask("", include)
        except GatewayError as error:
            if error.trouble in _REFUSED and include:
                continue
            raise
        break
    found = list(page.data)
    progress(len(found), 0)
    while page.has_more:
        page = await ask(page.last_id, include)
        found += page.data
        progress(len(found), 0)
    return found


def _in_conversation(here: Sequence[Record], listed: Sequence[RawItem]) -> list[Record]:
    """Return what the server lists with what is known of it here, and what is only here."""
    records, _ = merge(here, listed, reaches_start=True)
    known = {record.ref for record in here}
    return [r if r.ref in known else replace(r, at=None) for r in records]


async def _chain(gateway: Gateway, response_id: str, progress: Progress) -> list[RawItem]:
    """Return what the last response of a chain was given and said."""
    given = await list_all(
        lambda after, include: gateway.input_items(
            response_id, after=after, order="asc", include=include
        ),
        progress,
    )
    response = await gateway.response(response_id, include=[_SEALED])
    output = response.get("output")
    said = [raw for raw in output if isinstance(raw, dict)] if isinstance(output, list) else []
    return [*given, *said]


def _in_chain(here: Sequence[Record], listed: Sequence[RawItem], response_id: str) -> list[Record]:
    """Return the records of a chain, in the server's fuller form where it is known."""
    if not any(record.place is Place.CHAIN for record in here):
        return [Record(raw, Place.CHAIN, response_id=response_id) for raw in listed] + list(here)
    fuller = {raw["id"]: raw for raw in listed if isinstance(raw.get("id"), str)}
    return [replace(r, held=fuller.get(r.item.id, r.raw)) if r.item.id else r for r in here]


async def _response_ids(
    library: Library, conversation: Conversation, records: Sequence[Record]
) -> list[str]:
    ids = await library.items.responses(conversation.key)
    ids += [record.response_id for record in records if record.place is not Place.PRIVATE]
    return [i for i in dict.fromkeys([*ids, conversation.state.response_id]) if i]


async def _responses(
    library: Library, conversation: Conversation, records: Sequence[Record], gateway: Gateway
) -> list[Answer]:
    """Return the known responses, with what the server still tells of each."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def ask(response_id: str) -> Answer:
        async with gate:
            try:
                return _answer(response_id, await gateway.response(response_id))
            except ChatTuiError:  # expired or deleted: its id is what is known
                return Answer(response_id)

    ids = await _response_ids(library, conversation, records)
    return list(await asyncio.gather(*map(ask, ids)))


def _answer(response_id: str, raw: RawItem) -> Answer:
    model, status, usage = raw.get("model"), raw.get("status"), raw.get("usage")
    return Answer(
        id=response_id,
        model=model if isinstance(model, str) else "",
        status=status if isinstance(status, str) else "",
        created_at=seconds(raw.get("created_at")),
        usage=usage if isinstance(usage, dict) else {},
    )
