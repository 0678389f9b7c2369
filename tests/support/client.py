"""A person at the controller: sends, waits for what is told, reads what is there. No interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from chat_tui.config import Profile, Settings
from chat_tui.controller import (
    Controller,
    Event,
    ItemGrew,
    LocalServer,
    Notice,
    TurnEnded,
    TurnReport,
    View,
)
from chat_tui.items import Place, Record
from chat_tui.library import Library
from tests.support.server import EmbeddedServer

T = TypeVar("T")
PATIENCE = 20.0
"""Seconds until something awaited counts as not happening."""


class Held:
    """A LocalServer over a server that the test holds, which may change."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server

    async def start(self, profile: Profile) -> Path:
        """Return the socket of the server there is now."""
        assert self.server.uds is not None
        return self.server.uds

    async def stop(self) -> None:
        """Leave it to the test."""


class Client:
    """A controller with everything it told so far."""

    def __init__(self, controller: Controller, library: Library) -> None:
        self.controller = controller
        self.library = library
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.controller.events():
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    # --- waiting --------------------------------------------------------------------------------

    async def until(self, found: Callable[[], T | None]) -> T:
        """Wait until ``found`` returns something true, asked again after every event."""
        async with asyncio.timeout(PATIENCE), self._news:
            while not (value := found()):
                assert not self._reading.done(), self._reading.exception()
                await self._news.wait()
            return value

    async def told(self, kind: type[T], *, since: int = 0) -> T:
        """Wait for an event of a kind and return it."""
        return await self.until(
            lambda: next((e for e in self.events[since:] if isinstance(e, kind)), None)
        )

    async def ended(self, *, since: int) -> TurnReport:
        """Wait for the end of a turn, and for what is learned after it."""
        report = (await self.told(TurnEnded, since=since)).report
        await self.quiet()
        return report

    async def quiet(self) -> None:
        """Wait until only running turns go on in the background, and all told has arrived."""
        controller = self.controller
        async with asyncio.timeout(PATIENCE):
            while len(controller._tasks) > sum(c.running for c in controller._open.values()):
                await asyncio.wait(controller._tasks, return_when=asyncio.FIRST_COMPLETED)
        mark = Notice("everything told before this has arrived")
        self.controller._emit(mark)
        await self.until(lambda: any(event is mark for event in self.events))
        self.events = [event for event in self.events if event is not mark]

    # --- acting ---------------------------------------------------------------------------------

    async def new(self) -> int:
        """Begin a conversation and return its key."""
        return (await self.controller.new()).key

    async def say(self, key: int, text: str) -> TurnReport:
        """Send a message and wait for the end of its turn."""
        since = len(self.events)
        await self.controller.send(key, text)
        return await self.ended(since=since)

    async def start(self, key: int, text: str) -> None:
        """Send a message and wait until the answer grows."""
        since = len(self.events)
        await self.controller.send(key, text)
        await self.told(ItemGrew, since=since)

    async def stop(self, key: int) -> TurnReport:
        """Stop the running turn and wait for its end."""
        since = len(self.events)
        assert self.controller.interrupt(key)
        return await self.ended(since=since)

    async def open(self, target: int | str) -> View:
        """Open a conversation and wait for what the server says about it."""
        view = await self.controller.open(target)
        await self.quiet()
        return self.controller.view(view.key)

    # --- reading --------------------------------------------------------------------------------

    def records(self, key: int, *places: Place) -> list[Record]:
        """Return the records at some places, or all."""
        found = self.controller.view(key).records
        return [record for record in found if record.place in (places or Place)]

    def texts(self, key: int, *places: Place) -> list[str]:
        """Return what the records say."""
        return [record.item.text for record in self.records(key, *places)]

    def answer(self, key: int) -> str:
        """Return the last thing said."""
        return self.texts(key)[-1]

    @property
    def notices(self) -> list[str]:
        """What the user was told."""
        return [event.sentence for event in self.events if isinstance(event, Notice)]

    def kinds(self, since: int = 0) -> list[str]:
        """Return the names of the events, runs of one name as one."""
        names = [type(event).__name__ for event in self.events[since:]]
        return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]

    def on_disk(self) -> bytes:
        """Return the bytes of the library's files."""
        directory = Path(self.library.path).parent
        return b"".join(path.read_bytes() for path in sorted(directory.iterdir()))


@asynccontextmanager
async def client(
    local: LocalServer | EmbeddedServer | None,
    directory: Path,
    *,
    profile: Profile | None = None,
    settings: Settings | None = None,
    env: dict[str, str] | None = None,
) -> AsyncIterator[Client]:
    """Run a controller on the library in ``directory`` and close it at the end."""
    settings = settings or Settings(profile="local")
    if profile is not None:
        profiles = {**settings.profiles, profile.name: profile}
        settings = replace(settings, profiles=profiles, profile=profile.name)
    directory.mkdir(parents=True, exist_ok=True)
    library = Library(directory / "library.db")
    library.open()
    held = Held(local) if isinstance(local, EmbeddedServer) else local
    opened = Client(Controller(settings, library, held, env=env or {}), library)
    try:
        yield opened
    finally:
        await opened.controller.close()
        await opened._reading
