"""The embedded server as a real process, for every test that needs one.

Nothing of it runs inside the test: it listens on a Unix socket (or on TCP) over a real database
file, and can be stopped gently, killed, and started again on the same file.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from openai import AsyncOpenAI, OpenAI

TOKEN = "a-token-for-tests"
START_SECONDS = 20.0


@dataclass
class EmbeddedServer:
    """A running server. Make one with `start`; end it with `stop` or `kill`."""

    base_url: str
    """For clients, ending in `/v1`; over a Unix socket any host would do."""
    uds: Path | None
    """The Unix socket, None on TCP."""
    database: Path
    process: subprocess.Popen[str]
    token: str = TOKEN
    """What clients show; without meaning on a Unix socket."""
    _sockets: Path | None = None
    _clients: list[Any] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        directory: Path,
        *,
        tcp: bool = False,
        interrupted: str = "keep",
        arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> EmbeddedServer:
        """Start a server whose database is `directory/chat.db`, and wait until it listens.

        Started again in the same directory it finds what was there. `arguments` go to its command
        line, `environment` into its environment. Raises RuntimeError with what it said if it does
        not start.
        """
        database = directory / "chat.db"
        command = [sys.executable, "-m", "chat_tui.server", "--database", str(database)]
        sockets = None
        if tcp:
            command += ["--token-env", "CHAT_TUI_TEST_TOKEN"]
        else:
            # Directories of tests may have longer names than a socket can.
            sockets = Path(tempfile.mkdtemp(prefix="chat-tui-"))
            command += ["--uds", str(sockets / "socket")]
        process = subprocess.Popen(
            [*command, "--parent-pipe", "--interrupted", interrupted, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CHAT_TUI_TEST_TOKEN": TOKEN, **(environment or {})},
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            _, said = process.communicate(timeout=START_SECONDS)
            raise RuntimeError(f"the server did not start: {said}")
        ready = json.loads(line)
        uds = Path(ready["uds"]) if ready["uds"] else None
        return cls(ready["url"], uds, database, process, _sockets=sockets)

    def stop(self) -> str:
        """End it as its parent's death would, and return what it wrote on standard error."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None
        return self._ended()

    def terminate(self) -> str:
        """End it by SIGTERM, and return what it wrote on standard error."""
        self.process.terminate()
        return self._ended()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self._ended()

    def _ended(self) -> str:
        for client in self._clients:
            client.close()
        self._clients.clear()
        _, said = self.process.communicate(timeout=START_SECONDS)
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
        return said

    def transport(self) -> httpx2.HTTPTransport:
        """Return a transport to it."""
        return httpx2.HTTPTransport(uds=str(self.uds) if self.uds else None)

    def async_transport(self) -> httpx2.AsyncHTTPTransport:
        """Return an asynchronous transport to it."""
        return httpx2.AsyncHTTPTransport(uds=str(self.uds) if self.uds else None)

    def http(self) -> httpx2.Client:
        """Return a plain client with the token; paths begin below `/v1`."""
        client = httpx2.Client(
            transport=self.transport(),
            base_url=self.base_url,
            headers={"authorization": f"Bearer {self.token}"},
            timeout=30,
        )
        self._clients.append(client)
        return client

    def openai(self) -> OpenAI:
        """Return the official client, without retries."""
        client = OpenAI(
            base_url=self.base_url,
            api_key=self.token,
            http_client=httpx2.Client(transport=self.transport(), timeout=30),
            max_retries=0,
        )
        self._clients.append(client)
        return client

    def async_openai(self) -> AsyncOpenAI:
        """Return the official asynchronous client, without retries; the caller closes it."""
        return AsyncOpenAI(
            base_url=self.base_url,
            api_key=self.token,
            http_client=httpx2.AsyncClient(transport=self.async_transport(), timeout=30),
            max_retries=0,
        )

    def files(self) -> bytes:
        """Return the bytes of everything in the data directory, one after the other."""
        return b"".join(path.read_bytes() for path in sorted(self.database.parent.iterdir()))


def eventually(check: Any, seconds: float = 10.0) -> Any:
    """Return the first true value of `check()`, asked again and again; fail when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
