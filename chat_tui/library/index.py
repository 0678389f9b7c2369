"""The index of known conversations: no API can list them, so this list is what a person resumes.

How the list is sorted and read in pages is in ``listing``.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from chat_tui.library.database import Database, checkpoint, escaped, gone
from chat_tui.library.rows import ConversationRow

_COLUMNS = (
    "profile, conversation_id, response_id, title, named, created_at, updated_at, model, "
    "chaining, store, compaction, instructions, metadata, usage, complete"
)
_SELECT = (
    f"SELECT key, {_COLUMNS}, "  # noqa: S608 - constants only
    "EXISTS (SELECT 1 FROM journal WHERE journal.conversation = key), "
    "EXISTS (SELECT 1 FROM queue WHERE queue.conversation = key) FROM conversations"
)
HAS_ID = "profile = ? AND conversation_id != ''"
BY_RESPONSE = (
    "+profile = ? AND key IN (SELECT key FROM conversations "
    "WHERE response_id != '' AND response_id {0} "
    "UNION SELECT conversation FROM responses WHERE response_id {0})"
)
"""Said so that the indexes serve it: a plus keeps SQLite from looking the profile up."""
_CHANGEABLE = frozenset(_COLUMNS.replace(" ", "").split(",")) - {"profile"}


class Index:
    """Rows of the conversation list."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, row: ConversationRow) -> ConversationRow:
        """Add a conversation and return it with its key and times; ``row.key`` is ignored."""
        return await self._db.write(lambda db: create_row(db, row))

    async def change(self, key: int, *, touch: bool = False, **changes: Any) -> ConversationRow:
        """Set columns of a conversation; ``touch`` moves it to the top. Returns the new row."""
        return await self._db.write(lambda db: change_row(db, key, touch=touch, **changes))

    async def row(self, key: int) -> ConversationRow | None:
        """Return a conversation by key."""
        return await self._db.read(lambda db: _maybe(db, "key = ?", key))

    async def rows(
        self,
        profile: str,
        *,
        query: str = "",
        limit: int = 200,
        offset: int = 0,
        also: Iterable[int] = (),
    ) -> list[ConversationRow]:
        """Return conversations, latest first, whose title or ids contain ``query``.

        Empty ones are passed over, but for the keys in ``also``.
        """
        pattern = f"%{escaped(query)}%"
        keys = list(also)
        clause = (
            f"profile = ? AND (key IN ({_marks(keys)}) OR listed = 1) "
            "AND (title LIKE ? ESCAPE '\\' OR conversation_id LIKE ? ESCAPE '\\' "
            "OR response_id LIKE ? ESCAPE '\\') ORDER BY updated_at DESC, key DESC LIMIT ? OFFSET ?"
        )
        values = (profile, *keys, pattern, pattern, pattern, limit, offset)
        return await self._db.read(lambda db: select(db, clause, *values))

    async def last(self, profile: str) -> ConversationRow | None:
        """Return the conversation that changed last, empty ones passed over."""
        clause = "profile = ? AND listed = 1 ORDER BY updated_at DESC, key DESC LIMIT 1"
        return await self._db.read(lambda db: _maybe(db, clause, profile))

    async def find(self, profile: str, target: str) -> list[ConversationRow]:
        """Return what ``target`` names: a full id, else an exact title, else a prefix of an id.

        More than one row means the target is ambiguous. Nothing is named by an empty one.
        """
        if not target:
            return []

        def work(db: sqlite3.Connection) -> list[ConversationRow]:
            prefix = (target, f"{target}\U0010ffff")
            attempts: list[tuple[str, tuple[str, ...]]] = [
                (f"{HAS_ID} AND conversation_id = ?", (target,)),
                (BY_RESPONSE.format("= ?"), (target, target)),
                ("profile = ? AND listed = 1 AND title = ? COLLATE NOCASE", (target,)),
                (f"{HAS_ID} AND conversation_id BETWEEN ? AND ?", prefix),
                (BY_RESPONSE.format("BETWEEN ? AND ?"), (*prefix, *prefix)),
            ]
            for clause, values in attempts:
                if found := select(db, f"{clause} LIMIT 10", profile, *values):
                    return found
            return []

        return await self._db.read(work)

    async def shared_responses(self, key: int) -> set[str]:
        """Return the responses of a conversation that another one of its profile knows too."""
        return await self._db.read(
            lambda db: {
                row[0]
                for row in db.execute(
                    "SELECT mine.response_id FROM responses AS mine "
                    "JOIN responses AS theirs USING (response_id) "
                    "JOIN conversations ON conversations.key = theirs.conversation "
                    "WHERE mine.conversation = ? AND theirs.conversation != ? AND profile = "
                    "(SELECT profile FROM conversations WHERE key = ?)",
                    (key, key, key),
                )
            }
        )

    async def forget(self, key: int) -> None:
        """Remove a conversation and all that is cached of it, bytes included."""
        await self._db.write(
            lambda db: db.execute("DELETE FROM conversations WHERE key = ?", (key,))
        )
        await self._db.read(checkpoint)

    async def prune_empty(self, keys: Iterable[int]) -> None:
        """Remove those of ``keys`` that never came to be: no anchor, items, draft, title or turn.

        Only the program that made an empty conversation may remove it: another one that shares
        the library may be about to write in its own.
        """
        named = list(keys)
        await self._db.write(
            lambda db: db.execute(
                f"DELETE FROM conversations WHERE key IN ({_marks(named)}) AND listed = 0",  # noqa: S608 - constants only
                named,
            )
        )


