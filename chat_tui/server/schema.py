"""The database's tables, as numbered migrations; what the rows mean is told in `store`."""

from __future__ import annotations

import sqlite3

from chat_tui.server.errors import StartError

APPLICATION_ID = 0x63747569
"""Marks the file as ours, so that no other program's tables are ever touched."""

MIGRATIONS = (
    """
    CREATE TABLE conversations (
        number INTEGER PRIMARY KEY,             -- order of creation, for lists
        id TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        metadata TEXT NOT NULL,                 -- a JSON object of strings
        last_position INTEGER NOT NULL DEFAULT 0 -- ever given to an entry; none is given twice
    );
    CREATE TABLE items (
        id TEXT PRIMARY KEY,
        body TEXT NOT NULL,                     -- the item as JSON, its id included
        tokens INTEGER NOT NULL,
        requires TEXT                           -- the reasoning item that must come before it
    );
    CREATE TABLE entries (                      -- which items a conversation holds, in order
        conversation_id TEXT NOT NULL,          -- outlives the conversation: items do too
        position INTEGER NOT NULL,
        item_id TEXT NOT NULL,
        is_compaction INTEGER NOT NULL,
        PRIMARY KEY (conversation_id, position)
    ) WITHOUT ROWID;
    CREATE INDEX entries_by_item ON entries (item_id, conversation_id, position);
    CREATE INDEX entries_of_compactions ON entries (conversation_id, position) WHERE is_compaction;
    CREATE TABLE responses (
        id TEXT PRIMARY KEY,
        conversation_id TEXT,
        read_up_to INTEGER,                     -- last position of the conversation it has read
        previous_response_id TEXT,
        body TEXT NOT NULL                      -- the response as JSON, without its output
    );
    CREATE INDEX responses_by_conversation ON responses (conversation_id);
    CREATE TABLE response_items (
        response_id TEXT NOT NULL,
        is_output INTEGER NOT NULL,
        position INTEGER NOT NULL,
        item_id TEXT NOT NULL,
        PRIMARY KEY (response_id, is_output, position)
    ) WITHOUT ROWID;
    CREATE INDEX response_items_by_item ON response_items (item_id);
    CREATE TABLE event_logs (                   -- of background responses that were streamed
        response_id TEXT PRIMARY KEY,
        body BLOB NOT NULL                      -- the stream's bytes, compressed
    );
    CREATE TABLE runs (                         -- background responses in the making
        response_id TEXT PRIMARY KEY,
        owner TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE owners (id TEXT PRIMARY KEY);  -- running server processes
    CREATE TABLE locks (
        conversation_id TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        response_id TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    # Set by any process; the owner, which looks for it, ends the run.
    "ALTER TABLE runs ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;",
    """
    CREATE TABLE event_pieces (                 -- events of runs, for when their process dies
        response_id TEXT NOT NULL,
        start INTEGER NOT NULL,                 -- the number of the first event
        body BLOB NOT NULL,                     -- bytes of the stream, compressed
        PRIMARY KEY (response_id, start)
    );
    -- Set where the process died: events that were sent may be missing before the last one.
    ALTER TABLE event_logs ADD COLUMN is_cut INTEGER NOT NULL DEFAULT 0;
    """,
)


def check_ours(connection: sqlite3.Connection, path: str) -> None:
    """Raise StartError for another program's database, before anything in it is changed."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or tables):
        raise StartError(f"{path} is a database of another program.")


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the database up to date. Raises StartError when it is newer than this program."""
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        connection.execute("ROLLBACK")
        raise StartError(
            f"{path} was written by a newer version of this program (schema {version}, "
            f"this one knows {len(MIGRATIONS)})."
        )
    for script in MIGRATIONS[version:]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def _statements(script: str) -> list[str]:
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return statements
