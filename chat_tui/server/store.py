"""Conversations and items in SQL: plain functions of a connection, run by `database`.

Items are shared objects: a conversation or a response refers to them, and an item is gone for good
when an item or a response is deleted and nothing refers to it any more. Deleting a conversation
leaves its items, as the reference does; purging it does not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_tui.server.errors import ApiError, invalid, not_found
from chat_tui.server.tokens import count_item

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from chat_tui.server.items import Item
    from chat_tui.server.params import Page


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as the database holds it."""

    item: Item
    tokens: int
    requires: str | None = None
    """Id of the reasoning item that has to come directly before it, if it has one."""

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item["id"])

    @property
    def id_or_none(self) -> str | None:
        """The item's id, or None for an item that was never stored."""
        return self.item.get("id")


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list."""

    data: list[Any]
    has_more: bool


def dumps(value: object) -> str:
    """Return compact JSON in which every character is itself."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Conversations


def unknown_conversation(conversation_id: str) -> ApiError:
    """Return the error for a conversation that is not there."""
    return not_found(f"Conversation with id '{conversation_id[:128]}' not found.")


def create_conversation(
    db: sqlite3.Connection, conversation_id: str, created_at: int, metadata: dict[str, str]
) -> None:
    """Add an empty conversation."""
    db.execute(
        "INSERT INTO conversations (id, created_at, metadata) VALUES (?, ?, ?)",
        (conversation_id, created_at, dumps(metadata)),
    )


def exists(db: sqlite3.Connection, conversation_id: str) -> bool:
    """Tell whether there is such a conversation."""
    query = "SELECT 1 FROM conversations WHERE id = ?"
    return db.execute(query, (conversation_id,)).fetchone() is not None


def get_conversation(db: sqlite3.Connection, conversation_id: str) -> dict[str, Any]:
    """Return a conversation as the API shows it. Raises ApiError (404)."""
    row = db.execute(
        "SELECT id, created_at, metadata FROM conversations WHERE id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise unknown_conversation(conversation_id)
    return _conversation(row)


def _conversation(row: tuple[str, int, str]) -> dict[str, Any]:
    return {
        "id": row[0],
        "object": "conversation",
        "created_at": row[1],
        "metadata": json.loads(row[2]),
    }


def update_conversation(
    db: sqlite3.Connection, conversation_id: str, metadata: dict[str, str]
) -> dict[str, Any]:
    """Replace the metadata. Raises ApiError (404)."""
    db.execute(
        "UPDATE conversations SET metadata = ? WHERE id = ?", (dumps(metadata), conversation_id)
    )
    return get_conversation(db, conversation_id)


def delete_conversation(db: sqlite3.Connection, conversation_id: str, *, purge: bool) -> None:
    """Delete a conversation; with `purge` also its items and the responses made in it.

    Raises ApiError (404).
    """
    if not db.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,)).rowcount:
        raise unknown_conversation(conversation_id)
    if not purge:
        return
    rows = db.execute("SELECT id FROM responses WHERE conversation_id = ?", (conversation_id,))
    for (response_id,) in rows.fetchall():
        delete_response(db, response_id)
    rows = db.execute(
        "SELECT DISTINCT item_id FROM entries WHERE conversation_id = ?", (conversation_id,)
    )
    held = [item_id for (item_id,) in rows]
    db.execute("DELETE FROM entries WHERE conversation_id = ?", (conversation_id,))
    _drop_unused(db, held)


def list_conversations(db: sqlite3.Connection, page: Page) -> Listing:
    """Return a page of all conversations, by creation. Raises ApiError for unknown cursors."""
    newest_first = page.newest_first
    where, values = "1", []
    cursors = (("after", page.after, newest_first), ("before", page.before, not newest_first))
    for name, cursor, smaller in cursors:
        if cursor is None:
            continue
        row = db.execute("SELECT number FROM conversations WHERE id = ?", (cursor,)).fetchone()
        if row is None:
            raise not_found(f"No conversation found with id '{cursor[:128]}'.", name)
        where += f" AND number {'<' if smaller else '>'} ?"
        values.append(row[0])
    # A page before a cursor is the one that ends at it, so it is read backwards.
    backwards = page.before is not None and page.after is None
    order = "ASC" if newest_first == backwards else "DESC"
    rows = db.execute(
        f"SELECT id, created_at, metadata FROM conversations WHERE {where}"  # noqa: S608 own words
        f" ORDER BY number {order} LIMIT ?",
        (*values, page.limit + 1),
    ).fetchall()
    found = [_conversation(row) for row in rows[: page.limit]]
    return Listing(found[::-1] if backwards else found, len(rows) > page.limit)


