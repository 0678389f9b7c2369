"""kill -9 at random instants under load: whole turns only, no lock, nothing acknowledged lost."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import httpx2

from tests.server.asking import ask, items_of, new_conversation, said, text_of, user
from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 6
CLIENTS = 4


class Load(threading.Thread):
    """One client that talks in its own conversation, and remembers what was acknowledged."""

    def __init__(self, server: EmbeddedServer, conversation: str, *, streams: bool) -> None:
        super().__init__()
        self._http = httpx2.Client(transport=server.transport(), base_url=server.base_url)
        self.conversation = conversation
        self._streams = streams
        self.turns: list[str] = []
        self.added: list[str] = []

    def run(self) -> None:
        number = 0
        try:
            while True:
                number += 1
                word = f"{self.conversation[-6:]}-{number}"
                body = {
                    "model": "demo",
                    "input": f"pace 3000\necho {word}\nlong 60",
                    "conversation": self.conversation,
                    "stream": self._streams,
                }
                with self._http.stream("POST", "/responses", json=body) as reply:
                    if b'"status":"completed"' in reply.read():
                        self.turns.append(word)
                path = f"/conversations/{self.conversation}/items"
                if self._http.post(path, json={"items": [user(word)]}).status_code == 200:
                    self.added.append(word)
        except httpx2.TransportError:
            self._http.close()


def test_a_killed_server_leaves_whole_turns_and_no_locks(data: Path) -> None:
    rng = random.Random(20)
    turns = 0
    server = EmbeddedServer.start(data)
    conversations = [new_conversation(server.http()) for _ in range(CLIENTS)]
    acknowledged: dict[str, tuple[list[str], list[str]]] = {c: ([], []) for c in conversations}
    for _ in range(ROUNDS):
        loads = [Load(server, c, streams=bool(i % 2)) for i, c in enumerate(conversations)]
        for load in loads:
            load.start()
        time.sleep(rng.uniform(0.05, 0.5))
        server.kill()
        for load in loads:
            load.join()
            acknowledged[load.conversation][0].extend(load.turns)
            acknowledged[load.conversation][1].extend(load.added)
            turns += len(load.turns)
        server = EmbeddedServer.start(data)
        for conversation in conversations:
            check(server.http(), conversation, *acknowledged[conversation])
    marks = [path for path in data.iterdir() if ".owner-" in path.name]
    assert len(marks) == 1, "dead processes leave no files behind"
    server.stop()
    assert turns > 0
    print(  # noqa: T201 the count is part of the result
        f"killed {ROUNDS} times under {CLIENTS} clients; {turns} turns were acknowledged"
    )


def check(http: httpx2.Client, conversation: str, turns: list[str], added: list[str]) -> None:
    assert text_of(ask(http, "echo free", conversation=conversation, store=True)) == "free"
    pages: list[dict[str, object]] = []
    after: dict[str, str] = {}
    while True:
        page = items_of(http, conversation, **after)
        pages += page
        if len(page) < 100:
            break
        after = {"after": page[-1]["id"]}
    lines = said(pages)
    for index, line in enumerate(lines):
        if line.startswith("user: pace"):
            word = line.split("\n")[1].removeprefix("echo ")
            assert lines[index + 1].startswith(f"assistant: {word}"), "question and answer together"
    told = "\n".join(lines)
    for word in turns:
        assert told.count(f"echo {word}\n") >= 1
    for word in added:
        assert lines.count(f"user: {word}") >= 1
