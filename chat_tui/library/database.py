"""One SQLite file and the one thread that touches it; nothing here knows what is stored."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from chat_tui.errors import ChatTuiError
from chat_tui.library.schema import NewerSchema, migrate

T = TypeVar("T")


class LibraryError(ChatTuiError):
    """The library's file cannot be used."""


class Database:
    """A SQLite file, its worker thread and its transactions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="library")
        self._db: sqlite3.Connection | None = None
        self._closed = False

    def open(self) -> None:
        """Open or create the file, readable by this user only, and bring it up to date.

        Blocks for some milliseconds. Raises LibraryError.
        """
        self._executor.submit(self._open).result()

    def _open(self) -> None:
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            os.close(handle)
            db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")
                migrate(db)
            except BaseException:
                db.close()
                raise
        except OSError as error:
            raise self._unusable(
                error.strerror or type(error).__name__,
                "Make its directory writable, or choose another with CHAT_TUI_DATA_DIR.",
            ) from error
        except sqlite3.Error as error:
            raise self._failed(error) from error
        self._db = db

    async def close(self) -> None:
        """Finish what is queued and close the file. Closing twice does nothing."""
        if self._closed:
            return
        self._closed = True

        def work() -> None:
            if self._db is not None:
                with suppress(sqlite3.Error):  # it is done at the next start then
                    checkpoint(self._db)
                self._db.close()
                self._db = None

        await asyncio.get_running_loop().run_in_executor(self._executor, work)
        self._executor.shutdown()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in the library's thread, in one transaction."""

        def run(db: sqlite3.Connection) -> T:
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            return result

        return await self._run(run)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in the library's thread, outside any transaction."""
        return await self._run(work)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            if self._db is None:
                raise self._unusable("it is closed", "Start chat-tui again.")
            try:
                return work(self._db)
            except (sqlite3.Error, UnicodeError, OverflowError) as error:
                raise self._failed(error) from error

        if self._closed:
            raise self._unusable("it is closed", "Start chat-tui again.")
        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    def _failed(self, error: Exception) -> LibraryError:
        """Return what a failure means to the user."""
        name = getattr(error, "sqlite_errorname", "")
        if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return gone()
        if name in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            way_out = "Move it away: conversations live on their servers and open again by id."
        elif isinstance(error, NewerSchema):
            way_out = "Update chat-tui, or choose another directory with CHAT_TUI_DATA_DIR."
        elif isinstance(error, sqlite3.Error):
            way_out = "Free space, make it writable, or choose another with CHAT_TUI_DATA_DIR."
        else:
            return self._unusable("it cannot hold this text", "Leave odd characters out.")
        return self._unusable(str(error), way_out)

    def _unusable(self, reason: str, way_out: str) -> LibraryError:
        return LibraryError(f"The library {self.path} cannot be used: {reason}.", way_out)


def gone() -> LibraryError:
    """Return the error for a conversation that another program removed."""
    return LibraryError("The conversation is no longer in the library.", "Open it again by id.")


def checkpoint(db: sqlite3.Connection) -> None:
    """Empty the write-ahead file: deleted text must not linger in it."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def escaped(text: str) -> str:
    """Return ``text`` for a LIKE pattern with a backslash as its escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def sqlite_version() -> str:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version
