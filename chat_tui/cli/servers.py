"""The embedded servers of one program: one for each profile that has an upstream behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chat_tui.cli.launcher import EmbeddedServerLauncher
from chat_tui.config import EmbeddedServer, Profile


class EmbeddedServers:
    """Starts the server of a profile when first asked for; all share one database."""

    def __init__(self, database: Path, settings: EmbeddedServer) -> None:
        self._database = database
        self._settings = settings
        self._launchers: dict[str, EmbeddedServerLauncher] = {}

    async def start(self, profile: Profile) -> Path:
        """Return the socket of a profile's server; see ``EmbeddedServerLauncher.start``."""
        launcher = self._launchers.get(profile.name)
        if launcher is None:
            launcher = EmbeddedServerLauncher(self._database, self._settings, profile)
            self._launchers[profile.name] = launcher
        return await launcher.start()

    async def stop(self) -> None:
        """End every server this started."""
        await asyncio.gather(*(launcher.stop() for launcher in self._launchers.values()))