# Items of conversations


def append_items(
    db: sqlite3.Connection, conversation_id: str, items: Sequence[Stored]
) -> list[Item]:
    """Append items and return them as stored; an id that exists links the item that has it.

    Raises ApiError (404) without the conversation, (400) if it already holds one of the items.
    """
    get_conversation(db, conversation_id)
    for stored in items:
        if holds(db, conversation_id, stored.id):
            raise invalid(
                f"Item already in conversation: '{stored.id}'.",
                "item_already_in_conversation",
                "items",
            )
    save_items(db, items)
    enter(db, conversation_id, items)
    return [known.item for known in load_items(db, [stored.id for stored in items])]


def holds(db: sqlite3.Connection, conversation_id: str, item_id: str) -> bool:
    """Tell whether a conversation holds an item."""
    query = "SELECT 1 FROM entries WHERE item_id = ? AND conversation_id = ? LIMIT 1"
    return db.execute(query, (item_id, conversation_id)).fetchone() is not None


def save_items(db: sqlite3.Connection, items: Iterable[Stored]) -> None:
    """Store items that are not stored yet; what is stored wins."""
    db.executemany(
        "INSERT OR IGNORE INTO items (id, body, tokens, requires) VALUES (?, ?, ?, ?)",
        ((s.id, dumps(s.item), s.tokens, s.requires) for s in items),
    )


def enter(db: sqlite3.Connection, conversation_id: str, items: Iterable[Stored]) -> None:
    """Put stored items at the end of a conversation."""
    entered = list(items)
    start = last_position(db, conversation_id) + 1
    db.execute(
        "UPDATE conversations SET last_position = last_position + ? WHERE id = ?",
        (len(entered), conversation_id),
    )
    db.executemany(
        "INSERT INTO entries (conversation_id, position, item_id, is_compaction)"
        " VALUES (?, ?, ?, ?)",
        (
            (conversation_id, position, stored.id, stored.item["type"] == "compaction")
            for position, stored in enumerate(entered, start)
        ),
    )


def last_position(db: sqlite3.Connection, conversation_id: str) -> int:
    """Return the last position an item of a conversation ever had, 0 before the first."""
    query = "SELECT last_position FROM conversations WHERE id = ?"
    row = db.execute(query, (conversation_id,)).fetchone()
    return row[0] if row else 0


def load_items(db: sqlite3.Connection, item_ids: Sequence[str]) -> list[Stored]:
    """Return stored items in the order of their ids; ids that are not stored are left out."""
    found: dict[str, Stored] = {}
    for start in range(0, len(item_ids), 500):
        chunk = item_ids[start : start + 500]
        marks = ",".join("?" * len(chunk))
        query = f"SELECT id, body, tokens, requires FROM items WHERE id IN ({marks})"  # noqa: S608
        for item_id, body, tokens, requires in db.execute(query, chunk):
            found[item_id] = Stored(json.loads(body), tokens, requires)
    return [found[item_id] for item_id in item_ids if item_id in found]


def list_items(db: sqlite3.Connection, conversation_id: str, page: Page) -> Listing:
    """Return a page of a conversation's items. Raises ApiError (404)."""
    get_conversation(db, conversation_id)
    sign, order, extreme = ("<", "DESC", "min") if page.newest_first else (">", "ASC", "max")
    where, values = "", [conversation_id]
    if page.after is not None:
        # An item listed twice counts where it is met last, so that paging always gets on.
        (position,) = db.execute(
            f"SELECT {extreme}(position) FROM entries WHERE item_id = ? AND conversation_id = ?",  # noqa: S608 own words
            (page.after, conversation_id),
        ).fetchone()
        if position is None:
            raise not_found(f"No item found with id '{page.after[:128]}'.", "after")
        where = f"AND position {sign} ?"
        values.append(position)
    rows = db.execute(
        f"SELECT body FROM entries JOIN items ON items.id = item_id"  # noqa: S608 own words
        f" WHERE conversation_id = ? {where} ORDER BY position {order} LIMIT ?",
        (*values, page.limit + 1),
    ).fetchall()
    data = [json.loads(body) for (body,) in rows[: page.limit]]
    return Listing(data, len(rows) > page.limit)


def get_item(db: sqlite3.Connection, conversation_id: str, item_id: str) -> Item:
    """Return one item of a conversation. Raises ApiError (404)."""
    get_conversation(db, conversation_id)
    if holds(db, conversation_id, item_id):
        return load_items(db, [item_id])[0].item
    raise not_found(
        f"Item with id '{item_id[:128]}' not found in conversation '{conversation_id[:128]}'."
    )


