"""How a stream flows: slow readers, silence, and many at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chat_tui.server import replies
from chat_tui.server.database import Database
from chat_tui.server.event_log import EventLog
from chat_tui.server.feed import Feed
from chat_tui.server.kept_events import stored_events
from chat_tui.server.plan import make_plan
from chat_tui.server.response_params import RESPONSE
from chat_tui.server.service import Service
from chat_tui.server.upstream.demo import Demo
from tests.server.asking import ask, text_of

if TYPE_CHECKING:
    from tests.support.server import EmbeddedServer


def memory(server: EmbeddedServer) -> int:
    """Return the resident memory of the server in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_a_slow_reader_holds_bounded_memory(server: EmbeddedServer) -> None:
    before = memory(server)
    body = json.dumps({"model": "demo", "input": "pace 0\nlong 200000", "stream": True}).encode()
    with socket.socket(socket.AF_UNIX) as reader:
        reader.connect(str(server.uds))
        head = b"POST /v1/responses HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        reader.sendall(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        assert reader.recv(1000)
        # 50 MB of events wait for a reader that does not come; others are served meanwhile.
        http = server.http()
        for _ in range(20):
            assert text_of(ask(http, "echo on")) == "on"
        assert memory(server) - before < 15_000


async def test_a_feed_waits_for_its_reader_and_ends() -> None:
    feed = Feed()
    while feed._room.is_set():
        feed.push(b"x" * 10_000)
    waiting = asyncio.create_task(feed.room())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    assert await feed.take(1)
    await waiting
    assert await feed.take(0.01) == b"", "nothing new"
    feed.push(b"last")
    feed.close()
    assert await feed.take(1) == b"last"
    assert await feed.take(1) is None


async def test_an_abandoned_feed_holds_nobody_up() -> None:
    feed = Feed()
    while feed._room.is_set():
        feed.push(b"x" * 10_000)
    waiting = asyncio.create_task(feed.room())
    await asyncio.sleep(0)
    feed.abandon()
    await waiting
    feed.push(b"more")
    assert await feed.take(1) is None


async def test_a_log_serves_every_reader_from_where_it_stands() -> None:
    log = EventLog()
    log.push(b"a\n\n")
    assert await log.read(0, 1) == (b"a\n\n", 1)
    readers = [asyncio.create_task(log.read(start, 1)) for start in (1, 1, 0)]
    await asyncio.sleep(0)
    log.push(b"b\n\n")
    found = [await reader for reader in readers]
    assert found == [(b"b\n\n", 2), (b"b\n\n", 2), (b"a\n\n", 1)]
    assert await log.read(2, 0.01) == (b"", 2)
    log.close()
    assert await log.read(2, 1) == (None, 2)


async def test_a_log_is_handed_out_in_parts() -> None:
    log = EventLog()
    events = [b"%d " % number * 1000 + b"\n\n" for number in range(500)]
    for event in events:
        log.push(event)
    log.close()
    parts, position = [], 0
    while (part := await log.read(position, 1))[0] is not None:
        data, position = part
        assert data is not None
        parts.append(data)
    assert b"".join(parts) == b"".join(events)
    assert len(parts) > 3
    assert max(map(len, parts)) < 300_000


@pytest.mark.parametrize("start", [0, 1, 7, 299, 300, 1000])
def test_stored_events_are_found_by_number(start: int) -> None:
    rng = random.Random(3)
    events = [rng.randbytes(rng.randrange(9000)).hex().encode() + b"\n\n" for _ in range(300)]
    parts = list(stored_events(zlib.compress(b"".join(events)), start))
    assert b"".join(parts) == b"".join(events[start:])
    assert all(len(part) < 400_000 for part in parts)
    assert len(parts) > 3 or start > 290


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_slow_readers_of_a_log_hold_bounded_memory(server: EmbeddedServer) -> None:
    http = server.http()
    body = {"model": "demo", "input": "pace 0\nlong 50000", "background": True, "stream": True}
    with http.stream("POST", "/responses", json=body) as reply:
        whole = reply.read()
    assert len(whole) > 10_000_000
    response_id = json.loads(whole.split(b"\n")[1].removeprefix(b"data: "))["response"]["id"]
    before = memory(server)
    path = f"/v1/responses/{response_id}?stream=true"
    with contextlib.ExitStack() as open_readers:
        for _ in range(10):
            reader = open_readers.enter_context(socket.socket(socket.AF_UNIX))
            reader.connect(str(server.uds))
            reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert reader.recv(1000)
        assert text_of(ask(http, "echo on")) == "on"
        assert memory(server) - before < 20_000
    with http.stream("GET", path.removeprefix("/v1")) as reply:
        assert reply.read() == whole


async def test_silence_is_filled_with_comments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(replies, "KEEP_ALIVE_SECONDS", 0.02)
    database, upstream = Database(tmp_path / "chat.db"), Demo()
    service = Service(database, upstream, "keep")
    params = RESPONSE.check({"model": "demo", "input": "stall 0.2\npace 0", "store": False})
    plan = await make_plan(database, upstream, params)
    sent: list[bytes] = []

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, bytes]) -> None:
        sent.append(message.get("body", b""))

    await replies.StreamedTurn(service, plan, padded=False)(receive, send)  # type: ignore[arg-type]
    database.close()
    assert sent.count(b": keep-alive\n\n") >= 3
    assert b"response.completed" in b"".join(sent)


async def test_fifty_at_once(server: EmbeddedServer) -> None:
    client = server.async_openai()

    async def one(number: int) -> str:
        text = ""
        stream = await client.responses.create(
            model="demo", input=f"pace 500\necho {number}\nlong 40", stream=True
        )
        async for event in stream:
            if event.type == "response.output_text.delta":
                text += event.delta
        return text.split("\n")[0]

    found = await asyncio.gather(*map(one, range(50)))
    assert found == [str(number) for number in range(50)]
    await client.close()
