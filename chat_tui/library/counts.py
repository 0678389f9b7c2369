"""Counting: what conversations are made of, out of the cached items. Memory stays constant.

Items are read by SQLite only, some conversations at a time, so that other work waits little.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from chat_tui.library.database import Database

_SPAN = 100
"""Conversations counted in one go."""
_SAFE = "CASE WHEN json_valid(raw) THEN raw ELSE '{}' END"
_TYPE = f"coalesce(json_extract({_SAFE}, '$.type'), 'message')"
_ROLE = f"coalesce(json_extract({_SAFE}, '$.role'), '')"
_NAME = f"coalesce(json_extract({_SAFE}, '$.name'), '')"
_SQL = (
    f"SELECT {_TYPE}, {_ROLE}, "  # noqa: S608 - constants only
    f"CASE WHEN {_TYPE} IN ('function_call', 'custom_tool_call', 'mcp_call') "
    f"THEN {_NAME} ELSE '' END, items.model, "
    "coalesce(strftime('{period}', at, 'unixepoch', 'localtime'), ''), count(*), "
    "sum(length(raw)) FROM items JOIN conversations ON key = conversation "
    "WHERE conversation BETWEEN ? AND ? AND (?3 = '' OR profile = ?3) GROUP BY 1, 2, 3, 4, 5"
)
_PERIODS = {"day": "%Y-%m-%d", "month": "%Y-%m"}


@dataclass(slots=True)
class Statistics:
    """What was counted."""

    conversations: int = 0
    incomplete: int = 0
    """Conversations of which older items are on the server only, and so not counted."""
    items: int = 0
    characters: int = 0
    """Of the items' JSON."""
    context_tokens: int = 0
    """What the last answers said their contexts held, summed."""
    with_usage: int = 0
    """Conversations whose last answer said so."""
    types: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    """Messages by who said them."""
    tools: Counter[str] = field(default_factory=Counter)
    """Calls by the name of the tool."""
    models: Counter[str] = field(default_factory=Counter)
    """Items by the model that made them, where known."""
    turns: Counter[str] = field(default_factory=Counter)
    """Messages of the user by day or month; an empty name where the time is not known."""


class Counts:
    """Statistics of one conversation or of many."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def conversation(self, key: int) -> Statistics:
        """Count one conversation, its turns by day."""
        found = Statistics()
        await self._count(found, key, key, "", "day")
        return found

    async def library(self, profile: str = "") -> Statistics:
        """Count every conversation of a profile, or of all; turns by month."""
        found = Statistics()
        start = 0
        while True:
            last = await self._db.read(partial(_end_of_span, start=start))
            if last is None:
                return found
            await self._count(found, start, last, profile, "month")
            start = last + 1

    async def _count(
        self, found: Statistics, first: int, last: int, profile: str, period: str
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            _count_rows(db, found, first, last, profile)
            sql = _SQL.replace("{period}", _PERIODS[period])
            for row in db.execute(sql, (first, last, profile)):
                _add(found, row)

        await self._db.read(work)


def _end_of_span(db: sqlite3.Connection, start: int) -> int | None:
    found = db.execute(
        "SELECT max(key) FROM (SELECT key FROM conversations WHERE key >= ? ORDER BY key LIMIT ?)",
        (start, _SPAN),
    ).fetchone()[0]
    return None if found is None else int(found)


def _count_rows(
    db: sqlite3.Connection, found: Statistics, first: int, last: int, profile: str
) -> None:
    known = "json_extract(usage, '$.total_tokens')"
    conversations, incomplete, tokens, with_usage = db.execute(
        "SELECT count(*), coalesce(sum(NOT complete), 0), "  # noqa: S608 - constants only
        f"coalesce(sum({known}), 0), count({known}) FROM conversations "
        "WHERE key BETWEEN ? AND ? AND listed AND (?3 = '' OR profile = ?3)",
        (first, last, profile),
    ).fetchone()
    found.conversations += conversations
    found.incomplete += incomplete
    found.context_tokens += int(tokens)
    found.with_usage += with_usage


def _add(found: Statistics, row: tuple[str, str, str, str, str, int, int]) -> None:
    kind, role, tool, model, period, count, characters = row
    found.items += count
    found.characters += characters
    found.types[str(kind)] += count
    if kind == "message":
        found.roles[str(role)] += count
        if role == "user":
            found.turns[period] += count
    if tool:
        found.tools[str(tool)] += count
    if model:
        found.models[model] += count
