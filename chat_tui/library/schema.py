"""The library's schema as numbered migrations; the file's ``user_version`` says which were run."""

from __future__ import annotations

import sqlite3

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
    CREATE TABLE notes (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to the newest schema, each step in a transaction of its own.

    Raises sqlite3.DatabaseError when the file was written by a newer version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise sqlite3.DatabaseError("it was written by a newer version of chat-tui")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
