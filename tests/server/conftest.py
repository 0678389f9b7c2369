from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    import openai


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    assert running.stop() == ""
    assert running.process.returncode == 0


@pytest.fixture(scope="module")
def client(server: EmbeddedServer) -> openai.OpenAI:
    return server.openai()


@pytest.fixture(scope="module")
def http(server: EmbeddedServer) -> httpx2.Client:
    return server.http()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
