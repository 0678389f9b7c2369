"""What is being worked on: locked conversations and background runs, and by which process.

Such rows are void when the process that made them is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.server.errors import invalid
from chat_tui.server.kept_events import drop_pieces, log_from_pieces
from chat_tui.server.store import find_response, get_conversation, update_response

if TYPE_CHECKING:
    import sqlite3

    from chat_tui.server.database import Owner


def register(db: sqlite3.Connection, owner: Owner) -> None:
    """Enter this process, and clear up after processes that were killed."""
    for (other,) in db.execute("SELECT id FROM owners").fetchall():
        if owner.is_dead(other):
            bury(db, other)
    db.execute("INSERT OR IGNORE INTO owners VALUES (?)", (owner.id,))


def bury(db: sqlite3.Connection, owner_id: str) -> None:
    """Remove everything a dead process held, and mark its unfinished background runs failed."""
    rows = db.execute("SELECT response_id FROM runs WHERE owner = ?", (owner_id,)).fetchall()
    for (response_id,) in rows:
        fail_run(db, response_id)
    db.execute("DELETE FROM locks WHERE owner = ?", (owner_id,))
    db.execute("DELETE FROM owners WHERE id = ?", (owner_id,))


def acquire(db: sqlite3.Connection, owner: Owner, conversation_id: str, response_id: str) -> None:
    """Lock a conversation for a response. Raises ApiError (404, or 400 `conversation_locked`)."""
    get_conversation(db, conversation_id)
    row = db.execute(
        "SELECT owner FROM locks WHERE conversation_id = ?", (conversation_id,)
    ).fetchone()
    if row and owner.is_dead(row[0]):
        bury(db, row[0])
        row = None
    if row:
        raise invalid(
            "A response is being made in this conversation. Try again when it is finished.",
            "conversation_locked",
            "conversation",
        )
    db.execute("INSERT INTO locks VALUES (?, ?, ?)", (conversation_id, owner.id, response_id))


def release(db: sqlite3.Connection, response_id: str) -> None:
    """Unlock what a response held, if it held anything."""
    db.execute("DELETE FROM locks WHERE response_id = ?", (response_id,))


def bury_owner_of(db: sqlite3.Connection, owner: Owner, response_id: str) -> None:
    """Clear up after the process that generates a background response, if it is gone."""
    row = db.execute("SELECT owner FROM runs WHERE response_id = ?", (response_id,)).fetchone()
    if row and owner.is_dead(row[0]):
        bury(db, row[0])


def begin_run(db: sqlite3.Connection, owner: Owner, response_id: str) -> None:
    """Note that this process generates a background response."""
    db.execute("INSERT INTO runs (response_id, owner) VALUES (?, ?)", (response_id, owner.id))


def end_run(db: sqlite3.Connection, response_id: str) -> None:
    """Note that a background response is not generated any more."""
    drop_pieces(db, response_id)
    db.execute("DELETE FROM runs WHERE response_id = ?", (response_id,))


def is_running(db: sqlite3.Connection, response_id: str) -> bool:
    """Tell whether some process generates a background response."""
    query = "SELECT 1 FROM runs WHERE response_id = ?"
    return db.execute(query, (response_id,)).fetchone() is not None


def ask_to_cancel(db: sqlite3.Connection, response_id: str) -> None:
    """Tell the process that generates a background response to end it."""
    db.execute("UPDATE runs SET cancelled = 1 WHERE response_id = ?", (response_id,))


def runs_to_end(db: sqlite3.Connection, owner: Owner) -> list[str]:
    """Return the responses this process generates that another one cancelled or deleted."""
    rows = db.execute(
        "SELECT response_id FROM runs WHERE owner = ? AND (cancelled"
        " OR NOT EXISTS (SELECT 1 FROM responses WHERE id = response_id))",
        (owner.id,),
    )
    return [response_id for (response_id,) in rows]


def fail_run(db: sqlite3.Connection, response_id: str) -> None:
    """Mark a background response as failed because its process is gone, in its events too."""
    row = find_response(db, response_id)
    if row is not None:
        message = "The server stopped before this response was finished."
        error = {"code": "server_error", "message": message}
        failed = {**row.body, "status": "failed", "error": error}
        update_response(db, response_id, failed)
        log_from_pieces(db, response_id, {**failed, "output": []})
    end_run(db, response_id)
