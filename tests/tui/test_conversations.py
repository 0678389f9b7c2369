"""Living in conversations: say something, come back, rename, delete, keep the draft."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from chat_tui.controller import Launch, View
from chat_tui.items import Kind
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened


def said(app: Opened, kind: Kind = Kind.ASSISTANT) -> list[str]:
    """Return the texts the transcript holds of one kind."""
    return [r.item.text for r in app.app.transcript.records if r.item.kind is kind]


async def test_a_message_gets_a_streamed_answer_in_a_conversation_the_server_keeps(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("my name is Ada")
        assert "Ada" in said(app)[0]
        assert app.app.view is not None
        identifier = app.app.view.conversation_id
    stored = server.openai().conversations.items.list(identifier, order="asc").data
    assert [item.type for item in stored] == ["message", "message"]


async def test_a_known_id_brings_everything_back_even_without_the_library(
    server: EmbeddedServer, home: Path, tmp_path: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("echo one")
        await app.send("echo two")
        assert app.app.view is not None
        identifier = app.app.view.conversation_id
        before = [r.item.id for r in app.app.transcript.records]
    async with opened(server, home, launch=Launch(target=identifier)) as app:
        assert [r.item.id for r in app.app.transcript.records] == before
    async with opened(server, tmp_path / "other", launch=Launch(target=identifier)) as app:
        assert [r.item.id for r in app.app.transcript.records] == before
        assert said(app) == ["one", "two"]


async def test_each_conversation_keeps_its_draft(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("echo first")
        first = app.app.key
        await app.type("half a thought")
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != first, "a new conversation")
        assert app.app.composer.text == ""
        await app.type("another")
        await app.open(first)
        assert app.app.composer.text == "half a thought"
    async with opened(server, home, launch=Launch(target="echo first")) as app:
        assert app.app.composer.text == "half a thought"


async def test_renaming_reaches_the_server_and_keeps_other_metadata(
    server: EmbeddedServer, home: Path
) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"topic": "travel"})
    async with opened(server, home, launch=Launch(target=made.id)) as app:
        await app.pilot.press("f2")
        await app.until(lambda: app.app.screen.query(Input), "the question")
        app.app.screen.query_one(Input).value = "Kyoto"
        await app.pilot.press("enter")
        await app.until(
            lambda: client.conversations.retrieve(made.id).metadata != {"topic": "travel"}
        )
        assert client.conversations.retrieve(made.id).metadata == {
            "topic": "travel",
            "title": "Kyoto",
        }
        await app.until(lambda: app.app.list_pane.list.rows[0].title == "Kyoto")


@pytest.mark.parametrize(("downs", "gone"), [(1, False), (2, True)])
async def test_deleting_asks_first_and_does_what_it_says(
    server: EmbeddedServer, home: Path, downs: int, gone: bool
) -> None:
    client = server.openai()
    async with opened(server, home) as app:
        await app.send("echo to be deleted")
        assert app.app.view is not None
        view = app.app.controller.view(app.app.key)
        await app.pilot.press("ctrl+delete")
        await app.until(lambda: app.app.screen.query(OptionList), "the question")
        await app.pilot.press("escape")
        client.conversations.retrieve(view.conversation_id)
        await app.pilot.press("ctrl+delete")
        await app.until(lambda: app.app.screen.query(OptionList), "the question")
        await app.pilot.press(*["down"] * downs, "enter")
        await app.until(lambda: app.app.key != view.key, "another conversation")
    found = client.conversations.with_raw_response
    with pytest.raises(Exception, match="404"):
        found.retrieve(view.conversation_id)
    if gone:
        with pytest.raises(Exception, match="404"):
            client.responses.retrieve(view.response_id)
    else:
        assert client.responses.retrieve(view.response_id).status == "completed"


async def test_the_list_filters_and_opens(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        for text in ("echo apples", "echo pears", "echo plums"):
            await app.send(text)
            await app.pilot.press("ctrl+n")
            await app.until(lambda: app.app.view and not app.app.view.records)
        rows = app.app.list_pane.list
        rows.focus()
        await app.pilot.press("slash")
        await app.until(lambda: app.app.list_pane.query(Input), "the filter")
        await app.pilot.press(*"pear")
        await app.until(lambda: [row.title for row in rows.rows] == ["echo pears"])
        await app.pilot.press("enter")
        await app.until(lambda: app.app.view and app.app.view.title == "echo pears")
        assert said(app) == ["pears"]
        assert not app.app.list_pane.query(Input)
        await app.until(lambda: len(rows.rows) >= 3, "everything again")
        assert app.app.focused is app.app.composer
        await app.until(lambda: rows.chosen and rows.chosen.title == "echo pears")


async def test_enter_opens_the_best_although_it_is_yet_to_be_found(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        for text in ("echo apples", "echo pears", "echo plums"):
            await app.send(text)
            await app.pilot.press("ctrl+n")
            await app.until(lambda: app.app.view and not app.app.view.records)
        app.app.list_pane.list.focus()
        await app.pilot.press("slash")
        await app.until(lambda: app.app.list_pane.query(Input), "the filter")
        await app.pilot.press(*"zzz", "enter")
        await app.until(lambda: app.app.list_pane.list.total == 0, "nothing")
        assert app.app.list_pane.query(Input)
        await app.pilot.press(*["backspace"] * 3, *"pear", "enter")
        await app.until(lambda: app.app.view and app.app.view.title == "echo pears")
        await app.until(lambda: not app.app.list_pane.query(Input), "the filter is gone")


async def test_opening_by_a_wrong_id_says_so_and_changes_nothing(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("echo here")
        await app.pilot.press("ctrl+o")
        await app.until(lambda: app.app.screen.query(Input), "the question")
        app.app.screen.query_one(Input).value = "conv_0000"
        await app.pilot.pause(0.1)
        await app.pilot.press("enter")
        await app.until(lambda: "does not know conv_0000" in app.app.notice.sentence)
        assert said(app) == ["here"]


async def test_what_is_typed_while_another_conversation_opens_is_kept(
    server: EmbeddedServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(server, home) as app:
        await app.send("echo first")
        first = app.app.key
        going_on = asyncio.Event()
        create = app.controller.new

        async def slow() -> View:
            await going_on.wait()
            return await create()

        monkeypatch.setattr(app.controller, "new", slow)
        await app.pilot.press("ctrl+n")
        await app.type("typed meanwhile")
        going_on.set()
        await app.until(lambda: app.app.key != first, "a new conversation")
        assert app.app.composer.text == ""
        await app.open(first)
        assert app.app.composer.text == "typed meanwhile"


async def test_digits_typed_to_open_are_a_title_and_never_a_row(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("echo first")
        key = app.app.key
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != key, "a new conversation")
        await app.pilot.press("ctrl+o")
        await app.until(lambda: app.app.screen.query(Input))
        digits = "".join(chr(0xFF10 + int(digit)) for digit in str(key))  # full width
        assert int(digits) == key
        app.app.screen.query_one(Input).value = digits
        await app.until(lambda: "Enter tries what you typed" in app.screen())
        await app.pilot.press("enter")
        await app.until(lambda: "No conversation is called" in app.app.notice.sentence)
        assert app.app.key != key
