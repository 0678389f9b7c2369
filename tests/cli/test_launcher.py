"""The embedded server as a child: one for all callers, back when it died, gone at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat_tui.cli.launcher import LONGEST_SOCKET_PATH, EmbeddedServerLauncher
from chat_tui.config import EmbeddedServer, Profile
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import Gateway


@pytest.fixture
async def launcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[EmbeddedServerLauncher]:
    runtime = tmp_path / "run"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    made = EmbeddedServerLauncher(tmp_path / "server.db", EmbeddedServer())
    yield made
    await made.stop()


def pid_of(launcher: EmbeddedServerLauncher) -> int:
    assert launcher._process is not None
    return launcher._process.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


async def models(socket: Path) -> list[str]:
    gateway = Gateway(Profile(name="local"), uds=socket)
    try:
        return await gateway.models()
    finally:
        await gateway.close()


async def test_callers_at_the_same_time_share_one_start(
    launcher: EmbeddedServerLauncher, tmp_path: Path
) -> None:
    sockets = await asyncio.gather(*(launcher.start() for _ in range(5)))
    assert len(set(sockets)) == 1
    pid = pid_of(launcher)
    assert await launcher.start() == sockets[0]
    assert pid_of(launcher) == pid
    assert await models(sockets[0]) == ["demo"]
    assert sockets[0].parent.parent == tmp_path / "run"
    assert sockets[0].parent.stat().st_mode & 0o777 == 0o700


async def test_a_caller_that_gives_up_does_not_end_the_start(
    launcher: EmbeddedServerLauncher,
) -> None:
    impatient = asyncio.create_task(launcher.start())
    patient = asyncio.create_task(launcher.start())
    await asyncio.sleep(0)
    impatient.cancel()
    assert await models(await patient) == ["demo"]


async def test_a_server_that_died_comes_back_at_the_same_place(
    launcher: EmbeddedServerLauncher,
) -> None:
    socket = await launcher.start()
    first = pid_of(launcher)
    os.kill(first, signal.SIGKILL)
    assert launcher._process is not None
    await launcher._process.wait()
    assert await launcher.start() == socket
    assert pid_of(launcher) != first
    assert await models(socket) == ["demo"]


async def test_stopping_leaves_nothing(launcher: EmbeddedServerLauncher) -> None:
    socket = await launcher.start()
    pid = pid_of(launcher)
    await launcher.stop()
    assert not alive(pid)
    assert not socket.parent.exists()
    await launcher.stop()


async def test_stopping_in_the_middle_of_a_start(
    launcher: EmbeddedServerLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    spawned: list[int] = []

    async def never_ready(process: asyncio.subprocess.Process) -> bool:
        spawned.append(process.pid)
        begun.set()
        await asyncio.sleep(60)
        return True

    monkeypatch.setattr("chat_tui.cli.launcher._ready", never_ready)
    starting = asyncio.create_task(launcher.start())
    await begun.wait()
    await launcher.stop()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not alive(spawned[0])
    assert list((tmp_path / "run").iterdir()) == []


async def test_a_server_that_ignores_the_end_of_its_pipe_is_ended(
    launcher: EmbeddedServerLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await launcher.start()
    pid = pid_of(launcher)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr("chat_tui.cli.launcher.STOP_SECONDS", 0.2)
    await launcher.stop()
    assert not alive(pid)


async def test_a_failure_gives_the_reason_of_the_server_and_can_be_tried_again(
    launcher: EmbeddedServerLauncher, tmp_path: Path
) -> None:
    database = tmp_path / "server.db"
    database.mkdir()
    for _ in range(2):
        with pytest.raises(ChatTuiError) as raised:
            await launcher.start()
        assert f"did not start: Cannot use the database {database}" in raised.value.sentence
    database.rmdir()
    assert await models(await launcher.start()) == ["demo"]


async def test_a_runtime_directory_with_a_long_name_is_passed_over(
    launcher: EmbeddedServerLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    socket = await launcher.start()
    assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
    assert list(long.iterdir()) == []
    assert await models(socket) == ["demo"]


async def test_two_programs_share_one_database(
    launcher: EmbeddedServerLauncher, tmp_path: Path
) -> None:
    other = EmbeddedServerLauncher(tmp_path / "server.db", EmbeddedServer())
    mine, theirs = await asyncio.gather(launcher.start(), other.start())
    assert mine != theirs
    one = Gateway(Profile(name="local"), uds=mine)
    two = Gateway(Profile(name="local"), uds=theirs)
    made = await one.create_conversation(metadata={"title": "shared"})
    assert (await two.conversation(made["id"]))["metadata"] == {"title": "shared"}
    await one.close()
    await two.close()
    await other.stop()


def test_the_server_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from chat_tui.cli.launcher import EmbeddedServerLauncher\n"
        "from chat_tui.config import EmbeddedServer\n"
        "async def main():\n"
        "    launcher = EmbeddedServerLauncher(Path(sys.argv[1]), EmbeddedServer())\n"
        "    await launcher.start()\n"
        "    print(launcher._process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "server.db")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": "", "TMPDIR": str(tmp_path)},
    )
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    assert alive(server)
    parent.kill()
    parent.communicate()
    end = time.monotonic() + 10
    while alive(server):
        assert time.monotonic() < end, "it outlived its program"
        time.sleep(0.05)
