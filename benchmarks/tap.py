"""A wire between client and server that notes when what passed: the clock of the lag."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from benchmarks.shapes import MARK


@dataclass
class Tap:
    """What passed from the server to the client."""

    url: str
    passed: list[tuple[float, bytes]] = field(default_factory=list)

    def marks(self) -> dict[int, float]:
        """Return when each mark passed first, in seconds of ``perf_counter``."""
        found: dict[int, float] = {}
        rest = b""
        for at, data in self.passed[:]:
            for number in MARK.findall(rest + data):
                found.setdefault(int(number), at)
            rest = data[-16:]
        return found


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
                # Else small writes wait for acknowledgements, which is no lag of the program.
                arguments[1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_carry, args=arguments, daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, tap: Tap | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if tap is not None:
                tap.passed.append((time.perf_counter(), data))
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
