"""A model server found on this machine is shown, and answers once it is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chat_tui.config import Profile
from chat_tui.gateway import NearbyServer
from tests.support.server import EmbeddedServer
from tests.support.tui import opened


class Found:
    """Neighbours with two servers, and a configuration in memory."""

    kept: Profile | None = None

    async def find(self) -> Sequence[NearbyServer]:
        return [
            NearbyServer("Ollama", "http://127.0.0.1:11434/v1", ("llama3.2", "qwen3")),
            NearbyServer("vLLM", "http://127.0.0.1:8000/v1", ("\x1b[31mred",)),
        ]

    async def keep(self, profile: Profile) -> bool:
        self.kept = profile
        return False


async def test_a_found_server_is_offered_and_taken(server: EmbeddedServer, home: Path) -> None:
    found = Found()
    async with opened(server, home, neighbours=found, size=(200, 50)) as app:
        await app.shows("Ollama runs on this machine with llama3.2 and 1 more.")
        await app.shows("f9 chooses it; until then it gets no message.")
        await app.pilot.press("f9")
        await app.shows("Ollama on this machine")
        await app.shows("␛[31mred")
        await app.pilot.press(*"ollama", "enter")
        await app.until(lambda: app.controller.profile.name == "ollama")
        await app.shows("Ollama is the profile ollama from now on")
        assert found.kept == app.controller.profile
        await app.pilot.press("f9")
        await app.shows("http://127.0.0.1:11434/v1 behind the embedded server")
        assert "Ollama on this machine" not in app.screen()
        await app.pilot.press("escape")
        await app.send("echo still the demo in this test")
