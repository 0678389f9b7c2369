"""A server that misbehaves on order, for what the embedded server never does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    """As it was on the wire, with the query."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: Any
    """Parsed JSON, or None."""


Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


def replying(
    body: object = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    kind: str = "application/json",
) -> Reply:
    """Answer properly; ``body`` is JSON unless it is bytes.

    With a ``content-length`` of its own the connection is closed after what there is.
    """
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def reply(writer: asyncio.StreamWriter) -> None:
        fields = {"content-type": kind, "content-length": str(len(data)), **(headers or {})}
        writer.write(_head(status, fields) + data)
        if "content-length" in (headers or {}):
            writer.close()

    return reply


def refusing(status: int, code: str | None = None, message: str = "No.", **fields: Any) -> Reply:
    """Answer with an error in the shape of the API; ``headers`` may be given."""
    headers = fields.pop("headers", None)
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return replying({"error": {**error, **fields}}, status, headers)


def streaming(
    *events: Json, end: str = "clean", chunk: int | None = None, raw: bytes | None = None
) -> Reply:
    """Answer with an event stream.

    ``end`` is ``clean`` (a complete body), ``cut`` (the connection breaks within the chunked
    body), ``close`` (the body lasts until the connection closes), ``stall`` (silence until the
    client goes) or ``endless`` (one event without end). ``chunk`` cuts it into pieces of that many
    bytes; ``raw`` is sent instead of events.
    """
    data = b"".join(sse(event) for event in events) if raw is None else raw
    pieces = [data[i : i + chunk] for i in range(0, len(data), chunk)] if chunk else [data]

    async def reply(writer: asyncio.StreamWriter) -> None:
        fields = {"content-type": "text/event-stream; charset=utf-8"}
        if end == "close":
            writer.write(_head(200, {**fields, "connection": "close"}) + data)
            writer.close()
            return
        writer.write(_head(200, {**fields, "transfer-encoding": "chunked"}))
        for piece in pieces:
            if piece:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
        match end:
            case "clean":
                writer.write(b"0\r\n\r\n")
            case "cut":
                writer.write(b"ff\r\ndata: {")
                await writer.drain()
                writer.close()
            case "stall":
                await writer.drain()
                await asyncio.Event().wait()
            case "endless":
                piece = b"x" * 65536
                writer.write(b"6\r\ndata: \r\n")
                while True:
                    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    await writer.drain()

    return reply


def sse(event: Json) -> bytes:
    """Return one event as it is on the wire."""
    return f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n".encode()


async def hanging_up(writer: asyncio.StreamWriter) -> None:
    """Take the request and close without an answer."""
    writer.close()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing until the client goes."""
    await asyncio.Event().wait()


async def babbling(writer: asyncio.StreamWriter) -> None:
    """Answer with what is not HTTP."""
    writer.write(b"\x00\x16\x03 this is no HTTP\r\n\r\n")
    writer.close()


@dataclass
class FaultServer:
    """Gives the replies in turn, the last one for ever; or what a function of the request says.

    Remembers what was asked.
    """

    replies: Sequence[Reply] | Callable[[Request], Reply]
    requests: list[Request] = field(default_factory=list)
    base_url: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                request = await _read(reader)
                self.requests.append(request)
                await self._reply_to(request)(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went
        finally:
            writer.close()
            self._tasks.discard(task)
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _reply_to(self, request: Request) -> Reply:
        if callable(self.replies):
            return self.replies(request)
        return self.replies[min(len(self.requests), len(self.replies)) - 1]


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, json.loads(body) if body else None)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
