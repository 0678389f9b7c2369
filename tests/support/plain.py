"""A plain client over a Unix socket, of the standard library only: fast, and it retries nothing."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Connection(http.client.HTTPConnection):
    """One connection, for one request after the other; a killed server ends it with an OSError."""

    def __init__(self, uds: Path) -> None:
        super().__init__("localhost")
        self._uds = uds

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._uds))

    def begin(self, method: str, path: str, body: Json | None = None) -> http.client.HTTPResponse:
        """Send a request, and return the reply before its body is read."""
        self.request(method, f"/v1{path}", json.dumps(body) if body is not None else None)
        return self.getresponse()

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """Return the body of the reply: JSON, or a stream's text. It must not be an error."""
        reply = self.begin(method, path, body)
        text = reply.read()
        assert reply.status == 200, text
        if reply.headers["content-type"] == "application/json":
            return json.loads(text)
        return text.decode()

    def events(self, path: str, body: Json) -> Iterator[Json]:
        """Yield the events of a stream as they come."""
        reply = self.begin("POST", path, body)
        assert reply.status == 200, reply.read()
        rest = b""
        while data := reply.read1(65536):
            *whole, rest = (rest + data).split(b"\n\n")
            for event in whole:
                _, _, text = event.partition(b"\ndata: ")
                if text:
                    yield json.loads(text)
