"""Boxes that are typed into rest while nobody types: no cursor blinks, no timer runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.server import EmbeddedServer
from tests.support.tui import opened

PLACES = {
    "palette": ("ctrl+p",),
    "open": ("ctrl+o",),
    "rename": ("f2",),
    "find": ("ctrl+f",),
    "outline": ("ctrl+l",),
    "filter": ("escape", "f3", "f3", "slash"),
}


@pytest.mark.parametrize("keys", PLACES.values(), ids=PLACES)
async def test_nothing_moves_in_a_box_nobody_types_into(
    server: EmbeddedServer, home: Path, keys: tuple[str, ...]
) -> None:
    async with opened(server, home) as app:
        await app.send("echo hello")
        before = app.app.focused
        await app.pilot.press(*keys)
        await app.until(lambda: app.app.focused not in (None, before), "somewhere to type")
        await app.pilot.pause(0.3)
        box = app.app.focused
        assert box is not None
        assert [timer for timer in box._timers if bool(timer._active.is_set())] == []
