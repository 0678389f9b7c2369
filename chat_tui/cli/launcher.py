"""The embedded server as a child process: started when first needed, ended with the program."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import sys
from pathlib import Path

from chat_tui.config import DEMO, LOCAL, EmbeddedServer, Profile
from chat_tui.errors import ChatTuiError

LONGEST_SOCKET_PATH = 107
"""Bytes of a socket's path that every system takes."""
START_SECONDS = 20.0
STOP_SECONDS = 3.0
"""How long the server may take to end by itself; it settles running turns within two."""
_KEY_VARIABLE = "CHAT_TUI_UPSTREAM_KEY"
_TOLD = 4000
"""Bytes at the end of the server's error output in which its reason is looked for."""


class EmbeddedServerLauncher:
    """One embedded server for this program, on a socket that only this user can reach."""

    def __init__(self, database: Path, settings: EmbeddedServer, profile: Profile = LOCAL) -> None:
        self._database = database
        self._settings = settings
        self._profile = profile
        self._directory: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[Path] | None = None

    async def start(self) -> Path:
        """Return the server's socket, starting it when needed or when it died.

        Calls at the same time share one start. Raises ChatTuiError with the server's own reason.
        """
        if self._starting is None:
            if self._running and self._directory is not None:
                return _socket(self._directory)
            self._starting = asyncio.create_task(self._start())
        # A caller that gives up must not end the start that others wait for.
        return await asyncio.shield(self._starting)

    @property
    def _running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _start(self) -> Path:
        try:
            if self._directory is None:
                self._directory = await asyncio.to_thread(_runtime_directory)
                # For the ways to end on which nobody calls stop.
                atexit.register(_remove, self._directory)
            await self._spawn(self._directory)
            return _socket(self._directory)
        finally:
            self._starting = None

    async def _spawn(self, directory: Path) -> None:
        errors = directory / "stderr"
        key = await asyncio.to_thread(self._key)
        with errors.open("wb") as told:
            # -P: a chat_tui or asyncio lying in the working directory must not be imported.
            # A session of its own: keys pressed in the terminal are not for the server.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "chat_tui.server"),
                *self._options(directory, with_key=bool(key)),
                env={**os.environ, **key},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=told,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await _ready(self._process)
        except TimeoutError:
            ready = False
        except BaseException:
            await self._end()
            raise
        if not ready:
            await self._end()
            raise ChatTuiError(
                f"The embedded server did not start: {_reason(errors)}", "See chat-tui doctor."
            )

    def _upstream(self) -> str:
        return self._profile.upstream or self._settings.upstream

    def _key(self) -> dict[str, str]:
        """Return the environment in which the server finds its upstream's key, if there is one."""
        if self._upstream() == DEMO:
            return {}
        from chat_tui.gateway import find_key

        found = find_key(self._profile)
        return {} if found is None else {_KEY_VARIABLE: found.value}

    def _options(self, directory: Path, *, with_key: bool) -> list[str]:
        key = [f"--upstream-key-env={_KEY_VARIABLE}"] if with_key else []
        return [
            *key,
            f"--uds={_socket(directory)}",
            f"--database={self._database}",
            f"--upstream={self._upstream()}",
            f"--interrupted={self._settings.interrupted}",
            "--parent-pipe",
        ]

    async def stop(self) -> None:
        """End the server and remove its socket; does nothing where none was started."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self._end()
        if self._directory is not None:
            directory, self._directory = self._directory, None
            await asyncio.to_thread(_remove, directory)

    async def _end(self) -> None:
        """Close the pipe that keeps the server alive; insist when it stays."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for insist in (process.terminate, process.kill):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.communicate(), STOP_SECONDS)
                return
            with contextlib.suppress(ProcessLookupError):
                insist()
        await process.communicate()


async def _ready(process: asyncio.subprocess.Process) -> bool:
    """Wait for the line that tells that requests are taken; False when it ends without."""
    if process.stdout is None:
        return False
    try:
        said = json.loads(await process.stdout.readline())
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ready") is True


def _socket(directory: Path) -> Path:
    return directory / "server.sock"


def _runtime_directory() -> Path:
    """Make a directory for this user only, with a path short enough for a socket in it."""
    import tempfile

    for place in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp is safe there
        if not place:
            continue
        with contextlib.suppress(OSError):
            made = Path(tempfile.mkdtemp(prefix="chat-tui-", dir=place))
            if len(os.fsencode(_socket(made))) <= LONGEST_SOCKET_PATH:
                return made
            made.rmdir()
    raise ChatTuiError(
        "There is no place for the embedded server's socket.",
        "Set TMPDIR to a writable directory with a short name.",
    )


def _remove(directory: Path) -> None:
    import shutil

    shutil.rmtree(directory, ignore_errors=True)


def _reason(errors: Path) -> str:
    """Return the last line of what the server said before it ended."""
    try:
        said = errors.read_bytes()[-_TOLD:].decode(errors="replace").split("\n")
    except OSError:
        said = []
    lines = [line.strip() for line in said if line.strip()]
    return lines[-1] if lines else "it gave no reason."
