"""The list as a person goes through it: pages in an order, and what a typed query finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from chat_tui.library.database import Database
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
    back: str
    before: str
    """What holds for rows before the one with a given key."""


_SORTINGS: dict[Order, _Sorting] = {
    "recent": _Sorting(
        "updated_at DESC, key DESC",
        "updated_at, key",
        "(updated_at, key) > (SELECT updated_at, key FROM conversations WHERE key = ?)",
    ),
    "created": _Sorting(
        "created_at DESC, key DESC",
        "created_at, key",
        "(created_at, key) > (SELECT created_at, key FROM conversations WHERE key = ?)",
    ),
    "title": _Sorting(
        "title COLLATE NOCASE, key",
        "title COLLATE NOCASE DESC, key DESC",
        "(title COLLATE NOCASE, key) < (SELECT title, key FROM conversations WHERE key = ?)",
    ),
}
_VERSION = "SELECT value FROM notes WHERE name = 'list.version'"
"""Counted up by the file itself whenever a title or its place in time changes, by any program."""


class Listing:
    """Reads the list of a profile. Empty conversations are passed over."""

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
        also: Sequence[int] = (),
    ) -> Page:
        """Return ``count`` rows from position ``first`` on.

        Empty conversations are passed over, but for those in ``also``, which stand at the top.
        With ``near``, a key and the position it had, the page moves as far as that row has moved.
        """
        sorting = _SORTINGS[order]

        def work(db: sqlite3.Connection) -> Page:
            fresh = _fresh(db, profile, also)
            shift = len(fresh)
            total = shift + _count(db, _LISTED, profile)
            stand = {row.key: place for place, row in enumerate(fresh) if row.key in places}
            for key in places:
                if key not in stand and _count(db, f"{_LISTED} AND key = ?", profile, key):
                    stand[key] = shift + _count(db, f"{_LISTED} AND {sorting.before}", profile, key)
            start = first
            if near is not None and near[0] in stand:
                start += stand[near[0]] - near[1]
            start = max(0, min(start, total - count))
            top = fresh[start : start + count]
            low = max(0, start - shift)
            span = range(low, low + count - len(top))
            rows = _run(db, profile, sorting, span, total - shift)
            return Page((*top, *rows), start, total, stand)

        return await self._db.read(work)

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


def _fresh(db: sqlite3.Connection, profile: str, keys: Sequence[int]) -> list[ConversationRow]:
    if not keys:
        return []
    marks = ", ".join("?" * len(keys))
    clause = f"key IN ({marks}) AND profile = ? AND listed = 0 ORDER BY key DESC"
    return select(db, clause, *keys, profile)


def _run(
    db: sqlite3.Connection, profile: str, sorting: _Sorting, span: range, total: int
) -> list[ConversationRow]:
    """Read rows from the nearer end: SQLite steps over all that come before them."""
    behind = total - span.stop
    if behind < 0 or span.start <= behind:
        clause = f"{_LISTED} ORDER BY {sorting.by} LIMIT ? OFFSET ?"
        return select(db, clause, profile, len(span), span.start)
    clause = f"{_LISTED} ORDER BY {sorting.back} LIMIT ? OFFSET ?"
    return select(db, clause, profile, len(span), behind)[::-1]


def _count(db: sqlite3.Connection, clause: str, *values: object) -> int:
    query = f"SELECT count(*) FROM conversations WHERE {clause}"  # noqa: S608 - constants only
    return int(db.execute(query, values).fetchone()[0])


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
                f"SELECT key FROM conversations WHERE {clause} LIMIT ?",  # noqa: S608 - constants only
                (profile, *values, _IDS),
            )
            keys += [key for (key,) in found]
    return keys
