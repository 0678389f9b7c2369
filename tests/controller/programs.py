"""A program without an interface: a controller, what it told so far, and its server's start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chat_tui.config import Profile, Settings
from chat_tui.controller import Controller, Event, Notice
from chat_tui.library import Library
from tests.support.server import EmbeddedServer


class SlowStart:
    """A LocalServer that is there once ``ready`` is set."""

    def __init__(self, server: EmbeddedServer | None) -> None:
        self.server = server
        self.ready = asyncio.Event()
        self.ready.set()

    async def start(self, profile: Profile) -> Path:
        await self.ready.wait()
        assert self.server is not None
        assert self.server.uds is not None
        return self.server.uds

    async def stop(self) -> None:
        pass


class Program:
    """A controller and what it told so far."""

    def __init__(
        self, server: EmbeddedServer | None, path: Path, *, far: Profile | None = None
    ) -> None:
        """Make one on the embedded server, whose start is in the test's hand, or one ``far`` away.

        The key for that profile is in the variable KEY.
        """
        settings = Settings(profile="local")
        if far is not None:
            settings = Settings(profiles={far.name: far}, profile=far.name)
        self.library = Library(path)
        self.library.open()
        self.local = SlowStart(server)
        self.controller = Controller(settings, self.library, self.local, env={"KEY": "k"})
        self.seen: list[Event] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.controller.events():
            self.seen.append(event)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                if self._reading.done():
                    self._reading.result()
                await asyncio.sleep(0.005)

    async def settled(self, key: int) -> None:
        await self.until(lambda: not self.controller.view(key).running)
        await self.until(lambda: not self.controller._tasks)

    async def say(self, key: int, text: str) -> None:
        await self.controller.send(key, text)
        await self.settled(key)

    def texts(self, key: int) -> list[str]:
        return [record.item.text for record in self.controller.view(key).records]

    def notices(self) -> list[str]:
        return [event.sentence for event in self.seen if isinstance(event, Notice)]

    async def end(self) -> None:
        self.local.ready.set()
        await self.controller.close()
        await self._reading
