"""A Chat Completions server that says what a test told it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


def chunk(finish: str | None = None, **delta: Any) -> Json:
    """Return one chunk of a stream."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def texts(*parts: str, finish: str | None = "stop") -> list[Any]:
    """Return the chunks of a plain answer."""
    first = chunk(role="assistant", content="")
    return [first, *(chunk(content=part) for part in parts), chunk(finish)]


@dataclass
class Script:
    """One answer: events to stream, or a status with a body."""

    events: list[Any] = field(default_factory=list)
    """Chunks as objects, raw lines as strings, seconds to wait as floats."""
    status: int = 200
    body: Any = None
    """A JSON body instead of a stream."""
    done: bool = True
    """Whether `[DONE]` ends the stream."""
    cut: bool = False
    """Whether the connection breaks in the middle instead of ending."""
    stalled: bool = False
    """Whether nothing more is sent, and the connection stays open until the client closes it."""


class FakeChat:
    """The server; `base_url` is what to give as upstream."""

    def __init__(self) -> None:
        self.scripts: deque[Script] = deque()
        self.asked: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.models: Any = {"data": [{"id": "llama", "created": 7, "owned_by": "meta"}]}
        self.models_status = 200
        self.left = threading.Event()
        """Set when a client went away in the middle of an answer."""
        handler = type("Handler", (_Handler,), {"chat": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def will_say(self, *events: Any, **more: Any) -> None:
        """Say this next."""
        self.scripts.append(Script(list(events), **more))

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: FakeChat

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._json(self.chat.models_status, self.chat.models)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.chat.asked.append(json.loads(body))
        self.chat.headers.append({k.lower(): v for k, v in self.headers.items()})
        script = self.chat.scripts.popleft()
        if script.body is not None:
            self._json(script.status, script.body)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for event in script.events:
                if isinstance(event, float):
                    self._wait(event)
                else:
                    line = event if isinstance(event, str) else f"data: {json.dumps(event)}"
                    self._send(f"{line}\n\n".encode())
            if script.stalled:
                self.close_connection = True
                self.rfile.read(1)
                self.chat.left.set()
                return
            if script.cut:
                self.close_connection = True
                self.connection.close()
                return
            if script.done:
                self._send(b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.chat.left.set()

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.02)
            self._send(b": waiting\n\n")

    def _send(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _json(self, status: int, body: Any) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
