"""The events of background responses on disk: pieces while a run lasts, one log when it is over.

The pieces are for the case that the process dies: what it had sent can then still be read again.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from chat_tui.server.sse import encode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_MOST_BYTES = 256 * 1024
"""About how much is handed to a reader at a time, so that a slow one holds little memory."""

_FAST = 1
"""Pieces are short-lived: they are compressed for speed, not for size."""


def save_log(db: sqlite3.Connection, response_id: str, log: bytes) -> None:
    """Store all events of a response, compressed already."""
    query = "INSERT OR REPLACE INTO event_logs (response_id, body) VALUES (?, ?)"
    db.execute(query, (response_id, log))


def load_log(db: sqlite3.Connection, response_id: str) -> tuple[bytes, bool] | None:
    """Return the compressed events of a response and whether some were lost, None without any."""
    query = "SELECT body, is_cut FROM event_logs WHERE response_id = ?"
    row = db.execute(query, (response_id,)).fetchone()
    return (row[0], bool(row[1])) if row else None


def add_piece(db: sqlite3.Connection, response_id: str, start: int, events: bytes) -> None:
    """Store events of a run from a number on; nothing if it is over or its response deleted."""
    db.execute(
        "INSERT OR REPLACE INTO event_pieces SELECT response_id, ?, ? FROM runs"
        " WHERE response_id = ? AND EXISTS (SELECT 1 FROM responses WHERE id = response_id)",
        (start, zlib.compress(events, _FAST), response_id),
    )


def drop_pieces(db: sqlite3.Connection, response_id: str) -> None:
    """Delete the pieces of a run."""
    db.execute("DELETE FROM event_pieces WHERE response_id = ?", (response_id,))


def log_from_pieces(db: sqlite3.Connection, response_id: str, failed: dict[str, Any]) -> None:
    """Make the log of a run whose process is gone, ended by `response.failed`."""
    query = "SELECT body FROM event_pieces WHERE response_id = ? ORDER BY start"
    pieces = [zlib.decompress(body) for (body,) in db.execute(query, (response_id,))]
    if not pieces:
        return
    kept = b"".join(pieces)
    last = encode("response.failed", kept.count(b"\n\n"), {"response": failed})
    save_log(db, response_id, zlib.compress(kept + last))
    db.execute("UPDATE event_logs SET is_cut = 1 WHERE response_id = ?", (response_id,))


def stored_events(log: bytes, start: int, *, is_cut: bool = False) -> Iterator[bytes]:
    """Yield the events from a number on out of a stored log, some at a time.

    Of a log that was cut the last event comes in any case: its reader may have seen more events
    than were stored, and still has to learn how it ended.
    """
    unpacking = zlib.decompressobj()
    skip, rest, last = start, b"", b""
    while data := unpacking.decompress(log, _MOST_BYTES):
        log = unpacking.unconsumed_tail
        *whole, rest = (rest + data).split(b"\n\n")
        if fresh := whole[skip:]:
            is_cut = False
            yield b"\n\n".join([*fresh, b""])
        skip = max(0, skip - len(whole))
        last = whole[-1] if whole else last
    if is_cut:
        yield last + b"\n\n"
