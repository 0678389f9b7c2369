"""The list as a person goes through it: pages in an order, and what a typed query finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from chat_tui.library.database import Database, escaped
from chat_tui.library.index import BY_RESPONSE, HAS_ID, select
from chat_tui.library.rows import ConversationRow, Order, Page
from chat_tui.library.titles import BEST, Titles

_LISTED = "profile = ? AND listed = 1"
_IDS = 20
"""Most conversations found by the start of an id."""
_SHORTEST_ID = 3


@dataclass(frozen=True, slots=True)
class _Sorting:
    by: str
    before: str
    """What holds for rows before the one with a given key."""


_SORTINGS: dict[Order, _Sorting] = {
    "recent": _Sorting(
        "updated_at DESC, key DESC",
        "(updated_at, key) > (SELECT updated_at, key FROM conversations WHERE key = ?)",
    ),
    "created": _Sorting(
        "created_at DESC, key DESC",
        "(created_at, key) > (SELECT created_at, key FROM conversations WHERE key = ?)",
    ),
    "title": _Sorting(
        "title COLLATE NOCASE, key",
        "(title COLLATE NOCASE, key) < (SELECT title, key FROM conversations WHERE key = ?)",
    ),
}
_VERSION = "SELECT value FROM notes WHERE name = 'list.version'"
"""Counted up by the file itself whenever a title or its place in time changes, by any program."""


class Listing:
    """Reads the list of a profile. Empty conversations are not in it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._titles: tuple[str, str, Titles] | None = None
        """Profile, version and titles: used in the library's thread only."""
        self._searches = 0

    async def page(
        self,
        profile: str,
        order: Order,
        *,
        first: int,
        count: int,
        places: Sequence[int] = (),
        near: tuple[int, int] | None = None,
    ) -> Page:
        """Return ``count`` rows from position ``first`` on.

        With ``near``, a key and the position it had, the page moves as far as that row has moved.
        """
        sorting = _SORTINGS[order]

        def work(db: sqlite3.Connection) -> Page:
            total = db.execute(
                f"SELECT count(*) FROM conversations WHERE {_LISTED}",  # noqa: S608 - constants only
                (profile,),
            ).fetchone()[0]
            found = {key: _place(db, profile, sorting, key) for key in places}
            stand = {key: place for key, place in found.items() if place is not None}
            start = first
            if near is not None and near[0] in stand:
                start += stand[near[0]] - near[1]
            start = max(0, min(start, total - count))
            rows = select(
                db, f"{_LISTED} ORDER BY {sorting.by} LIMIT ? OFFSET ?", profile, count, start
            )
            return Page(tuple(rows), start, total, stand)

        return await self._db.read(work)

    async def containing(
        self, profile: str, text: str, *, limit: int, offset: int = 0
    ) -> list[ConversationRow]:
        """Return conversations, latest first, whose title or ids contain ``text`` as it stands."""
        pattern = f"%{escaped(text)}%"
        clause = (
            f"{_LISTED} AND (title LIKE ? ESCAPE '\\' OR conversation_id LIKE ? ESCAPE '\\' "
            "OR response_id LIKE ? ESCAPE '\\') ORDER BY updated_at DESC, key DESC LIMIT ? OFFSET ?"
        )
        return await self._db.read(
            lambda db: select(db, clause, profile, pattern, pattern, pattern, limit, offset)
        )

    async def search(self, profile: str, query: str) -> list[int] | None:
        """Return keys of what a typed query finds, best first; None when a newer one was asked.

        An id matches by its start, a title by its letters in order (see ``matching``).
        """
        self._searches += 1
        mine = self._searches

        def work(db: sqlite3.Connection) -> list[int] | None:
            if mine != self._searches:
                return None
            named = _by_id(db, profile, query)
            titled = self._read_titles(db, profile).best(query)
            return list(dict.fromkeys([*named, *titled]))[:BEST]

        return await self._db.read(work)

    async def prepare_search(self, profile: str) -> None:
        """Read the titles now, so that the first letter typed need not wait for it."""
        await self._db.read(lambda db: self._read_titles(db, profile))

    async def picked(self, keys: Sequence[int]) -> list[ConversationRow]:
        """Return the rows of ``keys`` in their order, without those that are gone."""

        def work(db: sqlite3.Connection) -> list[ConversationRow]:
            marks = ", ".join("?" * len(keys))
            found = {row.key: row for row in select(db, f"key IN ({marks})", *keys)}
            return [found[key] for key in keys if key in found]

        return await self._db.read(work) if keys else []

    def _read_titles(self, db: sqlite3.Connection, profile: str) -> Titles:
        version = str(db.execute(_VERSION).fetchone()[0])
        if self._titles is None or self._titles[:2] != (profile, version):
            by = _SORTINGS["recent"].by
            entries = db.execute(
                f"SELECT key, title FROM conversations WHERE {_LISTED} ORDER BY {by}",  # noqa: S608 - constants only
                (profile,),
            )
            self._titles = (profile, version, Titles(entries))
        return self._titles[2]


def _place(db: sqlite3.Connection, profile: str, sorting: _Sorting, key: int) -> int | None:
    listed = db.execute(
        f"SELECT 1 FROM conversations WHERE {_LISTED} AND key = ?",  # noqa: S608 - constants only
        (profile, key),
    ).fetchone()
    if listed is None:
        return None
    counted = db.execute(
        f"SELECT count(*) FROM conversations WHERE {_LISTED} AND {sorting.before}",  # noqa: S608 - constants only
        (profile, key),
    ).fetchone()
    return int(counted[0])


def _by_id(db: sqlite3.Connection, profile: str, query: str) -> list[int]:
    start = query.strip()
    if len(start) < _SHORTEST_ID or " " in start:
        return []
    keys: list[int] = []
    for prefix in (start, f"conv_{start}", f"resp_{start}"):
        span = (prefix, f"{prefix}\U0010ffff")
        for clause, values in (
            (f"{HAS_ID} AND conversation_id BETWEEN ? AND ?", span),
            (BY_RESPONSE.format("BETWEEN ? AND ?"), (*span, *span)),
        ):
            found = db.execute(
                f"SELECT key FROM conversations WHERE profile = ? AND {clause} LIMIT ?",  # noqa: S608 - constants only
                (profile, *values, _IDS),
            )
            keys += [key for (key,) in found]
    return keys
