"""Moving conversations from the palette: to a file, back from it, to another profile."""

from __future__ import annotations

import json
from pathlib import Path

from textual.widgets import Input

from tests.support.prompts import echo
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened


async def answer(app: Opened, text: str) -> None:
    """Fill in the dialog's line and enter it."""
    app.app.screen.query_one(Input).value = text
    await app.pilot.press("enter")


async def test_a_conversation_goes_to_a_file_and_comes_back(
    server: EmbeddedServer, home: Path
) -> None:
    path = home.parent / "said.json"
    async with opened(server, home) as app:
        await app.send(echo("out and back"))
        first = app.app.key
        app.app.action_conversation_export()
        await app.shows("Export to a file")
        assert app.app.screen.query_one(Input).value.endswith(".md")
        await answer(app, str(path))
        await app.until(path.exists, "it is written")
        await app.shows("Wrote 2 items")
        assert len(json.loads(path.read_text())["items"]) == 2
        app.app.action_conversation_import()
        await app.shows("Import a file")
        await answer(app, str(path))
        await app.until(lambda: app.app.key != first, "it is opened")
        await app.shows("out and back")
        app.app.action_conversation_export()
        await app.shows("Export to a file")
        await answer(app, str(path))
        await app.shows("is there already")


async def test_what_is_off_the_record_stays_out_of_the_file_and_that_is_said(
    server: EmbeddedServer, home: Path
) -> None:
    path = home.parent / "said.md"
    async with opened(server, home) as app:
        await app.send(echo("open"))
        await app.controller.set_store(app.app.key, False)
        await app.send(echo("whispered"))
        app.app.action_conversation_export()
        await app.shows("Export to a file")
        await answer(app, str(path))
        await app.shows("not among them.")
        text = path.read_text("utf-8")
    assert "> open" in text
    assert "whispered" not in text


async def test_one_conversation_of_many_is_chosen_and_copied(
    server: EmbeddedServer, home: Path
) -> None:
    said = {"author": {"role": "user"}, "content": {"parts": ["from elsewhere"]}}
    path = home.parent / "conversations.json"
    held = [
        {"title": title, "current_node": "a", "mapping": {"a": {"message": said}}}
        for title in ("Trip", "Tax")
    ]
    path.write_text(json.dumps(held))
    async with opened(server, home) as app:
        first = app.app.key
        app.app.action_conversation_import()
        await app.shows("Import a file")
        await answer(app, str(path))
        await app.shows("Import a conversation")
        await app.pilot.press(*"tax")
        await app.pilot.press("enter")
        await app.until(lambda: app.app.key != first, "it is opened")
        imported = app.app.key
        assert app.controller.view(imported).title == "Tax"
        app.app.action_conversation_copy()
        await app.shows("Copy the conversation to")
        await app.pilot.press("enter")
        await app.until(lambda: app.app.key not in (first, imported), "the copy is opened")
        await app.shows("from elsewhere")
