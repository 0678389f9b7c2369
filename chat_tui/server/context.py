"""What a turn reads: the items of its conversation or chain and its own input, checked and cut.

The functions over the database take a connection; the rest is pure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server import store
from chat_tui.server.crypt import ForeignBlobError, Sealer
from chat_tui.server.errors import ApiError, invalid
from chat_tui.server.store import Stored

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from chat_tui.server.items import Item

COMPACTION = "compaction"

_OUTPUT_OF = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
}
"""Calls a client has to answer, and what with; paired by `call_id`."""

_CALL_OF = {output: call for call, output in _OUTPUT_OF.items()}
_SPOKEN = {
    "function_call": "function call",
    "custom_tool_call": "custom tool call",
    "computer_call": "computer call",
    "shell_call": "shell call",
    "apply_patch_call": "apply patch call",
}


@dataclass(frozen=True, slots=True)
class Context:
    """The stored items a turn starts from, from the latest compaction item on."""

    items: list[Stored] = field(default_factory=list)
    read_up_to: int | None = None
    """The last position of the conversation that was read, if it came from one."""


def of_conversation(
    db: sqlite3.Connection,
    conversation_id: str,
    up_to: int | None = None,
    most_tokens: int | None = None,
) -> Context:
    """Return what a conversation holds, or held when `up_to` was its last position.

    With `most_tokens` no more is read than can be in a context of that size: the latest whole turns
    of it, and perhaps one too many.
    """
    last = store.last_position(db, conversation_id) if up_to is None else up_to
    (start,) = db.execute(
        "SELECT max(position) FROM entries INDEXED BY entries_of_compactions"
        " WHERE conversation_id = ? AND position <= ? AND is_compaction",
        (conversation_id, last),
    ).fetchone()
    rows = db.execute(
        "SELECT body, tokens, requires FROM entries JOIN items ON items.id = item_id"
        " WHERE conversation_id = ? AND position BETWEEN ? AND ? ORDER BY position DESC",
        (conversation_id, start or 0, last),
    )
    newest_first: list[Stored] = []
    total = 0
    for body, tokens, requires in rows:
        newest_first.append(Stored(json.loads(body), tokens, requires))
        total += tokens
        if most_tokens is not None and total > most_tokens:
            return Context(_from_first_turn(newest_first[::-1]), last)
    return Context(newest_first[::-1], last)


def _from_first_turn(items: list[Stored]) -> list[Stored]:
    for index, stored in enumerate(items):
        if _begins_turn(stored):
            return items[index:]
    return []


def before_response(db: sqlite3.Connection, row: store.ResponseRow) -> list[Stored]:
    """Return what a stored response was given: its context, then its own input.

    Raises ApiError when a response it chains from is gone.
    """
    given = store.response_items(db, row.id, output=False)
    if _latest_compaction(given) is not None:
        return from_compaction(given)
    if row.conversation_id is not None:
        context = of_conversation(db, row.conversation_id, row.read_up_to)
        return [*context.items, *given]
    if row.previous_response_id is not None:
        return [*of_chain(db, row.previous_response_id), *given]
    return given


def of_chain(db: sqlite3.Connection, response_id: str) -> list[Stored]:
    """Return the input and output of a response and all before it.

    Raises ApiError (400 `previous_response_not_found`) when one of them is gone.
    """
    newest_first: list[list[Stored]] = []
    following: str | None = response_id
    while following is not None:
        row = store.find_response(db, following)
        if row is None:
            raise _broken_chain(response_id, following)
        own = [
            *store.response_items(db, row.id, output=False),
            *store.response_items(db, row.id, output=True),
        ]
        newest_first.append(own)
        if _latest_compaction(own) is not None:
            break
        if row.conversation_id is not None:
            newest_first.append(of_conversation(db, row.conversation_id, row.read_up_to).items)
        following = row.previous_response_id
    return from_compaction([item for part in reversed(newest_first) for item in part])


def _broken_chain(response_id: str, missing: str) -> ApiError:
    message = f"Previous response with id '{response_id[:128]}' not found."
    if missing != response_id:
        message = (
            f"The response '{missing}', from which '{response_id}' was chained, was not found."
        )
    return invalid(message, "previous_response_not_found", "previous_response_id")


def resolve_input(db: sqlite3.Connection, items: Sequence[Item]) -> list[Stored]:
    """Return a request's input with references and known ids replaced by the stored items.

    Items without an id stay without one. Raises ApiError (404) for what is not stored.
    """
    known = {
        found.id: found
        for found in store.load_items(db, [item["id"] for item in items if "id" in item])
    }
    resolved = []
    for item in items:
        found = known.get(item.get("id", ""))
        if found:
            resolved.append(found)
        elif item["type"] == "item_reference" or _is_hollow(item):
            raise ApiError(
                404,
                f"Item with id '{item.get('id')}' not found. Items are not persisted when 'store' "
                "is false. Send the whole item, or leave it out of the input.",
                param="input",
            )
        else:
            resolved.append(store.stored(item))
    return resolved


def _is_hollow(item: Item) -> bool:
    """Tell whether an item means something only to the server that stored it."""
    return (
        item["type"] == "reasoning"
        and "id" in item
        and not any(item.get(key) for key in ("encrypted_content", "content", "summary"))
    )


def from_compaction(items: list[Stored]) -> list[Stored]:
    """Return the items from the latest compaction item on."""
    return items[_latest_compaction(items) or 0 :]


def _latest_compaction(items: Sequence[Stored]) -> int | None:
    for index in range(len(items) - 1, -1, -1):
        if items[index].item["type"] == COMPACTION:
            return index
    return None


def check_duplicates(items: Sequence[Stored]) -> None:
    """Raise ApiError if an item is in the context twice."""
    seen = set()
    for stored in items:
        identifier = stored.item.get("id")
        if identifier is None:
            continue
        if identifier in seen:
            raise invalid(
                f"Duplicate item found with id {identifier}. Remove duplicate items from your "
                "input and try again.",
                None,
                "input",
            )
        seen.add(identifier)


def paired(items: Sequence[Stored]) -> list[Stored]:
    """Return the items a model can read; raise ApiError for calls and reasoning without partner.

    What an interrupted turn left half-done, calls and reasoning marked `incomplete`, is left out.
    """
    answered = {
        (_CALL_OF[kind], stored.item["call_id"])
        for stored in items
        if (kind := stored.item["type"]) in _CALL_OF
    }
    called = set()
    usable: list[Stored] = []
    for stored in items:
        kind = stored.item["type"]
        if kind in _OUTPUT_OF:
            key = (kind, stored.item["call_id"])
            if key not in answered:
                if stored.item.get("status") != "incomplete":
                    raise _unpaired("No tool output found for", kind, stored.item)
                while usable and usable[-1].item["type"] == "reasoning":
                    usable.pop()
                continue
            called.add(key)
        elif kind in _CALL_OF and (_CALL_OF[kind], stored.item["call_id"]) not in called:
            raise _unpaired("No tool call found for", kind, stored.item)
        usable.append(stored)
    return _with_followers(usable)


def _unpaired(what: str, kind: str, item: Item) -> ApiError:
    if kind in _OUTPUT_OF:
        name = f"{_SPOKEN[kind]} {item['call_id']}."
    else:
        name = f"{_SPOKEN[_CALL_OF[kind]]} output with call_id {item['call_id']}."
    return invalid(f"{what} {name}", None, "input")


def _with_followers(items: Sequence[Stored]) -> list[Stored]:
    usable: list[Stored] = []
    for index, stored in enumerate(items):
        item = stored.item
        if item["type"] == "reasoning" and not _may_follow(items, index + 1):
            if item.get("status") == "incomplete":
                continue
            raise invalid(
                f"Item '{item.get('id')}' of type 'reasoning' was provided without its required "
                "following item.",
                None,
                "input",
            )
        if stored.requires and (not index or items[index - 1].id_or_none != stored.requires):
            raise invalid(
                f"Item '{item['id']}' of type '{item['type']}' was provided without its required "
                f"'reasoning' item: '{stored.requires}'.",
                None,
                "input",
            )
        usable.append(stored)
    return usable


def _may_follow(items: Sequence[Stored], index: int) -> bool:
    """Tell whether a model made the item at this index, so that it can follow reasoning."""
    if index >= len(items):
        return False
    item = items[index].item
    if item["type"] == "message":
        return bool(item["role"] == "assistant")
    return item["type"] not in _CALL_OF and item["type"] != COMPACTION


def cut_to_fit(items: list[Stored], most_tokens: int) -> list[Stored]:
    """Return the items without the oldest turns, so that they fit; whole turns are left out.

    Raises ApiError (`context_length_exceeded`) when the last turn alone does not fit.
    """
    total = sum(stored.tokens for stored in items)
    if total <= most_tokens:
        return items
    dropped = 0
    for index, stored in enumerate(items):
        if index and _begins_turn(stored) and total - dropped <= most_tokens:
            return items[index:]
        dropped += stored.tokens
    raise too_long(total, most_tokens)


def too_long(tokens: int, most_tokens: int) -> ApiError:
    """Return the error for a context that does not fit."""
    return invalid(
        f"Your input exceeds the context window of this model: {tokens} tokens, with room for "
        f"{most_tokens}.",
        "context_length_exceeded",
        "input",
    )


def _begins_turn(stored: Stored) -> bool:
    return bool(stored.item["type"] == "message" and stored.item["role"] == "user")


def last_turn(items: Sequence[Stored]) -> list[Stored]:
    """Return the items from the last user message on, or all without one."""
    for index in range(len(items) - 1, -1, -1):
        if _begins_turn(items[index]):
            return list(items[index:])
    return list(items)


def seal_compaction(sealer: Sealer, summary: str, kept: Sequence[Item]) -> str:
    """Return the content of a compaction item: a summary, and items kept word for word."""
    content = store.dumps({"summary": summary, "kept": list(kept)})
    return sealer.seal(content.encode(), COMPACTION)


def open_compaction(sealer: Sealer, item: Item, param: str) -> dict[str, Any]:
    """Return what a compaction item holds. Raises ApiError for one from elsewhere."""
    try:
        content: dict[str, Any] = json.loads(sealer.open(item["encrypted_content"], COMPACTION))
    except ForeignBlobError as error:
        raise invalid(
            "This compaction item was not made by this server, so its content cannot be read here.",
            "invalid_encrypted_content",
            param,
        ) from error
    return content


def expanded(sealer: Sealer, items: Sequence[Stored]) -> list[Stored]:
    """Return the items with a leading compaction item opened, for the model to read."""
    if not items or items[0].item["type"] != COMPACTION:
        return list(items)
    content = open_compaction(sealer, items[0].item, "input")
    summary = {"type": COMPACTION, "summary": content["summary"]}
    kept = [store.stored(item) for item in content["kept"]]
    return [Stored(summary, items[0].tokens), *kept, *items[1:]]
