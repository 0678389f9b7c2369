"""The database file: one connection that writes and one that reads, each in its own thread.

Work is handed over as a function of the connection, so that the event loop never waits for a disk.
What the functions do is in `store`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from chat_tui.server.crypt import Sealer
from chat_tui.server.errors import StartError
from chat_tui.server.schema import check_ours, migrate

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

_BUSY_SECONDS = 20.0
"""How long to wait for another process that writes."""

_SCRUB_MILLISECONDS = 500
"""How long to wait for readers before scrubbing is put off to the next write."""


class Database:
    """An open database, with the key that belongs to it and this process's mark of ownership."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises StartError with a sentence for the person."""
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = _connect(path)
            self._reader = _connect(path)
            self.sealer = Sealer.from_file(path.with_name(f"{path.name}.key"))
            self.owner = Owner(path)
        except sqlite3.OperationalError as error:
            raise StartError(f"Cannot use the database {path}: {error}.") from error
        except sqlite3.DatabaseError as error:
            raise StartError(f"{path} is not a database of this program ({error}).") from error
        except ValueError as error:
            raise StartError(f"{error}.") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StartError(f"Cannot use the database {path}: {reason}.") from error
        self._write_thread = ThreadPoolExecutor(1, "database-writer")
        self._read_thread = ThreadPoolExecutor(1, "database-reader")
        self._scrub_wanted = False

    async def write(self, work: Work[T], *, durable: bool = True) -> T:
        """Run `work` in one write transaction; what it raises rolls everything back.

        Once begun it runs to its end even if the caller is cancelled. `durable=False` leaves out
        the wait for the disk, for what need not survive a power cut.
        """
        return await self._run(self._write_thread, lambda: self._write(work, durable))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one unchanging view of the database."""
        return await self._run(self._read_thread, lambda: _transaction(self._reader, work, "BEGIN"))

    async def scrub(self) -> None:
        """Make deleted bytes leave the write-ahead log too; put off while another process reads."""
        self._scrub_wanted = True
        await self._run(self._write_thread, self._scrub)

    def close(self) -> None:
        """Finish what was handed over and close the file."""
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.close()
        with contextlib.suppress(sqlite3.Error):
            self._writer.execute("DELETE FROM owners WHERE id = ?", (self.owner.id,))
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._writer.close()
        self.owner.release()

    @staticmethod
    async def _run(thread: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(thread, call)

    def _write(self, work: Work[T], durable: bool) -> T:
        self._writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        result = _transaction(self._writer, work, "BEGIN IMMEDIATE")
        if self._scrub_wanted:
            self._scrub()
        return result

    def _scrub(self) -> None:
        self._writer.execute(f"PRAGMA busy_timeout = {_SCRUB_MILLISECONDS}")
        (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._writer.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
        self._scrub_wanted = bool(busy)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    check_ours(connection, str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -2000")
    migrate(connection, str(path))
    return connection


def _transaction(connection: sqlite3.Connection, work: Work[T], begin: str) -> T:
    connection.execute(begin)
    try:
        result = work(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return result


class Owner:
    """A mark that this process lives: a file it holds locked, which the system frees if it dies.

    Unlike a process number it cannot be taken over by another process, and unlike a heartbeat it
    tells at once.
    """

    def __init__(self, database: Path) -> None:
        self.id = secrets.token_hex(16)
        self._database = database
        self._descriptor = os.open(_mark(database, self.id), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Take the mark away."""
        _mark(self._database, self.id).unlink(missing_ok=True)
        os.close(self._descriptor)

    def is_dead(self, other: str) -> bool:
        """Tell whether the process behind another mark is gone, and remove its file then."""
        if other == self.id:
            return False
        path = _mark(self._database, other)
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            path.unlink(missing_ok=True)
            return True
        finally:
            os.close(descriptor)


def _mark(database: Path, owner: str) -> Path:
    return database.with_name(f"{database.name}.owner-{owner}")
