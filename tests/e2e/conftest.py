"""What every end-to-end test gets: a home of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    # Sockets must have short names.
    with tempfile.TemporaryDirectory(prefix="ctui-") as runtime:
        home = Home(tmp_path, Path(runtime))
        yield home
        home.close()
