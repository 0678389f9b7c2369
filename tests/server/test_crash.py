"""kill -9 at random instants under load: whole turns only, no lock, nothing acknowledged lost."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from tests.server.asking import Json, user
from tests.server.forker import Forker
from tests.support.plain import Connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILLS = int(os.environ.get("CHAT_TUI_KILLS", "200"))
CLIENTS = 8
LONGEST_LIFE = 0.15
"""Seconds under load, at most."""

CLEAN = {"locks": 0, "runs": 0, "event_pieces": 0, "owners": 1, "not over": 0}
"""What a server that has just started holds."""

TERMINAL = ("completed", "incomplete", "failed", "cancelled")


class Load(threading.Thread):
    """One client that talks in its own conversation, and remembers what was acknowledged."""

    def __init__(self, uds: Path, conversation: str, style: int, life: int) -> None:
        super().__init__()
        self._connection = Connection(uds)
        self.conversation = conversation
        self._stream, self._background = bool(style % 2), bool(style // 2 % 2)
        self._life = life
        self.turns: list[str] = []
        self.added: list[str] = []
        self.background: list[str] = []
        self.wrong: BaseException | None = None

    def run(self) -> None:
        try:
            for number in range(10_000):
                self._turn(f"{self._life}-{number}")
        except (OSError, http.client.HTTPException):
            self._connection.close()
        except BaseException as error:  # noqa: BLE001 told by the test
            self.wrong = error

    def _turn(self, word: str) -> None:
        ask = self._connection.ask
        body = {
            "model": "demo",
            "input": f"pace 3000\necho {word}.\nlong 40",
            "conversation": self.conversation,
            "stream": self._stream,
            "background": self._background,
        }
        reply = ask("POST", "/responses", body)
        if self._background and not self._stream:
            self.background.append(reply["id"])
            while reply["status"] not in TERMINAL:
                time.sleep(0.005)
                reply = ask("GET", f"/responses/{reply['id']}")
            assert reply["status"] == "completed"
            self.turns.append(word)
        elif self._stream:
            if "event: response.completed" in reply:
                self.turns.append(word)
        else:
            assert reply["status"] == "completed"
            self.turns.append(word)
        ask("POST", f"/conversations/{self.conversation}/items", {"items": [user(f"note {word}.")]})
        self.added.append(word)


def test_a_killed_server_leaves_whole_turns_and_no_locks(
    data: Path, record_property: Callable[[str, object], None]
) -> None:
    rng = random.Random(20)
    database = data / "chat.db"
    turns = notes = runs = half_done = 0
    with Forker() as forker:
        process = forker.start(database)
        first = Connection(forker.uds)
        names = [first.ask("POST", "/conversations", {})["id"] for _ in range(CLIENTS)]
        first.close()
        known = {name: Known() for name in names}
        for life in range(KILLS):
            loads = [Load(forker.uds, name, n, life) for n, name in enumerate(names)]
            for load in loads:
                load.start()
            time.sleep(rng.uniform(0.0, LONGEST_LIFE))
            os.kill(process, signal.SIGKILL)
            for load in loads:
                load.join()
                assert load.wrong is None, load.wrong
                turns, notes = turns + len(load.turns), notes + len(load.added)
                runs += len(load.background)
            half_done += held(database)["locks"]
            process = forker.start(database)
            assert held(database) == CLEAN
            connection = Connection(forker.uds)
            for load in loads:
                known[load.conversation].check(connection, load)
            connection.close()
        last = Connection(forker.uds)
        for name in names:
            answer = last.ask(
                "POST",
                "/responses",
                {"model": "demo", "input": "pace 0\necho free", "conversation": name},
            )
            assert answer["status"] == "completed"
            known[name].check_all(items_after(last, name, None))
        last.close()
        marks = [path for path in data.iterdir() if ".owner-" in path.name]
        assert len(marks) == 1, "dead processes leave no files behind"
    with contextlib.closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert turns > KILLS
    assert notes > KILLS
    assert half_done > KILLS, "most kills hit turns in the making"
    record_property(
        "told",
        f"killed {KILLS} times under {CLIENTS} clients, with {half_done} turns in the making; "
        f"acknowledged: {turns} turns ({runs} in the background), {notes} added items; lost: none",
    )


NOT_OVER = "FROM responses WHERE json_extract(body, '$.status') IN ('queued', 'in_progress')"


def held(database: Path) -> dict[str, int]:
    """Return how many rows there are of what only running processes hold."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        counts = {
            table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("locks", "runs", "event_pieces", "owners")
        }
        return {**counts, "not over": db.execute(f"SELECT count(*) {NOT_OVER}").fetchone()[0]}


def items_after(connection: Connection, name: str, after: str | None) -> list[Json]:
    """Return a conversation's items that come after one, oldest first."""
    found: list[Json] = []
    while True:
        cursor = f"&after={after}" if after else ""
        path = f"/conversations/{name}/items?order=asc&limit=100{cursor}"
        page = connection.ask("GET", path)
        found += page["data"]
        if not page["has_more"]:
            return found
        after = page["last_id"]


class Known:
    """What must be in a conversation, and what was found there."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._found: list[str] = []
        self._acknowledged: list[str] = []

    def check(self, connection: Connection, load: Load) -> None:
        """Look at what has come since the last time."""
        fresh = items_after(connection, load.conversation, self._last)
        if fresh:
            self._last = fresh[-1]["id"]
        lines = whole_turns(fresh)
        self._found += lines
        self._acknowledged += [f"turn {word}" for word in load.turns]
        self._acknowledged += [f"note {word}" for word in load.added]
        for word in load.turns:
            assert f"turn {word}" in lines
        for word in load.added:
            assert f"note {word}" in lines
        assert len(lines) <= len(load.turns) + len(load.added) + 1, "one was on the way at most"
        for response in load.background[-1:]:
            assert connection.ask("GET", f"/responses/{response}")["status"] in TERMINAL

    def check_all(self, items: list[Json]) -> None:
        """Look at everything once more: nothing came or went since it was found."""
        lines = whole_turns(items[:-2])
        assert lines == self._found
        assert set(self._acknowledged) <= set(lines)
        assert len(lines) == len(set(lines)), "nothing is there twice"


def whole_turns(items: list[Json]) -> list[str]:
    """Return a word for each turn and note; fail where a question and its answer are apart."""
    texts = [(item["role"], item["content"][0]["text"]) for item in items]
    found = []
    rest = iter(texts)
    for role, text in rest:
        assert role == "user"
        if text.startswith("note "):
            found.append(text.removesuffix("."))
            continue
        word = text.split("\n")[1].removeprefix("echo ")
        answer = next(rest, None)
        assert answer is not None, "a question without its answer"
        assert answer[0] == "assistant"
        assert answer[1].startswith(word)
        found.append(f"turn {word.removesuffix('.')}")
    return found
