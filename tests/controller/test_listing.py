"""What the server lists, against what happens meanwhile: long pasts, other clients, slow lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Chaining
from chat_tui.controller import RecordsChanged, TurnEnded
from chat_tui.gateway import Gateway, GatewayError, Page, Trouble
from chat_tui.items import Place, Record, user_message
from tests.support.asking import items_of, said_in
from tests.support.client import Client, client
from tests.support.prompts import echo, slowly
from tests.support.server import EmbeddedServer


def filled(server: EmbeddedServer, count: int) -> str:
    """Make a conversation of numbered messages behind everybody's back; return its id."""
    http = server.http()
    created = http.post("/conversations", json={}).json()["id"]
    append(server, created, *(f"message {number}" for number in range(count)))
    return str(created)


def append(server: EmbeddedServer, identifier: str, *texts: str) -> None:
    http = server.http()
    for start in range(0, len(texts), 20):
        items = [user_message(text) for text in texts[start : start + 20]]
        assert http.post(f"/conversations/{identifier}/items", json={"items": items}).is_success


def numbered(start: int, end: int) -> list[str]:
    return [f"message {number}" for number in range(start, end)]


class Gate:
    """Holds back replies to list requests that were already made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting = asyncio.Event()
        self._through = asyncio.Event()
        real: Callable[..., Awaitable[Page]] = Gateway.items

        async def held(gateway: Gateway, *args: Any, **more: Any) -> Page:
            page = await real(gateway, *args, **more)
            self.waiting.set()
            await self._through.wait()
            return page

        monkeypatch.setattr(Gateway, "items", held)

    def open(self) -> None:
        self._through.set()


# --- slow replies ---------------------------------------------------------------------------------


async def test_a_message_sent_before_the_last_one_was_listed_stays(
    me: Client, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await me.new()
    gate = Gate(monkeypatch)
    await me.controller.send(key, echo("one"))
    await me.told(TurnEnded)
    await gate.waiting.wait()
    await me.start(key, slowly("two"))
    gate.open()
    await me.quiet()
    assert me.texts(key)[:3] == [echo("one"), "one", slowly("two")]
    await me.stop(key)
    await me.say(key, echo("three"))
    identifier = me.controller.view(key).conversation_id
    assert me.texts(key) == said_in(server, identifier)
    assert [record.raw for record in me.records(key)] == items_of(server, identifier)


async def test_a_turn_that_ends_while_a_list_is_under_way_is_not_undone_by_it(
    me: Client, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    with monkeypatch.context() as slow:
        gate = Gate(slow)
        await me.controller.open(key)
        await gate.waiting.wait()
    await me.controller.send(key, echo("two"))
    await me.until(lambda: not me.controller.view(key).running)
    gate.open()
    await me.quiet()
    assert me.texts(key) == [echo("one"), "one", echo("two"), "two"]


# --- long pasts -----------------------------------------------------------------------------------


async def test_a_long_past_is_loaded_from_the_server_page_by_page(
    me: Client, server: EmbeddedServer
) -> None:
    view = await me.open(filled(server, 250))
    key = view.key
    assert [record.item.text for record in view.records] == numbered(150, 250)
    assert view.older
    assert len(await me.controller.load_older(key)) == 100
    assert me.controller.view(key).older
    assert [r.item.text for r in await me.controller.load_older(key)] == numbered(0, 50)
    assert me.texts(key) == numbered(0, 250)
    assert not me.controller.view(key).older
    assert await me.controller.load_older(key) == ()


async def test_a_long_past_is_loaded_from_here_when_it_was_loaded_before(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = filled(server, 450)
    async with client(server, tmp_path) as me:
        key = (await me.open(identifier)).key
        while me.controller.view(key).older:
            await me.controller.load_older(key)
        assert me.texts(key) == numbered(0, 450)
    async with client(None, tmp_path) as me:  # the server is not there any more
        view = await me.open(identifier)
        assert [record.item.text for record in view.records] == numbered(250, 450)
        assert view.older
        assert len(await me.controller.load_older(view.key)) == 200
        assert len(await me.controller.load_older(view.key)) == 50
        assert me.texts(view.key) == numbered(0, 450)


async def test_two_wishes_for_older_items_at_once_load_each_once(
    me: Client, server: EmbeddedServer
) -> None:
    key = (await me.open(filled(server, 250))).key
    await asyncio.gather(*(me.controller.load_older(key) for _ in range(4)))
    assert me.texts(key) == numbered(0, 250)


async def test_off_the_record_the_whole_past_goes_along(me: Client, server: EmbeddedServer) -> None:
    key = (await me.open(filled(server, 120))).key
    await me.controller.set_store(key, False)
    assert me.controller.view(key).plan.needs_all
    await me.say(key, "count\npace 0")
    assert "121 items" in me.answer(key)
    assert me.texts(key)[:120] == numbered(0, 120)


async def test_a_turn_in_a_long_conversation_needs_none_of_its_past(
    me: Client, server: EmbeddedServer
) -> None:
    identifier = filled(server, 150)
    key = (await me.open(identifier)).key
    await me.say(key, "count\npace 0")
    assert "151 items" in me.answer(key)
    assert len(me.records(key)) == 102
    assert me.controller.view(key).older
    assert [record.raw for record in me.records(key)] == items_of(server, identifier)[50:]


@pytest.mark.parametrize("length", [30, 130])
async def test_a_conversation_made_from_a_chain_holds_all_of_it(
    me: Client, server: EmbeddedServer, length: int
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.MANUAL)
    await me.say(key, echo("ok"))
    identifier = filled(server, 1)
    row = await me.library.index.row(key)
    assert row is not None
    # A past as long as if it had all been said here, with texts that repeat.
    past = [echo("ok"), "ok"] * (length // 2)
    records = [
        Record({**user_message(text), "id": f"msg_old{number}"}, Place.CHAIN)
        for number, text in enumerate(past)
    ]
    await me.library.items.replace_from(key, 0, records, complete=True)
    other = await me.new()
    assert other != key
    assert (await me.open(key)).records[0].item.text == echo("ok")
    await me.controller.set_chaining(key, Chaining.CONVERSATION)
    report = await me.say(key, "count\npace 0")
    assert report.kept
    identifier = me.controller.view(key).conversation_id
    assert said_in(server, identifier) == me.texts(key)
    assert len(me.records(key)) == length + 2
    assert {record.place for record in me.records(key)} == {Place.CONVERSATION}
    await me.controller.set_store(key, False)
    await me.say(key, "count\npace 0")
    assert f"{length + 3} items" in me.answer(key)


# --- other clients --------------------------------------------------------------------------------


async def test_what_others_did_to_a_conversation_shows_when_it_is_opened(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.say(key, echo("two"))
    identifier = me.controller.view(key).conversation_id
    items = items_of(server, identifier)
    assert server.http().delete(f"/conversations/{identifier}/items/{items[1]['id']}").is_success
    append(server, identifier, "from elsewhere")
    since = len(me.events)
    await me.open(key)
    assert me.texts(key) == [echo("one"), echo("two"), "two", "from elsewhere"]
    assert (await me.told(RecordsChanged, since=since)).view.key == key
    # It is written down, too.
    cached = (await me.library.items.window(key)).records
    assert [record.item.text for record in cached] == me.texts(key)


async def test_opening_what_nobody_changed_changes_nothing(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.new()
    since = len(me.events)
    before = (await me.controller.open(key)).records
    await me.quiet()
    assert me.records(key) == list(before)
    assert "RecordsChanged" not in me.kinds(since)


async def test_a_conversation_that_went_on_far_elsewhere_is_shown_from_its_end(
    me: Client, server: EmbeddedServer
) -> None:
    identifier = filled(server, 30)
    key = (await me.open(identifier)).key
    await me.controller.set_store(key, False)
    await me.say(key, echo("private"))
    append(server, identifier, *(f"later {number}" for number in range(250)))
    await me.open(key)
    texts = me.texts(key, Place.CONVERSATION)
    assert texts == [f"later {number}" for number in range(150, 250)]
    assert me.controller.view(key).older
    assert me.texts(key, Place.PRIVATE) == [echo("private"), "private"]
    while me.controller.view(key).older:
        await me.controller.load_older(key)
    assert me.texts(key, Place.CONVERSATION) == said_in(server, identifier)


async def test_a_conversation_that_was_emptied_is_empty_here_too(
    me: Client, server: EmbeddedServer
) -> None:
    identifier = filled(server, 3)
    key = (await me.open(identifier)).key
    for raw in items_of(server, identifier):
        server.http().delete(f"/conversations/{identifier}/items/{raw['id']}")
    await me.open(key)
    assert me.texts(key) == []
    await me.say(key, echo("anew"))
    assert me.texts(key) == said_in(server, identifier) == [echo("anew"), "anew"]


async def test_older_items_are_found_though_the_first_one_here_was_deleted_elsewhere(
    me: Client, server: EmbeddedServer
) -> None:
    identifier = filled(server, 150)
    key = (await me.open(identifier)).key
    first = me.records(key)[0].item.id
    assert server.http().delete(f"/conversations/{identifier}/items/{first}").is_success
    await me.controller.load_older(key)
    while me.controller.view(key).older:
        await me.controller.load_older(key)
    assert me.texts(key) == said_in(server, identifier)


async def test_a_conversation_that_was_deleted_elsewhere_is_told_and_its_copy_stays(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    identifier = me.controller.view(key).conversation_id
    assert server.http().delete(f"/conversations/{identifier}").is_success
    await me.open(key)
    assert any("no longer has this conversation" in notice for notice in me.notices)
    assert me.texts(key) == [echo("one"), "one"]
    report = await me.say(key, echo("two"))
    assert report.unsent
    assert report.way_out
    await me.controller.take_back(key)
    await me.controller.set_chaining(key, Chaining.MANUAL)
    assert (await me.say(key, "count\npace 0")).kept
    assert "3 items" in me.answer(key)


async def test_a_server_that_cannot_list_is_told_once_and_the_copy_stays(
    me: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))

    async def broken(*_: Any, **__: Any) -> Page:
        raise GatewayError(Trouble.SERVER, "It is broken.")

    monkeypatch.setattr(Gateway, "items", broken)
    await me.open(key)
    assert me.notices.count("It is broken.") == 1
    assert me.texts(key) == [echo("one"), "one"]
