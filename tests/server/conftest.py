from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat_tui.server.conversation_routes import ConversationRoutes
from chat_tui.server.database import Database
from chat_tui.server.response_routes import ResponseRoutes
from chat_tui.server.service import Service
from chat_tui.server.upstream.demo import Demo
from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2
    import openai

    from chat_tui.server.web import Operation

Where = tuple[str, str]
"""A method and a path below `/v1`, with the names of its parts in braces."""


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


@pytest.fixture(scope="session")
def operations(tmp_path_factory: pytest.TempPathFactory) -> dict[Where, Operation]:
    """Every operation there is, by method and path."""
    database = Database(tmp_path_factory.mktemp("declared") / "chat.db")
    service = Service(database, Demo(), "keep")
    paths = {**ConversationRoutes(service).paths, **ResponseRoutes(service).paths}
    database.close()
    return {
        (method, path.removeprefix("/v1")): operation
        for path, endpoint in paths.items()
        for method, operation in endpoint.operations.items()
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"
