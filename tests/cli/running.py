"""The program as a real process with a home of its own, with pipes or in a real terminal."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openai import OpenAI

COMMAND = (sys.executable, "-m", "chat_tui")
SECONDS = 30.0


@dataclass
class Home:
    """Where one user's files are; nothing of the real user's is seen."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / "config" / "config.toml"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    @property
    def runtime(self) -> Path:
        """Where sockets are made."""
        return self.root / "run"

    def write_config(self, text: str) -> None:
        """Write the configuration file."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a process of this user."""
        self.runtime.mkdir(parents=True, exist_ok=True)
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        return {
            **keep,
            "HOME": str(self.root),
            "TMPDIR": str(self.runtime),
            "TERM": "xterm-256color",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "CHAT_TUI_CONFIG_DIR": str(self.root / "config"),
            "CHAT_TUI_DATA_DIR": str(self.data),
            "CHAT_TUI_STATE_DIR": str(self.root / "state"),
            **self.env,
            **more,
        }

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            env=self.environment(**env),
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start a command with pipes."""
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment(**env),
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def in_terminal(
        self, *arguments: str, until: Callable[[str], bool] = lambda text: False, **env: str
    ) -> tuple[int, str]:
        """Run a command in a terminal; return its exit code and all that it wrote.

        When ``until`` holds for what was written so far, the process is killed and the code is
        that of a kill.
        """
        ours, theirs = os.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment(**env),
            cwd=self.root,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        written = b""
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        written += os.read(ours, 65536)
                    except OSError:  # the terminal is closed: everyone left
                        break
                    if until(plain(written)):
                        break
            else:
                raise AssertionError(f"it did not end:\n{plain(written)[-2000:]}")
        finally:
            if process.poll() is None and until(plain(written)):
                process.kill()
            code = process.wait(SECONDS)
            os.close(ours)
        return code, plain(written)

    def list(self, *arguments: str) -> list[dict[str, Any]]:
        """Return what ``list --json`` prints."""
        found: list[dict[str, Any]] = json.loads(ok(self.run("list", "--json", *arguments)))
        return found

    def show(self, *arguments: str) -> dict[str, Any]:
        """Return what ``show --json`` prints."""
        found: dict[str, Any] = json.loads(ok(self.run("show", "--json", *arguments)))
        return found

    def serve(self, *arguments: str) -> Served:
        """Start ``serve`` on a free port and wait until it tells where."""
        process = self.start("serve", "--port", "0", *arguments)
        assert process.stdout is not None
        told = ""
        while "Stop it" not in told:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            told += line
        exports = dict(re.findall(r"export (\w+)=(\S+)", told))
        return Served(process, told, exports)


@dataclass
class Served:
    """A running ``chat-tui serve``."""

    process: subprocess.Popen[str]
    told: str
    exports: dict[str, str]
    """What it told a person to export."""

    def client(self) -> OpenAI:
        """Return the official client as a person would set it up."""
        return OpenAI(
            base_url=self.exports["OPENAI_BASE_URL"],
            api_key=self.exports["OPENAI_API_KEY"],
            max_retries=0,
        )

    def stop(self) -> int:
        """End it as ctrl+c does and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=SECONDS)
        return self.process.returncode


def ok(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a successful command printed."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(written: bytes) -> str:
    """Return what was written to a terminal without its escape sequences."""
    text = written.decode(errors="replace")
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-_])", "", text).replace("\r\n", "\n")


def one_sentence(text: str) -> str:
    """Return what a command said on standard error, which must be one line and no traceback."""
    assert text.endswith("\n")
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    assert text.rstrip().endswith((".", "?", "…")), text
    return text.rstrip()
