"""The journal of purges: what must go from a server, so that a crash ends none half-way.

It holds ids only, no content. A purge that ended stays as its receipt.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chat_tui.library.database import Database, checkpoint
from chat_tui.library.index import create_row
from chat_tui.library.rows import ConversationRow, lives

_SELECT = "SELECT id, profile, conversation, conversation_id, owner, begun_at, ended_at FROM purges"


class StepKind(StrEnum):
    """What one step deletes."""

    ITEM = "item"
    CONVERSATION = "conversation"
    RESPONSE = "response"


class Gone(StrEnum):
    """What is known of a step."""

    WAITS = ""
    YES = "gone"
    NO = "not gone"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to delete."""

    kind: StepKind
    id: str
    state: Gone = Gone.WAITS
    reason: str = ""
    """Why it is not gone, one sentence."""


@dataclass(frozen=True, slots=True)
class Purge:
    """A purge, under way or ended. Times are Unix seconds."""

    id: int
    profile: str
    key: int
    """The conversation's number in the library; 0 where only the server's side goes."""
    conversation_id: str
    owner: int
    """The process that began it."""
    begun_at: float
    ended_at: float | None
    """None while something waits to be deleted."""
    steps: tuple[Step, ...]

    @property
    def elsewhere(self) -> bool:
        """Whether another program that is alive is at it."""
        return lives(self.owner)

    def of(self, *states: Gone) -> tuple[Step, ...]:
        """Return the steps in any of these states."""
        return tuple(step for step in self.steps if step.state in states)


class Purges:
    """Purges by number."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(
        self, profile: str, conversation_id: str, steps: Iterable[Step], *, owner: int, key: int = 0
    ) -> Purge:
        """Write down what has to go, before any of it does."""
        wanted = tuple(steps)

        def work(db: sqlite3.Connection) -> Purge:
            begun = time.time()
            cursor = db.execute(
                "INSERT INTO purges (profile, conversation, conversation_id, owner, begun_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (profile, key, conversation_id, owner, begun),
            )
            number = cursor.lastrowid or 0
            _write(db, number, wanted)
            return Purge(number, profile, key, conversation_id, owner, begun, None, wanted)

        return await self._db.write(work)

    async def take(self, purge: Purge, owner: int) -> bool:
        """Take over a purge whose program is gone; False when another was faster."""

        def work(db: sqlite3.Connection) -> bool:
            taken = db.execute(
                "UPDATE purges SET owner = ? WHERE id = ? AND owner = ? AND ended_at IS NULL",
                (owner, purge.id, purge.owner),
            )
            return bool(taken.rowcount)

        return await self._db.write(work)

    async def release(self, number: int) -> None:
        """Note that no program is at a purge any more: any may take it over."""
        await self._db.write(
            lambda db: db.execute("UPDATE purges SET owner = 0 WHERE id = ?", (number,))
        )

    async def note(self, number: int, steps: Sequence[Step]) -> None:
        """Note new steps, or what became of some."""
        await self._db.write(lambda db: _write(db, number, steps))

    async def end(self, number: int, *, forget: int = 0) -> None:
        """Note that nothing waits any more; with ``forget`` the local copy goes with it."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("UPDATE purges SET ended_at = ? WHERE id = ?", (time.time(), number))
            if forget:
                db.execute("DELETE FROM conversations WHERE key = ?", (forget,))

        await self._db.write(work)
        await self._db.read(checkpoint)

    async def keep(self, number: int, row: ConversationRow, identifier: str) -> ConversationRow:
        """Enter a conversation in the list in place of the purge of what it might have become."""

        def work(db: sqlite3.Connection) -> ConversationRow:
            db.execute("DELETE FROM purges WHERE id = ?", (number,))
            return create_row(db, replace(row, conversation_id=identifier))

        return await self._db.write(work)

    async def drop(self, number: int) -> None:
        """Forget a purge that is not to happen."""
        await self._db.write(lambda db: db.execute("DELETE FROM purges WHERE id = ?", (number,)))

    async def read(self, number: int) -> Purge | None:
        """Return one purge with its steps."""
        found = await self._db.read(lambda db: _select(db, "id = ?", number))
        return found[0] if found else None

    async def waiting(self) -> list[Purge]:
        """Return the purges that did not end, oldest first, those of living programs too."""
        return await self._db.read(lambda db: _select(db, "ended_at IS NULL"))

    async def ended(self) -> list[Purge]:
        """Return the purges of conversations that ended, oldest first: their receipts."""
        return await self._db.read(lambda db: _select(db, "ended_at IS NOT NULL"))


def _write(db: sqlite3.Connection, number: int, steps: Iterable[Step]) -> None:
    db.executemany(
        "INSERT OR REPLACE INTO purge_steps VALUES (?, ?, ?, ?, ?)",
        ((number, step.kind, step.id, step.state, step.reason) for step in steps),
    )


def _select(db: sqlite3.Connection, clause: str, *values: int) -> list[Purge]:
    rows = db.execute(f"{_SELECT} WHERE {clause} ORDER BY id", values).fetchall()
    return [
        Purge(number, profile, key, identifier, owner, begun, ended, _steps(db, number))
        for number, profile, key, identifier, owner, begun, ended in rows
    ]


def _steps(db: sqlite3.Connection, number: int) -> tuple[Step, ...]:
    found = db.execute(
        "SELECT kind, id, state, reason FROM purge_steps WHERE purge = ?", (number,)
    ).fetchall()
    return tuple(
        Step(StepKind(kind), name, Gone(state), reason) for kind, name, state, reason in found
    )
