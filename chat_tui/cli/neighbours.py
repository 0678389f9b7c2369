"""Model servers on this machine, and the file that remembers the one chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from chat_tui.config import Profile, add_profile
from chat_tui.gateway import NearbyServer, find_nearby


class Neighbours:
    """What the controller asks; see ``chat_tui.controller.offering``."""

    def __init__(self, config_file: Path) -> None:
        self._config_file = config_file

    async def find(self) -> Sequence[NearbyServer]:
        """Return the servers that answer on their usual ports."""
        return await find_nearby()

    async def keep(self, profile: Profile) -> bool:
        """Write a profile to the configuration; see ``add_profile``."""
        return await asyncio.to_thread(add_profile, self._config_file, profile)
