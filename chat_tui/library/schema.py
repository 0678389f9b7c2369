"""The library's schema as numbered migrations; the file's ``user_version`` says which were run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

_EMPTY = """
    conversation_id = '' AND response_id = '' AND title = ''
    AND NOT EXISTS (SELECT 1 FROM items WHERE items.conversation = key)
    AND NOT EXISTS (SELECT 1 FROM drafts WHERE drafts.conversation = key)
    AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.conversation = key)
    AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.conversation = key)
"""
_LISTING = "".join(
    f"""
    CREATE TRIGGER {table}_begin AFTER INSERT ON {table} BEGIN
        UPDATE conversations SET listed = 1 WHERE key = NEW.conversation AND NOT listed; END;
    CREATE TRIGGER {table}_end AFTER DELETE ON {table} BEGIN
        UPDATE conversations SET listed = 0
            WHERE key = OLD.conversation AND listed AND {_EMPTY}; END;
    """  # noqa: S608 - constants only
    for table in ("items", "drafts", "journal", "queue")
) + "".join(
    f"""
    CREATE TRIGGER conversation_{name} AFTER {change} ON conversations BEGIN
        UPDATE conversations SET listed = (NOT ({_EMPTY}))
            WHERE key = NEW.key AND listed != (NOT ({_EMPTY})); END;
    """  # noqa: S608 - constants only
    for name, change in (
        ("made", "INSERT"),
        ("anchored", "UPDATE OF conversation_id, response_id, title"),
    )
)
"""Keeps ``listed`` true: whether there is more of a conversation than an empty composer."""
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
    f"""
    ALTER TABLE conversations ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
        text TEXT NOT NULL
    );
    CREATE INDEX queue_by_conversation ON queue (conversation, id);
    UPDATE conversations SET listed = (NOT ({_EMPTY}));
    DROP INDEX conversations_by_time;
    CREATE INDEX conversations_by_change
        ON conversations (profile, listed, updated_at DESC, key DESC);
    CREATE INDEX conversations_by_creation
        ON conversations (profile, listed, created_at DESC, key DESC);
    CREATE INDEX conversations_by_title
        ON conversations (profile, listed, title COLLATE NOCASE, key);
    CREATE INDEX conversations_by_response ON conversations (response_id)
        WHERE response_id != '';
    {_LISTING}
    CREATE TABLE IF NOT EXISTS notes (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    INSERT OR REPLACE INTO notes VALUES ('list.version', '1');
    CREATE TRIGGER list_grew AFTER INSERT ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    CREATE TRIGGER list_shrank AFTER DELETE ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    CREATE TRIGGER list_changed
        AFTER UPDATE OF profile, title, updated_at, listed ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    """,  # noqa: S608 - constants only
    "ALTER TABLE journal ADD COLUMN owner INTEGER NOT NULL DEFAULT 0;",
    """
    CREATE TABLE purges (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        profile TEXT NOT NULL,
        conversation INTEGER NOT NULL DEFAULT 0,
        conversation_id TEXT NOT NULL DEFAULT '',
        owner INTEGER NOT NULL DEFAULT 0,
        begun_at REAL NOT NULL,
        ended_at REAL
    );
    CREATE TABLE purge_steps (
        purge INTEGER NOT NULL REFERENCES purges (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (purge, kind, id)
    ) WITHOUT ROWID;
    CREATE TABLE pins (
        conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
        item_id TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (conversation, item_id)
    ) WITHOUT ROWID;
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
