"""The item cache: what the server holds, so that a conversation opens at once. Can be rebuilt.

Off-the-record text never comes here: records at Place.PRIVATE or PENDING are passed over by every
method that writes, whatever the caller does.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence

from chat_tui.items import Place, Record
from chat_tui.library.database import Database, escaped
from chat_tui.library.rows import Ranked, Window

KEPT_PLACES = (Place.CONVERSATION, Place.CHAIN, Place.STOPPED)
"""Places whose records may be on this machine's disk."""
_FIRST_RANK = 0
SPAN = 500
"""Ranks looked through at a time by a search."""


class Cache:
    """Cached records of conversations, each at a rank; ranks rise with time and may be negative."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def window(self, key: int, *, before: int | None = None, limit: int = 200) -> Window:
        """Return the newest cached records, or those just before rank ``before``."""

        def work(db: sqlite3.Connection) -> Window:
            bound = 2**62 if before is None else before
            found = db.execute(
                "SELECT rank, raw, place, at, response_id, model FROM items "
                "WHERE conversation = ? AND rank < ? ORDER BY rank DESC LIMIT ?",
                (key, bound, limit + 1),
            ).fetchall()
            reaches_start = len(found) <= limit
            found = found[:limit][::-1]
            records = tuple(_record(*row) for _, *row in found)
            first = _FIRST_RANK if before is None else before
            return Window(records, found[0][0] if found else first, reaches_start)

        return await self._db.read(work)

    async def search(
        self, key: int, fragment: str, *, before: int, span: int = SPAN
    ) -> tuple[tuple[Ranked, ...], int | None]:
        """Return cached records below rank ``before`` whose JSON contains ``fragment``.

        Newest first, out of one stretch of at most ``span`` ranks, so that other work waits
        little; also where to go on, None at the start. ASCII letters match in either case; what
        stands in the JSON is escaped beyond ASCII.
        """
        pattern = f"%{escaped(fragment)}%"

        def work(db: sqlite3.Connection) -> tuple[tuple[Ranked, ...], int | None]:
            last = db.execute(
                "SELECT max(rank) FROM items WHERE conversation = ? AND rank < ?", (key, before)
            ).fetchone()[0]
            if last is None:
                return (), None
            start = int(last) - span + 1
            found = db.execute(
                "SELECT rank, raw, place, at, response_id, model FROM items "
                "WHERE conversation = ? AND rank BETWEEN ? AND ? AND raw LIKE ? ESCAPE '\\' "
                "ORDER BY rank DESC",
                (key, start, last, pattern),
            )
            return tuple(Ranked(rank, _record(*row)) for rank, *row in found), start

        return await self._db.read(work)

    async def append(self, key: int, records: Iterable[Record]) -> None:
        """Add records after the newest one."""
        await self._db.write(lambda db: append(db, key, records))

    async def prepend(self, key: int, records: Sequence[Record], *, complete: bool) -> int:
        """Add records before the oldest one; returns the rank of the first."""

        def work(db: sqlite3.Connection) -> int:
            first = db.execute(
                "SELECT min(rank) FROM items WHERE conversation = ?", (key,)
            ).fetchone()[0]
            kept = _kept(records)
            start = (_FIRST_RANK if first is None else first) - len(kept)
            _insert(db, key, start, kept)
            db.execute("UPDATE conversations SET complete = ? WHERE key = ?", (int(complete), key))
            return start

        return await self._db.write(work)

    async def replace_from(
        self, key: int, rank: int, records: Sequence[Record], *, complete: bool | None = None
    ) -> None:
        """Put ``records`` in place of everything cached from ``rank`` on.

        ``complete`` given: the older records go too, and it says whether these are all there are.
        """
        await self._db.write(lambda db: replace_from(db, key, rank, records, complete=complete))

    async def all_ids(self, key: int) -> list[str]:
        """Return the ids of the cached items of the server's conversation, oldest first."""
        return await self._db.read(
            lambda db: [
                row[0]
                for row in db.execute(
                    "SELECT json_extract(raw, '$.id') FROM items "
                    "WHERE conversation = ? AND place = ? ORDER BY rank",
                    (key, Place.CONVERSATION),
                )
                if isinstance(row[0], str)
            ]
        )

    async def note_response(self, key: int, response_id: str) -> None:
        """Remember that a stored response belongs to a conversation."""
        await self._db.write(lambda db: note_response(db, key, response_id))

    async def responses(self, key: int) -> list[str]:
        """Return the known responses of a conversation, oldest first."""
        return await self._db.read(
            lambda db: [
                row[0]
                for row in db.execute(
                    "SELECT response_id FROM responses WHERE conversation = ? ORDER BY at", (key,)
                )
            ]
        )


def _record(raw: str, place: str, at: float | None, response_id: str, model: str) -> Record:
    return Record(raw, Place(place), at, sys.intern(response_id), sys.intern(model))


def append(db: sqlite3.Connection, key: int, records: Iterable[Record]) -> None:
    """Add records after the newest one, within a transaction."""
    _insert(db, key, _next_rank(db, key), _kept(records))


def replace_from(
    db: sqlite3.Connection,
    key: int,
    rank: int,
    records: Iterable[Record],
    *,
    complete: bool | None = None,
) -> None:
    """Put records in place of those from ``rank`` on, within a transaction."""
    if complete is not None:
        db.execute("DELETE FROM items WHERE conversation = ?", (key,))
        db.execute("UPDATE conversations SET complete = ? WHERE key = ?", (int(complete), key))
    else:
        db.execute("DELETE FROM items WHERE conversation = ? AND rank >= ?", (key, rank))
    _insert(db, key, rank, _kept(records))


def note_response(db: sqlite3.Connection, key: int, response_id: str) -> None:
    """Remember that a stored response belongs to a conversation, within a transaction."""
    db.execute("INSERT OR IGNORE INTO responses VALUES (?, ?, ?)", (response_id, key, time.time()))


def _kept(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.place in KEPT_PLACES]


def _insert(db: sqlite3.Connection, key: int, start: int, records: Sequence[Record]) -> None:
    db.executemany(
        "INSERT INTO items (conversation, rank, place, at, response_id, model, raw) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (key, rank, r.place, r.at, r.response_id, r.model, r.json)
            for rank, r in enumerate(records, start)
        ),
    )


def _next_rank(db: sqlite3.Connection, key: int) -> int:
    last = db.execute("SELECT max(rank) FROM items WHERE conversation = ?", (key,)).fetchone()[0]
    return _FIRST_RANK if last is None else int(last) + 1
