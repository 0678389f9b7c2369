"""Starts server after server in a few milliseconds each, for tests that kill hundreds of them.

As a program it has everything imported and waits for lines of JSON; for each it forks a process
that serves as `python -m chat_tui.server` would. Each is a process of its own: nothing of one
survives its death but the files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Self


class Forker:
    """The program, from the side of a test. Use as a context manager."""

    def __enter__(self) -> Self:
        self._sockets = tempfile.TemporaryDirectory(prefix="chat-tui-")
        self.uds = Path(self._sockets.name) / "socket"
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.server.forker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._program.communicate()
        self._sockets.cleanup()

    def start(self, database: Path) -> int:
        """Start a server, once the one before is dead; return its process id when it listens."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        order = {"database": str(database), "uds": str(self.uds)}
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())


def _serve(order: dict[str, Any]) -> None:
    from chat_tui.server.options import Options  # noqa: PLC0415 as below
    from chat_tui.server.run import serve  # noqa: PLC0415 tests that import us need none of it

    def announce(_ready: object) -> None:
        sys.stdout.write(f"{os.getpid()}\n")
        sys.stdout.flush()

    serve(Options(Path(order["database"]), uds=Path(order["uds"])), announce)


def main() -> None:
    """Fork a server for each line of standard input, and end the last one at its end."""
    import chat_tui.server.run  # noqa: F401, PLC0415 before the first fork

    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            _serve(json.loads(line))
            os._exit(0)
    if child:
        os.kill(child, 15)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
