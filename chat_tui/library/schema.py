"""The library's schema as numbered migrations; the file's ``user_version`` says which were run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

MIGRATIONS = (
    """
    CREATE TABLE conversations (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        profile TEXT NOT NULL,
        conversation_id TEXT NOT NULL DEFAULT '',
        response_id TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL DEFAULT '',
        named INTEGER NOT NULL DEFAULT 0,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        model TEXT NOT NULL DEFAULT '',
        chaining TEXT NOT NULL DEFAULT '',
        store INTEGER NOT NULL DEFAULT 1,
        compaction TEXT NOT NULL DEFAULT '',
        instructions TEXT NOT NULL DEFAULT '',
        metadata TEXT NOT NULL DEFAULT '{}',
        usage TEXT NOT NULL DEFAULT '{}',
        complete INTEGER NOT NULL DEFAULT 1
    );
    CREATE UNIQUE INDEX conversations_by_id ON conversations (profile, conversation_id)
        WHERE conversation_id != '';
    CREATE INDEX conversations_by_time ON conversations (profile, updated_at DESC);
    CREATE TABLE items (
        conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
        rank INTEGER NOT NULL,
        place TEXT NOT NULL,
        at REAL,
        response_id TEXT NOT NULL DEFAULT '',
        model TEXT NOT NULL DEFAULT '',
        raw TEXT NOT NULL,
        PRIMARY KEY (conversation, rank)
    ) WITHOUT ROWID;
    CREATE TABLE responses (
        response_id TEXT NOT NULL,
        conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
        at REAL NOT NULL,
        PRIMARY KEY (conversation, response_id)
    ) WITHOUT ROWID;
    CREATE INDEX responses_by_id ON responses (response_id);
    CREATE TABLE drafts (
        conversation INTEGER PRIMARY KEY REFERENCES conversations (key) ON DELETE CASCADE,
        text TEXT NOT NULL
    );
    CREATE TABLE journal (
        conversation INTEGER PRIMARY KEY REFERENCES conversations (key) ON DELETE CASCADE,
        text TEXT NOT NULL,
        response_id TEXT NOT NULL DEFAULT '',
        after_item TEXT NOT NULL DEFAULT '',
        at REAL NOT NULL
    );
    """,
)


class NewerSchema(sqlite3.DatabaseError):
    """The file was written by a newer version of this program."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, each step in a transaction of its own.

    Several programs may do so at once. Raises NewerSchema.
    """
    while (version := _version(db)) < len(MIGRATIONS):
        db.execute("BEGIN IMMEDIATE")
        try:
            if _version(db) == version:  # else another program was faster
                for statement in _statements(MIGRATIONS[version]):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version + 1}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    if version > len(MIGRATIONS):
        raise NewerSchema("it was written by a newer version of chat-tui")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script: running it whole would end the transaction first."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
