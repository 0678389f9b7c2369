"""The library: the client's memory of conversations in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chat_tui.items import Record
from chat_tui.library import cache, journal
from chat_tui.library.cache import Cache
from chat_tui.library.counts import Counts
from chat_tui.library.database import Database
from chat_tui.library.index import Index, change_row
from chat_tui.library.journal import Journal
from chat_tui.library.listing import Listing
from chat_tui.library.pins import Pins
from chat_tui.library.purges import Purges
from chat_tui.library.queue import QueueTable
from chat_tui.library.rows import ConversationRow


class Library:
    """Create it, ``open`` it (blocks for some milliseconds), ``close`` it.

    Every method of its parts raises LibraryError when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = Database(path)
        self.index = Index(self._db)
        self.listing = Listing(self._db)
        self.items = Cache(self._db)
        self.counts = Counts(self._db)
        self.journal = Journal(self._db)
        self.queue = QueueTable(self._db)
        self.pins = Pins(self._db)
        self.purges = Purges(self._db)

    def open(self) -> None:
        """Open or create the file, readable by this user only; raises LibraryError."""
        self._db.open()

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        await self._db.close()

    async def note_conversation(
        self, key: int, records: Sequence[Record] | None, rank: int, **changes: Any
    ) -> ConversationRow:
        """Write down that the server made a conversation, and the records it was made from.

        ``records``, unless None, replace what is cached from ``rank`` on; ``changes`` are columns
        of the index. Returns the row.
        """

        def work(db: sqlite3.Connection) -> ConversationRow:
            if records is not None:
                cache.replace_from(db, key, rank, records)
            return change_row(db, key, **changes)

        return await self._db.write(work)

    async def end_turn(
        self,
        key: int,
        records: Sequence[Record],
        *,
        replaces_from: int | None,
        stored: str,
        **changes: Any,
    ) -> ConversationRow:
        """Write down how a turn ended, all of it or nothing: its outcome is known from here on.

        ``records`` follow what is cached, or replace it from a rank on; ``stored`` is the id of the
        response the server keeps, if any; ``changes`` are columns of the index. Returns the row.
        """

        def work(db: sqlite3.Connection) -> ConversationRow:
            if replaces_from is None:
                cache.append(db, key, records)
            else:
                cache.replace_from(db, key, replaces_from, records)
            if stored:
                cache.note_response(db, key, stored)
            journal.clear(db, key)
            return change_row(db, key, touch=True, **changes)

        return await self._db.write(work)

    async def note(self, name: str) -> str:
        """Return a remembered fact, or an empty string."""
        found = await self._db.read(
            lambda db: db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        )
        return str(found[0]) if found else ""

    async def set_note(self, name: str, value: str) -> None:
        """Remember a fact."""
        await self._db.write(
            lambda db: db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))
        )
