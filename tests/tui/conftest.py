"""A real embedded server for each module of interface tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Start one server for the module's tests."""
    started = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield started
    started.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return where this test's library lives."""
    return tmp_path / "data"
