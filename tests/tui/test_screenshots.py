"""The committed screenshots are what the program draws now."""

from __future__ import annotations

import pytest

from tests.screenshots import FOLDER, PICTURES, picture


@pytest.mark.parametrize("name", PICTURES)
async def test_the_screenshot_is_up_to_date(name: str) -> None:
    drawn = await picture(name)
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run: make screenshots"
