"""The embedded server by itself, over its socket: calls, streams, long conversations, memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent
from tests.support.plain import Connection
from tests.support.server import EmbeddedServer

STREAMS = 50
TOKENS = 500
FEW, MANY = 100, 10_000
LINE = "how does one read a long conversation without reading all of it each time? "
"""What each item of a long conversation says: nineteen tokens."""
WINDOW = 2000
"""Tokens of context where only what fits is read; a hundred such items fit."""


def measure(extent: Extent) -> list[Result]:
    """Ask for one thing after the other."""
    quick = extent is Extent.QUICK
    return [
        *_calls(50 if quick else 500),
        *_one_stream(5 if quick else 40),
        *_many_streams(1 if quick else 4),
        *_lengths(1000 if quick else MANY, 20 if quick else 200),
        *_memory(100 if quick else 1000),
    ]


@contextmanager
def _served(*arguments: str) -> Iterator[EmbeddedServer]:
    with TemporaryDirectory(prefix="ctui-") as place:
        server = EmbeddedServer.start(Path(place), arguments=arguments)
        try:
            yield server
        finally:
            server.stop()


def _connect(server: EmbeddedServer) -> Connection:
    assert server.uds is not None
    return Connection(server.uds)


def _timed(times: int, call: Callable[[], Any]) -> list[float]:
    """Return the seconds of each call; the first ones, which warm up, are left out."""
    found = []
    for _ in range(times + 5):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return found[5:]


def _two(case: str, seconds: list[float], note: str = "") -> list[Result]:
    return [
        Result(case, "median", median(seconds) * 1000, "ms", note=note),
        Result(case, "p95", percentile(seconds, 0.95) * 1000, "ms"),
    ]


def _user(text: str) -> dict[str, str]:
    return {"type": "message", "role": "user", "content": text}


# One thing at a time


def _calls(times: int) -> list[Result]:
    with _served() as server:
        ask = _connect(server).ask
        items = [_user(f"question {number}") for number in range(20)]
        name = ask("POST", "/conversations", {"items": items})["id"]
        path = f"/conversations/{name}/items"
        created = _timed(times, lambda: ask("POST", "/conversations", {}))
        appended = _timed(times, lambda: ask("POST", path, {"items": [_user("one more")]}))
        listed = _timed(times, lambda: ask("GET", f"{path}?limit=20"))
    return [
        *_two("create a conversation", created, "on disk before it is told"),
        *_two("append an item", appended),
        *_two("list 20 items", listed),
    ]


def _turn(tokens: int = TOKENS, **more: Any) -> dict[str, Any]:
    return {"model": "demo", "input": f"pace 0\nlong {tokens}", "stream": True, **more}


def _one_stream(times: int) -> list[Result]:
    firsts, rates = [], []
    with _served() as server:
        connection = _connect(server)
        name = connection.ask("POST", "/conversations", {})["id"]
        for _ in range(times + 2):
            begun = time.perf_counter()
            events = connection.events("/responses", _turn(conversation=name))
            next(events)
            first = time.perf_counter()
            count = 1 + sum(1 for _ in events)
            firsts.append(first - begun)
            rates.append(count / (time.perf_counter() - begun))
    firsts, rates = firsts[2:], rates[2:]
    case = f"turn of {TOKENS} tokens"
    return [
        Result(case, "first event, median", median(firsts) * 1000, "ms", target=15),
        Result(case, "first event, p95", percentile(firsts, 0.95) * 1000, "ms"),
        _pace(case, rates),
    ]


def _pace(case: str, rates: list[float]) -> Result:
    """Return events per second as the time of a thousand, of which less is better."""
    rate = median(rates)
    return Result(case, "1,000 events", 1e6 / rate, "ms", target=333, note=f"{rate:,.0f} a second")


# Many at a time


def _many_streams(times: int) -> list[Result]:
    firsts: list[float] = []
    wholes: list[float] = []
    rates: list[float] = []
    with _served() as server:
        for _ in range(times):
            begun = time.perf_counter()
            found = asyncio.run(_streams(server))
            spent = time.perf_counter() - begun
            firsts += [first for first, _, _ in found]
            wholes += [whole for _, whole, _ in found]
            rates.append(sum(count for _, _, count in found) / spent)
        peak = _kilobytes(server, "VmHWM") / 1024
    case = f"{STREAMS} streams at once"
    return [
        *_two(f"{case}: first event", firsts),
        *_two(f"{case}: whole answer", wholes),
        _pace(case, rates),
        Result(case, "peak memory", peak, "MB"),
    ]


async def _streams(server: EmbeddedServer) -> list[tuple[float, float, int]]:
    return await asyncio.gather(*(_stream(server) for _ in range(STREAMS)))


async def _stream(server: EmbeddedServer) -> tuple[float, float, int]:
    """Return the seconds to the first event and to the end, and the number of events."""
    reader, writer = await asyncio.open_unix_connection(str(server.uds))
    body = json.dumps(_turn()).encode()
    head = f"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
    begun = time.perf_counter()
    writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
    await reader.readuntil(b"event: ")
    first = time.perf_counter() - begun
    rest = await reader.read(-1)
    whole = time.perf_counter() - begun
    writer.close()
    return first, whole, 1 + rest.count(b"event: ")


# Long conversations


def _lengths(most: int, times: int) -> list[Result]:
    results = []
    with _served() as server, _served("--context-window", str(WINDOW)) as narrow:
        few, many = _seeded(server, FEW), _seeded(server, most)
        for case, call in (
            ("newest page of 20", _newest_page),
            ("page of 20 in the middle", _middle_page),
            ("append", _append),
            ("read context after a compaction", _count),
        ):
            results.append(_compared(f"{most:,} items: {case}", call, server, (few, many), times))
        both = _filled(narrow, FEW), _filled(narrow, most)
        results.append(_compared(f"{most:,} items: read what fits", _fitting, narrow, both, times))
    return results


def _compared(
    case: str,
    call: Callable[[Connection, str], Callable[[], Any]],
    server: EmbeddedServer,
    names: tuple[str, str],
    times: int,
) -> Result:
    """Measure a short and a long conversation by turns, so that a busy moment hits both."""
    calls = [call(_connect(server), name) for name in names]
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(5):
        for seconds, one in zip(found, calls, strict=True):
            seconds.extend(_timed(times // 5, one))
    short, long = (median(seconds) * 1000 for seconds in found)
    return Result(case, "median", long, "ms", short, 1.3, note=f"against {FEW} items")


def _seeded(server: EmbeddedServer, size: int) -> str:
    """Return a conversation of this many items, the last hundred of them after a compaction."""
    ask = _connect(server).ask
    name = str(ask("POST", "/conversations", {})["id"])
    older = size - FEW
    _add(ask, name, older)
    trigger = [_user("pace 0\necho go on"), {"type": "compaction_trigger"}]
    body = {"model": "demo", "conversation": name, "input": trigger, "truncation": "auto"}
    # The threshold keeps the summary as short for both.
    short = {"context_management": [{"type": "compaction", "compact_threshold": 1000}]}
    ask("POST", "/responses", {**body, **short})
    _add(ask, name, FEW - 3)
    return name


def _filled(server: EmbeddedServer, size: int) -> str:
    """Return a conversation of this many items, more than the window holds."""
    ask = _connect(server).ask
    name = str(ask("POST", "/conversations", {})["id"])
    _add(ask, name, size)
    return name


def _add(ask: Callable[..., Any], name: str, count: int) -> None:
    for start in range(0, count, 20):
        items = [_user(LINE) for _ in range(min(20, count - start))]
        ask("POST", f"/conversations/{name}/items", {"items": items})


def _newest_page(connection: Connection, name: str) -> Callable[[], Any]:
    return lambda: connection.ask("GET", f"/conversations/{name}/items?limit=20")


def _middle_page(connection: Connection, name: str) -> Callable[[], Any]:
    path = f"/conversations/{name}/items?limit=20"
    page = connection.ask("GET", f"{path}&limit=40")
    return lambda: connection.ask("GET", f"{path}&after={page['last_id']}")


def _append(connection: Connection, name: str) -> Callable[[], Any]:
    body = {"items": [_user("one more")]}
    return lambda: connection.ask("POST", f"/conversations/{name}/items", body)


def _count(connection: Connection, name: str) -> Callable[[], Any]:
    body = {"model": "demo", "conversation": name, "input": "x"}
    return lambda: connection.ask("POST", "/responses/input_tokens", body)


def _fitting(connection: Connection, name: str) -> Callable[[], Any]:
    body = {
        "model": "demo",
        "conversation": name,
        "input": "pace 0\necho x",
        "truncation": "auto",
        "store": False,
    }
    return lambda: connection.ask("POST", "/responses", body)


# Memory


def _memory(turns: int) -> list[Result]:
    with _served() as server:
        ask = _connect(server).ask

        def talk(count: int) -> float:
            for number in range(count):
                if number % 50 == 0:
                    name = ask("POST", "/conversations", {})["id"]
                ask("POST", "/responses", _turn(100, conversation=name))
            return _kilobytes(server, "VmRSS") / 1024

        early, late = talk(turns // 4), talk(turns - turns // 4)
    return [
        Result(f"{turns:,} turns", "memory", late, "MB", early, 1.1, note="against after a quarter")
    ]


def _kilobytes(server: EmbeddedServer, field: str) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0])
