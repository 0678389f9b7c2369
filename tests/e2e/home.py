"""A person's home directory: the files of the program, apart from those of all others."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.program import Program
from tests.support.server import EmbeddedServer

COMMAND = str(Path(sys.executable).with_name("chat-tui"))


class Home:
    """Where one person uses `chat-tui`."""

    def __init__(self, root: Path, runtime: Path) -> None:
        self.root = root
        self.config = root / "config" / "config.toml"
        self.data = root / "data"
        self.library = self.data / "library.db"
        self.server_database = self.data / "server.db"
        self.state = root / "state"
        self._runtime = runtime
        self.env = {
            "HOME": str(root),
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "XDG_RUNTIME_DIR": str(runtime),
            "CHAT_TUI_CONFIG_DIR": str(root / "config"),
            "CHAT_TUI_DATA_DIR": str(self.data),
            "CHAT_TUI_STATE_DIR": str(self.state),
        }
        """What the program finds in its environment; tests may change it."""
        self._started: list[Program] = []

    # --- using the program ----------------------------------------------------------------------

    def start(self, *arguments: str, size: tuple[int, int] = (120, 40)) -> Program:
        """Start the interface in a terminal; it is ended with the test at the latest."""
        program = Program([COMMAND, *arguments], self.env, size=size)
        self._started.append(program)
        return program

    def open(self, *arguments: str, size: tuple[int, int] = (120, 40)) -> Program:
        """Start the interface and wait until it shows a conversation."""
        program = self.start(*arguments, size=size)
        program.ready()
        return program

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command that needs no terminal."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """Run a command that prints JSON and return what it says."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def configure(self, toml: str) -> None:
        """Write the configuration."""
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(toml, encoding="utf-8")

    def close(self) -> None:
        """End every program that still runs."""
        for program in self._started:
            program.close()

    # --- looking behind it ----------------------------------------------------------------------

    def conversation_id(self) -> str:
        """Return the id of the one conversation there is."""
        (conversation,) = self.json("list")
        return str(conversation["conversation_id"])

    @contextmanager
    def server(self) -> Iterator[httpx2.Client]:
        """Serve this home's conversations while no program does, and yield a client."""
        running = EmbeddedServer.start(
            self.root, arguments=("--database", str(self.server_database))
        )
        try:
            yield running.http()
        finally:
            running.stop()

    @contextmanager
    def live(self) -> Iterator[httpx2.Client]:
        """Yield a client of the server that the running program started."""
        (socket,) = self._runtime.glob("chat-tui-*/server.sock")
        with httpx2.Client(
            transport=httpx2.HTTPTransport(uds=str(socket)), base_url="http://server/v1", timeout=10
        ) as client:
            yield client

    def cached(self, sql: str) -> list[Any]:
        """Return the first column of a query on the library."""
        with closing(sqlite3.connect(f"file:{self.library}?mode=ro", uri=True)) as library:
            return [row[0] for row in library.execute(sql)]

    def files(self) -> Mapping[Path, bytes]:
        """Return every file of the program with its bytes."""
        return {
            path: path.read_bytes()
            for directory in (self.data, self.state, self.root / "config", self._runtime)
            for path in directory.rglob("*")
            if path.is_file()
        }


def items(client: httpx2.Client, conversation: str) -> list[dict[str, Any]]:
    """Return what a server lists of a conversation, oldest first."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        after = {"after": found[-1]["id"]} if found else {}
        page = client.get(
            f"/conversations/{conversation}/items", params={"order": "asc", "limit": 100, **after}
        ).raise_for_status()
        found += page.json()["data"]
        more = page.json()["has_more"]
    return found


def texts(found: list[dict[str, Any]]) -> list[str]:
    """Return what messages say."""
    return [
        "".join(part["text"] for part in item["content"])
        for item in found
        if item["type"] == "message"
    ]
