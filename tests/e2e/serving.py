"""`chat-tui serve` over TCP, as somebody else may run it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.home import COMMAND, Home


@contextmanager
def served(home: Home, token: str) -> Iterator[str]:
    """Run `chat-tui serve` in a place of its own and yield its base URL."""
    server = subprocess.Popen(
        [COMMAND, "serve", "--port=0", "--token", token, "--database", str(home.root / "far.db")],
        env=home.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        said = ""
        while not (found := re.search(r"OPENAI_BASE_URL=(\S+)", said)):
            line = server.stdout.readline()
            assert line, said
            said += line
        yield found[1]
    finally:
        server.terminate()
        server.communicate(timeout=10)