def create_row(db: sqlite3.Connection, row: ConversationRow) -> ConversationRow:
    """Add a conversation within a transaction; ``row.key`` is ignored."""
    now = time.time()
    values = _values(
        {
            **asdict(row),
            "created_at": row.created_at or now,
            "updated_at": row.updated_at or now,
        }
    )
    names = _COLUMNS.replace(" ", "").split(",")
    cursor = db.execute(
        f"INSERT INTO conversations ({_COLUMNS}) VALUES ({_marks(names)})",  # noqa: S608 - constants only
        [values[name] for name in names],
    )
    return _one(db, "key = ?", cursor.lastrowid)


def change_row(
    db: sqlite3.Connection, key: int, *, touch: bool = False, **changes: Any
) -> ConversationRow:
    """Set columns of a conversation within a transaction; ``touch`` moves it to the top."""
    if not changes.keys() <= _CHANGEABLE:
        raise ValueError(f"not columns: {changes.keys() - _CHANGEABLE}")
    if touch:
        changes["updated_at"] = time.time()
    if changes:
        sets = ", ".join(f"{name} = ?" for name in changes)
        db.execute(
            f"UPDATE conversations SET {sets} WHERE key = ?",  # noqa: S608 - names checked
            [*_values(changes).values(), key],
        )
    return _one(db, "key = ?", key)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _values(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(value) if isinstance(value, Mapping) else value
        for name, value in columns.items()
    }


def _row(values: Sequence[Any]) -> ConversationRow:
    (
        key,
        profile,
        conversation_id,
        response_id,
        title,
        named,
        created_at,
        updated_at,
        model,
        chaining,
        store,
        compaction,
        instructions,
        metadata,
        usage,
        complete,
        pending,
        queued,
    ) = values
    return ConversationRow(
        key,
        profile,
        conversation_id,
        response_id,
        title,
        bool(named),
        created_at,
        updated_at,
        model,
        chaining,
        bool(store),
        compaction,
        instructions,
        json.loads(metadata),
        json.loads(usage),
        bool(complete),
        bool(pending),
        bool(queued),
    )


def select(db: sqlite3.Connection, clause: str, *values: Any) -> list[ConversationRow]:
    """Return the rows for which a WHERE clause, with what may follow it, holds."""
    return [_row(found) for found in db.execute(f"{_SELECT} WHERE {clause}", values)]


def _maybe(db: sqlite3.Connection, clause: str, *values: Any) -> ConversationRow | None:
    found = select(db, clause, *values)
    return found[0] if found else None


def _one(db: sqlite3.Connection, clause: str, *values: Any) -> ConversationRow:
    found = _maybe(db, clause, *values)
    if found is None:
        raise gone()
    return found
