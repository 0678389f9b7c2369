"""One SQLite file and the one thread that touches it; nothing here knows what is stored."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from chat_tui.errors import ChatTuiError
from chat_tui.library.schema import migrate

T = TypeVar("T")


class LibraryError(ChatTuiError):
    """The library's file cannot be used."""


class Database:
    """A SQLite file, its worker thread and its transactions."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="library")
        self._db: sqlite3.Connection | None = None

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
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            migrate(db)
        except OSError as error:
            raise self.error(error.strerror or type(error).__name__) from error
        except sqlite3.Error as error:
            raise self.error(str(error)) from error
        self._db = db

    def error(self, reason: str) -> LibraryError:
        """Return the error for this file with a reason in the middle of a sentence."""
        return LibraryError(
            f"The library {self.path} cannot be used: {reason}.",
            "Make its directory writable, or choose another with CHAT_TUI_DATA_DIR.",
        )

    async def close(self) -> None:
        """Finish what is queued and close the file."""

        def work() -> None:
            if self._db is not None:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._db.close()
                self._db = None

        await asyncio.get_running_loop().run_in_executor(self._executor, work)
        self._executor.shutdown()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in the library's thread, in one transaction."""

        def run() -> T:
            if self._db is None:
                raise self.error("it is closed")
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    result = work(self._db)
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise self.error(str(error)) from error
            return result

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in the library's thread, outside any transaction."""

        def run() -> T:
            if self._db is None:
                raise self.error("it is closed")
            try:
                return work(self._db)
            except sqlite3.Error as error:
                raise self.error(str(error)) from error

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)


def checkpoint(db: sqlite3.Connection) -> None:
    """Empty the write-ahead file: deleted text must not linger in it."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def escaped(text: str) -> str:
    """Return ``text`` for a LIKE pattern with a backslash as its escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def sqlite_version() -> str:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version
