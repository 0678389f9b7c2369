"""Drafts and the turn journal: what a person typed is on disk before anything can go wrong."""

from __future__ import annotations

import sqlite3

from chat_tui.library.database import Database, checkpoint
from chat_tui.library.queue import take
from chat_tui.library.rows import PendingTurn


class Journal:
    """Unsent text and sent turns without a known outcome, one of each a conversation."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def draft(self, key: int) -> str:
        """Return the unsent text of a conversation."""
        found = await self._db.read(
            lambda db: db.execute(
                "SELECT text FROM drafts WHERE conversation = ?", (key,)
            ).fetchone()
        )
        return str(found[0]) if found else ""

    async def save_draft(self, key: int, text: str) -> None:
        """Remember unsent text; an empty one is forgotten, bytes included."""

        def work(db: sqlite3.Connection) -> int:
            if text:
                db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?)", (key, text))
                return 0
            return db.execute("DELETE FROM drafts WHERE conversation = ?", (key,)).rowcount

        if await self._db.write(work):
            await self._db.read(checkpoint)

    async def write(self, turn: PendingTurn, *, queued: int = 0) -> None:
        """Write a turn down before it is sent, and drop the draft it came from.

        With ``queued``, the number of a waiting message, it came from the queue instead. Raises
        TakenElsewhereError when the message is not there any more.
        """

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO journal "
                "(conversation, text, response_id, after_item, at, owner) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (turn.key, turn.text, turn.response_id, turn.after_item, turn.at, turn.owner),
            )
            if queued:
                take(db, queued)
            else:
                db.execute("DELETE FROM drafts WHERE conversation = ?", (turn.key,))

        await self._db.write(work)

    async def note_response(self, key: int, response_id: str) -> None:
        """Note which response answers the pending turn."""
        await self._db.write(
            lambda db: db.execute(
                "UPDATE journal SET response_id = ? WHERE conversation = ?", (response_id, key)
            )
        )

    async def pending(self, key: int) -> PendingTurn | None:
        """Return the turn of a conversation whose outcome is not known."""
        found = await self._db.read(
            lambda db: db.execute(
                "SELECT conversation, text, response_id, after_item, at, owner FROM journal "
                "WHERE conversation = ?",
                (key,),
            ).fetchone()
        )
        return PendingTurn(*found) if found else None

    async def release(self, key: int) -> None:
        """Note that no program runs the pending turn any more: any may resend it."""
        await self._db.write(
            lambda db: db.execute("UPDATE journal SET owner = 0 WHERE conversation = ?", (key,))
        )

    async def clear(self, key: int) -> None:
        """Forget the pending turn: its outcome is known."""
        await self._db.write(lambda db: clear(db, key))


def clear(db: sqlite3.Connection, key: int) -> None:
    """Forget the pending turn, within a transaction."""
    db.execute("DELETE FROM journal WHERE conversation = ?", (key,))
