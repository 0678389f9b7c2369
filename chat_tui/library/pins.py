"""Notes that a person pinned to single items; the API has no place for them (api D.10)."""

from __future__ import annotations

import sqlite3

from chat_tui.library.database import Database, checkpoint


class Pins:
    """Notes by conversation and item id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def read(self, key: int) -> dict[str, str]:
        """Return the notes of a conversation by item id."""
        return await self._db.read(
            lambda db: dict(
                db.execute("SELECT item_id, text FROM pins WHERE conversation = ?", (key,))
            )
        )

    async def write(self, key: int, item_id: str, text: str) -> None:
        """Pin a note to an item, in place of the one there; an empty one is removed."""

        def work(db: sqlite3.Connection) -> int:
            if text:
                db.execute("INSERT OR REPLACE INTO pins VALUES (?, ?, ?)", (key, item_id, text))
                return 0
            gone = db.execute(
                "DELETE FROM pins WHERE conversation = ? AND item_id = ?", (key, item_id)
            )
            return gone.rowcount

        if await self._db.write(work):
            await self._db.read(checkpoint)
