"""Starts the server on a socket and stops it in good order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import stat
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from chat_tui.server import locks
from chat_tui.server.app import App, Guard
from chat_tui.server.database import Database
from chat_tui.server.errors import StartError
from chat_tui.server.options import DEMO, LOOPBACK, Options
from chat_tui.server.service import Service
from chat_tui.server.upstream.demo import CONTEXT_WINDOW, Demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chat_tui.server.turns import Rule
    from chat_tui.server.upstream import Upstream

SETTLE_SECONDS = 2.0
"""How long running turns may take to be stored when the server stops."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the server listens: the base URL for clients, and the socket if it is a Unix one."""

    url: str
    uds: str | None


def serve(options: Options, announce: Callable[[Ready], None]) -> None:
    """Serve until a signal, or the end of standard input where that was chosen.

    `announce` is called once, when requests are taken. Raises StartError.
    """
    options.check()
    os.umask(0o077)
    listener = _listener(options)
    try:
        database = Database(options.database)
    except BaseException:
        _close(listener, options)
        raise
    try:
        asyncio.run(_serve(options, listener, database, announce))
    finally:
        database.close()
        _close(listener, options)


def _listener(options: Options) -> socket.socket:
    try:
        if options.uds is not None:
            return _unix_listener(options.uds)
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        return socket.create_server((options.host, options.port), family=family, backlog=1024)
    except OSError as error:
        where = options.uds or f"{options.host}:{options.port}"
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "it is in use"
        elif "too long" in str(error):
            reason = "the path is too long for a socket"
        raise StartError(f"Cannot listen on {where}: {reason}.") from error


def _unix_listener(path: Path) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise StartError(f"Cannot listen on {path}: there is a file that is no socket.")
        if _answers(path):
            raise OSError(errno.EADDRINUSE, "in use")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(umask)
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _close(listener: socket.socket, options: Options) -> None:
    listener.close()
    if options.uds is not None:
        options.uds.unlink(missing_ok=True)


def _ready(options: Options, listener: socket.socket) -> Ready:
    if options.uds is not None:
        return Ready("http://localhost/v1", str(options.uds))
    host, port = listener.getsockname()[:2]
    return Ready(f"http://[{host}]:{port}/v1" if ":" in host else f"http://{host}:{port}/v1", None)


def _guard(options: Options) -> Guard:
    if options.uds is not None:
        return Guard()
    loopback = options.host in LOOPBACK
    return Guard(options.token, LOOPBACK | {options.host.lower()} if loopback else None)


def _upstream(options: Options) -> Upstream:
    if options.upstream == DEMO:
        return Demo(options.context_window or CONTEXT_WINDOW)
    from chat_tui.server.upstream.chat import ChatCompletions  # noqa: PLC0415 only when chosen

    return ChatCompletions(options.upstream, options.upstream_key, options.context_window)


async def _serve(
    options: Options,
    listener: socket.socket,
    database: Database,
    announce: Callable[[Ready], None],
) -> None:
    await database.write(lambda db: locks.register(db, database.owner), durable=False)
    upstream = _upstream(options)
    service = Service(database, upstream, cast("Rule", options.interrupted))
    app = App(service, _guard(options), _log_access if options.access_log else None)
    server = _Server(app, lambda: announce(_ready(options, listener)))
    stop = server.stop_wanted
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if options.parent_pipe:
        _watch_parent(loop, stop)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    wanted = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, wanted], return_when=asyncio.FIRST_COMPLETED)
    await service.stop(SETTLE_SECONDS)
    stop.set()
    server.may_leave.set()
    await serving
    await upstream.close()


def _log_access(line: dict[str, Any]) -> None:
    sys.stderr.write(f"{json.dumps(line)}\n")
    sys.stderr.flush()


class _Server(uvicorn.Server):
    """uvicorn without its polling and its signal handlers: we tell it when to stop."""

    def __init__(self, app: App, started: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=1024,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._announce = started
        self.stop_wanted = asyncio.Event()
        self.may_leave = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def main_loop(self) -> None:
        """Wait, without waking up, until turns are settled and the sockets may close."""
        self._announce()
        await self.may_leave.wait()


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def watch() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop may be closed by then
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="parent-pipe", daemon=True).start()
