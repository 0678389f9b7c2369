from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.client import Client, client
from tests.support.server import EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    assert running.stop() == ""


@pytest.fixture
async def me(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Client]:
    """A person at a program of their own on the module's server."""
    async with client(server, tmp_path / "mine") as opened:
        yield opened
