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
    """
    ALTER TABLE conversations ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
    UPDATE conversations SET listed = 1
        WHERE conversation_id != '' OR response_id != '' OR title != ''
        OR EXISTS (SELECT 1 FROM journal WHERE journal.conversation = key);
    DROP INDEX conversations_by_time;
    CREATE INDEX conversations_by_change
        ON conversations (profile, listed, updated_at DESC, key DESC);
    CREATE INDEX conversations_by_creation
        ON conversations (profile, listed, created_at DESC, key DESC);
    CREATE INDEX conversations_by_title
        ON conversations (profile, listed, title COLLATE NOCASE, key);
    CREATE INDEX conversations_by_response ON conversations (response_id)
        WHERE response_id != '';
    CREATE TRIGGER conversation_made AFTER INSERT ON conversations
        WHEN NEW.conversation_id != '' OR NEW.response_id != '' OR NEW.title != ''
        BEGIN UPDATE conversations SET listed = 1 WHERE key = NEW.key; END;
    CREATE TRIGGER conversation_anchored
        AFTER UPDATE OF conversation_id, response_id, title ON conversations
        WHEN NOT NEW.listed
            AND (NEW.conversation_id != '' OR NEW.response_id != '' OR NEW.title != '')
        BEGIN UPDATE conversations SET listed = 1 WHERE key = NEW.key; END;
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversations (key) ON DELETE CASCADE,
        text TEXT NOT NULL
    );
    CREATE INDEX queue_by_conversation ON queue (conversation, id);
    CREATE TRIGGER turn_written AFTER INSERT ON journal
        BEGIN UPDATE conversations SET listed = 1 WHERE key = NEW.conversation; END;
    INSERT OR REPLACE INTO notes VALUES ('list.version', '1');
    CREATE TRIGGER list_grew AFTER INSERT ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    CREATE TRIGGER list_shrank AFTER DELETE ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    CREATE TRIGGER list_changed
        AFTER UPDATE OF profile, title, updated_at, listed ON conversations
        BEGIN UPDATE notes SET value = value + 1 WHERE name = 'list.version'; END;
    CREATE TRIGGER message_queued AFTER INSERT ON queue
        BEGIN UPDATE conversations SET listed = 1 WHERE key = NEW.conversation; END;
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
