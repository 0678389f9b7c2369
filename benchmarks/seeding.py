"""Long conversations and long lists, put where the program finds them before it starts."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing

from benchmarks.shapes import mark
from chat_tui.items import Place, Record
from chat_tui.library import ConversationRow, Library
from tests.e2e.home import Home, items

NEEDLE = "haystack"
"""A word that only the first item of a long conversation holds."""
LATEST = "the latest of all"
_BATCH = 20
"""Items the server takes at once."""


def conversations(made: Home, sizes: dict[str, int]) -> None:
    """Put conversations on the server and into the library, by title; the last is the latest."""
    made.data.mkdir(exist_ok=True)
    with made.server() as server:
        for title, size in sizes.items():
            created = server.post("/conversations", json={"metadata": {"title": title}})
            conversation = str(created.raise_for_status().json()["id"])
            said = [_message(number, size) for number in range(1, size + 1)]
            for start in range(0, size, _BATCH):
                body = {"items": said[start : start + _BATCH]}
                server.post(f"/conversations/{conversation}/items", json=body).raise_for_status()
            records = [Record(raw, Place.CONVERSATION) for raw in items(server, conversation)]
            asyncio.run(_keep(made, conversation, title, records))


def _message(number: int, size: int) -> dict[str, object]:
    """Return an item that carries its number as a mark."""
    if number == size:
        text = f"That is all of it. {mark(number)}"
    elif number % 2:
        needle = f", the {NEEDLE} of them all" if number == 1 else ""
        text = f"Question {mark(number)}{needle}: how does one open it?"
    elif number % 20 == 0:
        text = (
            f"## Answer {mark(number)}\n\nSome *words* and `code`:\n\n```python\nn = {number}\n```"
        )
    else:
        text = (
            f"Answer {mark(number)}, with *words* and `code` that go on for a line or two, so that"
        )
        text += " it looks like what one gets when one asks a thing like this."
    role = "user" if number % 2 and number != size else "assistant"
    return {"type": "message", "role": role, "content": text}


async def _keep(made: Home, conversation: str, title: str, records: list[Record]) -> None:
    library = Library(made.library)
    library.open()
    row = await library.index.create(_row(title, conversation_id=conversation))
    await library.items.replace_from(row.key, 0, records, complete=True)
    await library.close()


def _row(title: str, **more: object) -> ConversationRow:
    choices = {"profile": "local", "model": "demo", "chaining": "conversation"}
    given = {**choices, "compaction": "auto", "title": title, **more}
    return ConversationRow(key=0, **given)  # type: ignore[arg-type]


def listing(made: Home, size: int) -> None:
    """Put so many titled conversations into the library; the server knows only the latest."""
    conversations(made, {LATEST: 2})
    titles = random.Random(7)
    words = ("trip", "kyoto", "rust", "invoice", "parser", "garden", "letter", "music", "router")
    more = ("notes", "ideas", "question", "draft", "again", "review", "budget", "plan", "summary")
    with closing(sqlite3.connect(made.library)) as library, library:
        columns = [row[1] for row in library.execute("PRAGMA table_info(conversations)")]
        same = [name for name in columns if name not in ("key", "title", "conversation_id")]
        kept = ", ".join(same).replace("updated_at", "updated_at - ?")
        library.executemany(
            f"INSERT INTO conversations (title, conversation_id, {', '.join(same)}) "
            f"SELECT ?, ?, {kept} FROM conversations LIMIT 1",
            (
                (
                    f"{titles.choice(words)} {titles.choice(more)} {titles.choice(words)} {number}",
                    f"conv_{number}",
                    number * 60.0,
                )
                for number in range(1, size)
            ),
        )
