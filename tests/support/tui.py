"""The real interface over the real embedded server, for pilot tests and screenshots."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from chat_tui.config import Profile, Settings
from chat_tui.controller import Controller, Launch, Neighbours
from chat_tui.library import Library
from chat_tui.tui.app import ChatTuiApp
from tests.support.server import EmbeddedServer


class RunningServer:
    """A LocalServer for the controller over a server that a test started."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server

    async def start(self, profile: Profile) -> Path:
        """Return the socket of the running server."""
        assert self.server.uds is not None
        return self.server.uds

    async def stop(self) -> None:
        """Leave it: the test ends its own server."""


@dataclass
class Opened:
    """An app under a pilot."""

    app: ChatTuiApp
    pilot: Pilot[None]
    library_path: Path

    @property
    def controller(self) -> Controller:
        """The app's controller."""
        return self.app.controller

    async def until(self, condition: Callable[[], Any], what: str = "") -> None:
        """Wait until something shows, at most ten seconds."""
        for _ in range(500):
            await self.pilot.pause()
            if condition():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never happened: {what or condition}\n{self.screen()}")

    async def type(self, text: str) -> None:
        """Put text into the composer as a paste does: at once."""
        self.app.composer.insert(text)
        await self.pilot.pause()

    async def shows(self, text: str) -> None:
        """Wait until the screen shows a text."""
        await self.until(lambda: text in self.screen(), text)

    async def open(self, key: int) -> None:
        """Open a conversation and wait until it is shown."""
        self.app.open(key)
        await self.until(lambda: self.app.view and self.app.view.key == key, "it is shown")

    async def keep(self) -> None:
        """Save the draft now instead of after the pause."""
        await self.app.keep_draft()

    async def send(self, text: str) -> None:
        """Type a message, send it, and wait for the end of the answer."""
        await self.type(text)
        await self.pilot.press("enter")
        await self.until(lambda: self.app.view and self.app.view.turn, "the turn starts")
        await self.until(lambda: self.app.view and not self.app.view.running, "the turn ends")

    def screen(self) -> str:
        """Return what the terminal shows, as text."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in strip) for strip in strips[:height])[: width * 400]


@asynccontextmanager
async def opened(
    server: EmbeddedServer,
    directory: Path,
    *,
    size: tuple[int, int] = (120, 40),
    launch: Launch | None = None,
    settings: Settings | None = None,
    profile: Profile | None = None,
    neighbours: Neighbours | None = None,
) -> AsyncIterator[Opened]:
    """Run the app on a library in ``directory`` and close it properly at the end."""
    settings = settings or replace(Settings(), profile="local")
    directory.mkdir(parents=True, exist_ok=True)
    library = Library(directory / "library.db")
    library.open()
    controller = Controller(
        settings, library, RunningServer(server), profile=profile, neighbours=neighbours
    )
    app = ChatTuiApp(settings, lambda: controller, launch)
    async with app.run_test(size=size) as pilot:
        opened_app = Opened(app, pilot, library.path)
        await opened_app.until(lambda: app.view is not None, "a conversation is open")
        yield opened_app
        if app.is_running and not controller.closed:
            await controller.close()
