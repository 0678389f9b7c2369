"""Off the record: no byte of it on the server or on disk, none in a later stored turn."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_tui.config import Chaining
from chat_tui.errors import ChatTuiError
from chat_tui.items import Place
from tests.support.asking import given_to, said_in
from tests.support.client import Client, client
from tests.support.prompts import echo, slowly
from tests.support.server import EmbeddedServer

SECRET = "xylophone"
COUNT = "count\npace 0"


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of this test's own: its files are searched."""
    (tmp_path / "server").mkdir()
    rule = getattr(request, "param", "keep")
    running = EmbeddedServer.start(tmp_path / "server", interrupted=rule)
    yield running
    running.stop()


def nowhere(me: Client, server: EmbeddedServer) -> bool:
    """Whether no file of server or library holds the secret, in any spelling JSON may give it."""
    return SECRET.encode() not in me.on_disk() + server.files()


@pytest.mark.parametrize("chaining", Chaining)
async def test_a_private_turn_leaves_no_byte(
    me: Client, server: EmbeddedServer, chaining: Chaining
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, chaining)
    await me.say(key, "my name is Ada\npace 0")
    view = await me.controller.set_store(key, False)
    assert "nothing is kept on the server or on disk" in view.plan.summary
    report = await me.say(key, f"what is my name?\necho {SECRET}\npace 0")
    assert "Ada" in me.answer(key)
    assert SECRET in me.answer(key)
    assert (report.status, report.plan.stored) == ("completed", False)
    assert nowhere(me, server)
    assert server.http().get(f"/responses/{report.response_id}").status_code == 404
    await me.controller.set_store(key, True)
    report = await me.say(key, COUNT)
    assert "3 items" in me.answer(key)
    assert not any(SECRET in text for text in given_to(server, report.response_id))
    assert nowhere(me, server)


async def test_private_turns_know_each_other(me: Client) -> None:
    key = await me.new()
    await me.controller.set_store(key, False)
    await me.say(key, "my name is Grace\npace 0")
    await me.say(key, "what is my name?\npace 0")
    assert "Grace" in me.answer(key)
    assert me.controller.view(key).conversation_id == ""
    assert {record.place for record in me.records(key)} == {Place.PRIVATE}


async def test_a_conversation_that_was_only_private_is_gone_at_the_end(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path / "mine") as me:
        key = await me.new()
        await me.controller.set_store(key, False)
        await me.say(key, echo(SECRET))
        assert me.controller.holds_private
        assert me.controller.view(key).title == "New conversation"
    async with client(server, tmp_path / "mine") as me:
        assert await me.controller.conversations() == []
        assert nowhere(me, server)


async def test_private_turns_stay_while_one_is_elsewhere(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("public"))
    await me.controller.set_store(key, False)
    await me.say(key, echo(SECRET))
    await me.new()
    await me.open(key)
    assert me.texts(key) == [echo("public"), "public", echo(SECRET), SECRET]


async def test_going_on_the_record_mixes_nothing(me: Client, server: EmbeddedServer) -> None:
    """Any order of public and private turns: the server knows the public ones, in order."""
    key = await me.new()
    names = itertools.count()
    public: list[str] = []
    for private in (True, False, True, True, False, False, True):
        await me.controller.set_store(key, not private)
        text = f"{SECRET} {next(names)}" if private else f"public {next(names)}"
        await me.say(key, echo(text))
        if not private:
            public += [echo(text), text]
    identifier = me.controller.view(key).conversation_id
    assert said_in(server, identifier) == public == me.texts(key, Place.CONVERSATION)
    assert len(me.records(key, Place.PRIVATE)) == 8
    assert nowhere(me, server)


async def test_a_private_draft_is_not_written_and_a_public_one_is_wiped(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.save_draft(key, f"a {SECRET}")
    assert not nowhere(me, server)
    await me.controller.set_store(key, False)
    assert nowhere(me, server)
    await me.controller.save_draft(key, f"another {SECRET}")
    assert nowhere(me, server)
    assert me.controller.view(key).draft == f"another {SECRET}"


@pytest.mark.parametrize("chaining", Chaining)
async def test_a_private_turn_that_is_stopped_leaves_no_byte(
    me: Client, server: EmbeddedServer, chaining: Chaining
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, chaining)
    await me.say(key, echo("public"))
    await me.controller.set_store(key, False)
    await me.start(key, slowly(SECRET))
    report = await me.stop(key)
    assert (report.status, report.kept) == ("stopped", False)
    assert me.texts(key) == [echo("public"), "public", slowly(SECRET), SECRET]
    assert {r.place for r in me.records(key)[2:]} == {Place.PRIVATE}
    await me.controller.set_store(key, True)
    await me.say(key, COUNT)
    assert "3 items" in me.answer(key)
    assert nowhere(me, server)


async def test_a_private_turn_that_fails_leaves_no_byte_and_can_be_taken_back(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_store(key, False)
    report = await me.say(key, f"fail server_error\n{SECRET}")
    assert report.unsent
    assert me.controller.view(key).pending_text == f"fail server_error\n{SECRET}"
    assert me.controller.holds_private
    with pytest.raises(ChatTuiError, match="still unsent"):
        await me.controller.send(key, "next")
    assert await me.controller.take_back(key) == f"fail server_error\n{SECRET}"
    assert me.texts(key) == []
    assert nowhere(me, server)


@pytest.mark.parametrize("server", ["discard"], indirect=True)
async def test_what_was_stopped_on_the_record_goes_along_privately_and_stays_unsent(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.start(key, slowly("two"))
    await me.stop(key)
    await me.controller.set_store(key, False)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)
    assert len(me.records(key, Place.STOPPED)) == 2
    identifier = me.controller.view(key).conversation_id
    assert said_in(server, identifier) == [echo("one"), "one"]
    await me.controller.set_store(key, True)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)
    assert me.records(key, Place.STOPPED) == []
    assert len(said_in(server, identifier)) == 6


async def test_reasoning_goes_along_sealed_and_in_place(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.controller.set_store(key, False)
    await me.say(key, "think 2\npace 0")
    await me.say(key, COUNT)
    assert "4 items" in me.answer(key)
    await me.controller.set_chaining(key, Chaining.MANUAL)
    await me.say(key, COUNT)
    assert "6 items" in me.answer(key)


async def test_a_chain_begun_in_private_is_never_built_on(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    await me.controller.set_store(key, False)
    await me.say(key, echo(SECRET))
    assert me.controller.view(key).response_id == ""
    await me.controller.set_store(key, True)
    report = await me.say(key, COUNT)
    assert "1 item" in me.answer(key)
    assert report.plan.parent == ""
    assert nowhere(me, server)


async def test_what_is_said_off_the_record_is_in_no_title_or_metadata(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_store(key, False)
    await me.say(key, echo(SECRET))
    await me.controller.set_store(key, True)
    await me.say(key, echo("public"))
    assert me.controller.view(key).title == "echo public"
    assert nowhere(me, server)
