"""The committed pictures of the gallery are what the program draws now."""

from __future__ import annotations

import pytest

from tests.gallery import picture, pictures
from tests.screenshots import FOLDER


@pytest.mark.parametrize("name", pictures())
async def test_the_gallery_is_up_to_date(name: str) -> None:
    drawn = await picture(name)
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn, "run: make screenshots"
