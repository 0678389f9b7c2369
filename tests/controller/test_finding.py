"""Coming back: by id, by the start of one, by title; adopting what this machine never saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.config import Chaining
from chat_tui.errors import EXIT_NOT_FOUND, EXIT_USAGE, NotFound
from chat_tui.items import Place
from chat_tui.library import Library
from tests.support.asking import items_of
from tests.support.client import Client, client
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer


async def test_a_conversation_opens_by_id_by_the_start_of_it_and_by_title(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("Kyoto"))
    view = me.controller.view(key)
    await me.new()
    for target in (
        key,
        view.conversation_id,
        view.conversation_id[:20],
        f"  {view.conversation_id} \n",
        view.response_id,
        view.response_id[:20],
        "echo Kyoto",
        "ECHO kyoto",
    ):
        assert (await me.open(target)).key == key
    assert len(await me.controller.conversations()) == 1


@pytest.mark.parametrize("target", ["conv_", "twice"])
async def test_a_target_that_names_several_is_refused(me: Client, target: str) -> None:
    for _ in range(2):
        key = await me.new()
        await me.say(key, echo("x"))
        await me.controller.rename(key, "twice")
    with pytest.raises(NotFound) as told:
        await me.controller.open(target)
    assert told.value.exit_code == EXIT_USAGE
    assert told.value.sentence == f"{target} names more than one conversation."


@pytest.mark.parametrize("target", ["", " ", "no such title", "%", "conv", "../etc", "conv_a/b"])
async def test_what_can_be_no_id_is_not_asked_for(tmp_path: Path, target: str) -> None:
    async with client(None, tmp_path) as me:
        with pytest.raises(NotFound) as told:
            await me.controller.open(target)
        assert told.value.exit_code == EXIT_NOT_FOUND
        assert "id that begins with conv_ or resp_" in told.value.way_out


@pytest.mark.parametrize("target", ["conv_" + "0" * 48, "resp_" + "0" * 48])
async def test_an_id_the_server_does_not_know_is_not_found(me: Client, target: str) -> None:
    with pytest.raises(NotFound) as told:
        await me.controller.open(target)
    assert f"The server of profile local does not know {target}." == told.value.sentence
    assert await me.controller.conversations() == []


async def test_after_the_library_is_lost_an_id_brings_everything_back(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path / "first") as me:
        key = await me.new()
        await me.say(key, "think 1\npace 0")
        await me.say(key, echo("two"))
        await me.controller.rename(key, "Named by hand")
        before = me.controller.view(key)
    async with client(server, tmp_path / "second") as me:
        view = await me.open(before.conversation_id)
        raws = [record.raw for record in view.records]
        assert raws == [record.raw for record in before.records]
        assert raws == items_of(server, before.conversation_id)
        assert view.title == "Named by hand"
        assert view.metadata == {"title": "Named by hand"}
        assert view.created_at == before.created_at
        assert {record.place for record in view.records} == {Place.CONVERSATION}
        await me.say(view.key, "count\npace 0")
        assert "6 items" in me.answer(view.key)
        assert (await me.open(before.conversation_id)).key == view.key


async def test_a_conversation_without_a_title_is_called_by_its_first_message(
    me: Client, server: EmbeddedServer
) -> None:
    http = server.http()
    created = http.post("/conversations", json={}).json()["id"]
    http.post(
        f"/conversations/{created}/items",
        json={"items": [{"role": "user", "content": "First words.\nMore."}]},
    )
    assert (await me.open(created)).title == "First words."


async def test_a_hostile_title_is_adopted_inert(me: Client, server: EmbeddedServer) -> None:
    title = "\x1b]0;x\x07 [bold]a[/]\u202e"
    created = server.http().post("/conversations", json={"metadata": {"title": title}}).json()["id"]
    view = await me.open(created)
    assert view.title == "␛]0;x␇ [bold]a[/]‹202E›"
    assert view.metadata == {"title": title}


async def test_a_response_is_adopted_as_a_chain(server: EmbeddedServer, tmp_path: Path) -> None:
    async with client(server, tmp_path / "first") as me:
        key = await me.new()
        await me.controller.set_chaining(key, Chaining.RESPONSE)
        await me.say(key, "my name is Ada\npace 0")
        report = await me.say(key, echo("two"))
        said = me.texts(key)
    async with client(server, tmp_path / "second") as me:
        view = await me.open(report.response_id)
        assert [record.item.text for record in view.records] == said
        assert {record.place for record in view.records} == {Place.CHAIN}
        assert view.choices.chaining is Chaining.RESPONSE
        assert (view.conversation_id, view.response_id) == ("", report.response_id)
        assert view.title == "my name is Ada"
        assert not view.older
        await me.say(view.key, "what is my name?\npace 0")
        assert "Ada" in me.answer(view.key)


async def test_a_response_of_a_conversation_brings_the_conversation(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path / "first") as me:
        key = await me.new()
        report = await me.say(key, echo("one"))
        identifier = me.controller.view(key).conversation_id
    async with client(server, tmp_path / "second") as me:
        view = await me.open(report.response_id)
        assert view.conversation_id == identifier
        assert [record.item.text for record in view.records] == [echo("one"), "one"]


async def test_adopting_what_is_open_already_loses_nothing(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    identifier = me.controller.view(key).conversation_id
    body = {"model": "demo", "input": echo("two"), "conversation": identifier}
    elsewhere = server.http().post("/responses", json=body).json()["id"]
    await me.controller.set_store(key, False)
    await me.say(key, echo("private"))
    assert (await me.open(elsewhere)).key == key
    assert me.texts(key, Place.PRIVATE) == [echo("private"), "private"]
    assert me.texts(key, Place.CONVERSATION) == [echo("one"), "one", echo("two"), "two"]


async def test_what_is_adopted_is_cached_at_once(me: Client, server: EmbeddedServer) -> None:
    created = server.http().post("/conversations", json={}).json()["id"]
    view = await me.open(created)
    another = Library(Path(me.library.path))
    another.open()
    assert [row.key for row in await another.index.find("local", created)] == [view.key]
    await another.close()


async def test_an_unknown_id_while_the_server_is_away_is_told_as_such(tmp_path: Path) -> None:
    async with client(None, tmp_path) as me:
        with pytest.raises(Exception, match="no embedded server") as told:
            await me.controller.open("conv_" + "0" * 48)
        assert not isinstance(told.value, NotFound)
