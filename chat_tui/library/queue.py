"""Waiting messages on disk, so that a crash loses none; off the record none is here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from chat_tui.library.database import Database, LibraryError, checkpoint


class TakenElsewhereError(LibraryError):
    """Another program has sent or removed a message of the queue."""


class QueueTable:
    """The waiting messages of each conversation by number; numbers grow with time."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, key: int, number: int, text: str) -> None:
        """Write a message down, and drop the draft it came from."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO queue VALUES (?, ?, ?)", (number, key, text))
            db.execute("DELETE FROM drafts WHERE conversation = ?", (key,))

        await self._db.write(work)

    async def read(self, key: int) -> list[tuple[int, str]]:
        """Return numbers and texts in the order they are to be sent."""
        return await self._db.read(
            lambda db: db.execute(
                "SELECT id, text FROM queue WHERE conversation = ? ORDER BY id", (key,)
            ).fetchall()
        )

    async def remove(self, numbers: Sequence[int]) -> None:
        """Forget messages, bytes included."""
        await self._db.write(
            lambda db: db.executemany("DELETE FROM queue WHERE id = ?", [(n,) for n in numbers])
        )
        await self._db.read(checkpoint)

    async def restore(self, key: int, number: int, text: str) -> None:
        """Put a message back where it was: its turn could not start."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO queue VALUES (?, ?, ?)", (number, key, text))
            db.execute("DELETE FROM journal WHERE conversation = ?", (key,))

        await self._db.write(work)


def take(db: sqlite3.Connection, number: int) -> None:
    """Remove a message within the transaction that begins its turn. Raises TakenElsewhereError."""
    if not db.execute("DELETE FROM queue WHERE id = ?", (number,)).rowcount:
        raise TakenElsewhereError("Another program has sent or removed that message.")
