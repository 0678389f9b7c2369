"""Homes for the command line's tests: an empty one, and one whose server holds conversations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home."""
    return Home(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home for tests of a module that only look."""
    return Home(tmp_path_factory.mktemp("home"))