def delete_item(db: sqlite3.Connection, conversation_id: str, item_id: str) -> dict[str, Any]:
    """Take an item out of a conversation, which is returned. Raises ApiError (404)."""
    get_item(db, conversation_id, item_id)
    db.execute(
        "DELETE FROM entries WHERE item_id = ? AND conversation_id = ?", (item_id, conversation_id)
    )
    _drop_unused(db, [item_id])
    return get_conversation(db, conversation_id)


def _drop_unused(db: sqlite3.Connection, item_ids: Iterable[str]) -> None:
    db.executemany(
        "DELETE FROM items WHERE id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM entries WHERE item_id = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM response_items WHERE item_id = ?1)",
        ((item_id,) for item_id in item_ids),
    )


# Responses


def unknown_response(response_id: str) -> ApiError:
    """Return the error for a response that is not there."""
    return not_found(f"Response with id '{response_id[:128]}' not found.")


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A stored response: its JSON without output, and where its context came from."""

    id: str
    body: dict[str, Any]
    conversation_id: str | None
    read_up_to: int | None
    previous_response_id: str | None


def save_response(
    db: sqlite3.Connection, row: ResponseRow, given: Sequence[Stored], made: Sequence[Stored]
) -> None:
    """Store a response with the items it was given and those it made, or store it anew."""
    save_items(db, given)
    save_items(db, made)
    db.execute(
        "INSERT OR REPLACE INTO responses"
        " (id, conversation_id, read_up_to, previous_response_id, body) VALUES (?, ?, ?, ?, ?)",
        (
            row.id,
            row.conversation_id,
            row.read_up_to,
            row.previous_response_id,
            dumps(row.body),
        ),
    )
    db.executemany(
        "INSERT OR REPLACE INTO response_items (response_id, is_output, position, item_id)"
        " VALUES (?, ?, ?, ?)",
        (
            (row.id, is_output, position, stored.id)
            for is_output, items in ((0, given), (1, made))
            for position, stored in enumerate(items)
        ),
    )


def find_response(db: sqlite3.Connection, response_id: str) -> ResponseRow | None:
    """Return a stored response, or None."""
    row = db.execute(
        "SELECT body, conversation_id, read_up_to, previous_response_id FROM responses"
        " WHERE id = ?",
        (response_id,),
    ).fetchone()
    return ResponseRow(response_id, json.loads(row[0]), *row[1:]) if row else None


def update_response(db: sqlite3.Connection, response_id: str, body: dict[str, Any]) -> None:
    """Replace the JSON of a stored response; its items stay."""
    db.execute("UPDATE responses SET body = ? WHERE id = ?", (dumps(body), response_id))


def response_items(db: sqlite3.Connection, response_id: str, *, output: bool) -> list[Stored]:
    """Return the items a response was given, or those it made."""
    rows = db.execute(
        "SELECT body, tokens, requires FROM response_items JOIN items ON items.id = item_id"
        " WHERE response_id = ? AND is_output = ? ORDER BY position",
        (response_id, output),
    )
    return [Stored(json.loads(body), tokens, requires) for body, tokens, requires in rows]


def get_response(db: sqlite3.Connection, response_id: str) -> dict[str, Any]:
    """Return a response as the API shows it. Raises ApiError (404)."""
    row = find_response(db, response_id)
    if row is None:
        raise unknown_response(response_id)
    made = response_items(db, response_id, output=True)
    return {**row.body, "output": [stored.item for stored in made]}


def delete_response(db: sqlite3.Connection, response_id: str) -> None:
    """Delete a response, and the items nothing else refers to. Raises ApiError (404)."""
    if not db.execute("DELETE FROM responses WHERE id = ?", (response_id,)).rowcount:
        raise unknown_response(response_id)
    rows = db.execute("SELECT item_id FROM response_items WHERE response_id = ?", (response_id,))
    held = [item_id for (item_id,) in rows]
    db.execute("DELETE FROM event_logs WHERE response_id = ?", (response_id,))
    db.execute("DELETE FROM event_pieces WHERE response_id = ?", (response_id,))
    db.execute("DELETE FROM response_items WHERE response_id = ?", (response_id,))
    _drop_unused(db, held)


def stored(item: Item, requires: str | None = None) -> Stored:
    """Return an item ready to be stored."""
    return Stored(item, count_item(item), requires)
