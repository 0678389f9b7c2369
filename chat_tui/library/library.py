"""The library: the client's memory of conversations in one SQLite file."""

from __future__ import annotations

from pathlib import Path

from chat_tui.library.cache import Cache
from chat_tui.library.database import Database
from chat_tui.library.index import Index
from chat_tui.library.journal import Journal
from chat_tui.library.listing import Listing


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
        self.journal = Journal(self._db)

    def open(self) -> None:
        """Open or create the file, readable by this user only; raises LibraryError."""
        self._db.open()

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        await self._db.close()

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
