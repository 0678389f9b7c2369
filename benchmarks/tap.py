"""A wire between client and server that notes when what passed: the clock of the lag."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit


@dataclass
class Tap:
    """What passed from the server to the client."""

    url: str
    passed: list[tuple[float, bytes]] = field(default_factory=list)

    def seen(self, mark: bytes) -> float:
        """Return when ``mark`` passed last, in seconds of ``perf_counter``."""
        for at, data in reversed(self.passed):
            if mark in data:
                return at
        raise AssertionError(f"{mark!r} never passed")


@contextmanager
def tapped(url: str) -> Iterator[Tap]:
    """Yield a tap before the server at ``url``."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    server = (parts.hostname, parts.port)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        tap = Tap(urlunsplit(parts._replace(netloc=place)))
        threading.Thread(target=_listen, args=(listener, server, tap), daemon=True).start()
        yield tap


def _listen(listener: socket.socket, server: tuple[str, int], tap: Tap) -> None:
    with suppress(OSError):  # closed at the end
        while True:
            client, _ = listener.accept()
            far = socket.create_connection(server)
            for arguments in ((client, far, None), (far, client, tap)):
                threading.Thread(target=_carry, args=arguments, daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, tap: Tap | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
            if tap is not None:
                tap.passed.append((time.perf_counter(), data))
        sink.shutdown(socket.SHUT_WR)
