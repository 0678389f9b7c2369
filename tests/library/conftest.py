from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat_tui.library import Library


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    opened = Library(tmp_path / "library.db")
    opened.open()
    yield opened
    await opened.close()
