"""Living in a conversation: begin, say, watch it come, go elsewhere, come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chat_tui.config import Defaults, Settings
from chat_tui.controller import ItemAdded, ItemGrew, ItemUpdated, TurnEnded, TurnStarted
from chat_tui.errors import ChatTuiError, NotFound
from chat_tui.items import Kind, Place
from tests.support.asking import items_of, said_in
from tests.support.client import Client, client
from tests.support.prompts import echo, slowly
from tests.support.server import EmbeddedServer


async def test_the_server_learns_of_a_conversation_with_its_first_turn(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    before = me.controller.view(key)
    assert (before.conversation_id, before.records, before.title) == ("", (), "New conversation")
    assert before.plan.creates
    report = await me.say(key, echo("hello"))
    after = me.controller.view(key)
    assert (report.status, report.kept, report.unsent) == ("completed", True, False)
    assert after.conversation_id.startswith("conv_")
    assert after.response_id == report.response_id
    assert said_in(server, after.conversation_id) == [echo("hello"), "hello"] == me.texts(key)
    assert after.created_at == pytest.approx(report.started_at, abs=60)
    assert after.usage["total_tokens"] == after.context_tokens > 0
    assert not after.running


async def test_every_record_has_the_id_the_server_lists(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.say(key, "pace 0\nthink 1")
    await me.say(key, echo("two"))
    listed = items_of(server, me.controller.view(key).conversation_id)
    assert [record.raw for record in me.records(key)] == listed
    assert [record.item.kind for record in me.records(key)] == [
        Kind.USER,
        Kind.REASONING,
        Kind.ASSISTANT,
        Kind.USER,
        Kind.ASSISTANT,
    ]
    assert {record.place for record in me.records(key)} == {Place.CONVERSATION}
    assert all(record.at and record.response_id for record in me.records(key))
    assert [record.model for record in me.records(key)] == ["", "demo", "demo", "", "demo"]


async def test_a_turn_is_told_in_order(me: Client) -> None:
    key = await me.new()
    since = len(me.events)
    await me.controller.send(key, "pace 0\nlong 60")
    assert me.controller.view(key).running
    await me.ended(since=since)
    kinds = [kind for kind in me.kinds(since) if kind not in ("ListChanged", "ViewChanged")]
    assert kinds[:3] == ["TurnStarted", "ItemUpdated", "ItemAdded"]
    assert "ItemGrew" in kinds
    told = me.events[since:]
    started = next(event for event in told if isinstance(event, TurnStarted))
    added = next(event for event in told if isinstance(event, ItemAdded))
    ended = next(event for event in told if isinstance(event, TurnEnded))
    assert started.record.item.text == "pace 0\nlong 60"
    assert started.plan.creates
    grown = "".join(event.text for event in told if isinstance(event, ItemGrew))
    assert grown == me.answer(key)
    done = [e for e in told if isinstance(e, ItemUpdated) and e.record.ref == added.record.ref]
    assert done[-1].record.item.text == grown
    assert ended.report.status == "completed"
    refs = [record.ref for record in me.records(key)]
    assert refs == [started.record.ref, added.record.ref]


async def test_growth_comes_in_fewer_events_than_tokens(me: Client) -> None:
    key = await me.new()
    since = len(me.events)
    await me.say(key, "pace 0\nlong 3000")
    grown = [event for event in me.events[since:] if isinstance(event, ItemGrew)]
    assert len(grown) < 300


async def test_the_first_message_is_the_title_here_and_at_the_server(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, "my name is Ada, and this is the first line\npace 0")
    await me.say(key, echo("second"))
    view = me.controller.view(key)
    assert view.title == "my name is Ada, and this is the first line"
    listed = await me.controller.conversations()
    assert [row.title for row in listed] == [view.title]
    http = server.http()
    metadata = http.get(f"/conversations/{view.conversation_id}").json()["metadata"]
    assert metadata == view.metadata == {"title": view.title}


async def test_a_long_first_message_is_cut_at_a_word(me: Client) -> None:
    key = await me.new()
    await me.say(key, "echo " + "wonderful " * 20 + "\npace 0")
    title = me.controller.view(key).title
    assert len(title) <= 61
    assert title.endswith("wonderful…")


async def test_the_context_is_there_in_the_next_turn(me: Client) -> None:
    key = await me.new()
    await me.say(key, "my name is Grace\npace 0")
    await me.say(key, "what is my name?\npace 0")
    assert "Grace" in me.answer(key)


async def test_instructions_and_the_model_go_with_every_turn(me: Client) -> None:
    key = await me.new()
    await me.controller.set_instructions(key, "Be brief.")
    report = await me.say(key, echo("one"))
    response = await _response(me, report.response_id)
    assert response["instructions"] == "Be brief."
    await me.controller.set_instructions(key, "Be long.")
    report = await me.say(key, echo("two"))
    assert (await _response(me, report.response_id))["instructions"] == "Be long."
    await me.controller.set_model(key, "no-such-model")
    report = await me.say(key, echo("three"))
    assert report.unsent
    assert "no-such-model" in report.sentence


async def _response(me: Client, response_id: str) -> dict[str, object]:
    endpoint = await me.controller._endpoints.get(me.controller.profile)
    return await endpoint.gateway.response(response_id)


async def test_a_model_is_chosen_where_none_was(server: EmbeddedServer, tmp_path: Path) -> None:
    settings = Settings(profile="local")
    nameless = replace(settings.profiles["local"], model="")
    async with client(server, tmp_path, settings=settings, profile=nameless) as me:
        key = await me.new()
        await me.say(key, echo("hi"))
        assert me.controller.view(key).choices.model == "demo"
        assert me.answer(key) == "hi"


async def test_a_new_conversation_starts_with_the_settings(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    defaults = Defaults(store=False, compaction=5000, instructions="Be kind.")
    async with client(server, tmp_path, settings=Settings("local", defaults=defaults)) as me:
        choices = (await me.controller.new()).choices
        assert (choices.store, choices.compaction) == (False, 5000)
        assert choices.instructions == "Be kind."


async def test_choices_stay_with_their_conversation(server: EmbeddedServer, tmp_path: Path) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.say(key, echo("kept"))
        await me.controller.set_compaction(key, 7000)
        await me.controller.set_instructions(key, "Be brief.")
    async with client(server, tmp_path) as me:
        choices = (await me.open(key)).choices
        assert (choices.compaction, choices.instructions, choices.model) == (
            7000,
            "Be brief.",
            "demo",
        )


async def test_two_conversations_answer_at_the_same_time(me: Client) -> None:
    one, two = await me.new(), None
    await me.start(one, slowly("first"))
    two = await me.new()
    await me.start(two, slowly("second"))
    assert me.controller.view(one).running
    assert me.controller.view(two).running
    listed = {row.key: row for row in await me.controller.conversations()}
    assert listed[one].running
    assert listed[two].running
    await me.stop(two)
    await me.stop(one)
    assert me.answer(one) == "first"
    assert me.answer(two) == "second"
    for key, text in ((one, "first"), (two, "second")):
        told = "".join(e.text for e in me.events if isinstance(e, ItemGrew) and e.key == key)
        assert told == text


async def test_an_answer_that_ends_elsewhere_is_unread_until_it_is_opened(me: Client) -> None:
    key = await me.new()
    await me.start(key, slowly("done"))
    other = await me.new()
    await me.stop(key)
    listed = {row.key: row.unread for row in await me.controller.conversations()}
    assert listed[key]
    await me.open(key)
    listed = {row.key: row.unread for row in await me.controller.conversations()}
    assert not listed[key]
    assert not listed.get(other, False)


async def test_the_list_is_latest_first(me: Client) -> None:
    keys = []
    for _ in range(3):
        keys.append(await me.new())
        await me.say(keys[-1], echo(f"conversation {keys[-1]}"))
    await me.open(keys[0])
    await me.say(keys[0], echo("again"))
    assert [row.key for row in await me.controller.conversations()] == [keys[0], keys[2], keys[1]]
    found = await me.controller.conversations(f"conversation {keys[1]}")
    assert [row.key for row in found] == [keys[1]]


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n"])
async def test_nothing_is_not_sent(me: Client, text: str) -> None:
    key = await me.new()
    with pytest.raises(ChatTuiError, match="nothing to send"):
        await me.controller.send(key, text)
    assert me.texts(key) == []


async def test_one_thing_at_a_time(me: Client) -> None:
    key = await me.new()
    await me.start(key, slowly("one"))
    await me.controller.send(key, "another")
    assert [queued.text for queued in me.controller.view(key).queued] == ["another"]
    with pytest.raises(ChatTuiError, match="still coming"):
        await me.controller.delete(key, with_items=False)
    await me.stop(key)
    assert not me.controller.interrupt(key)


async def test_what_is_not_open_cannot_be_spoken_to(me: Client) -> None:
    for command in (
        me.controller.send(99, "hi"),
        me.controller.set_store(99, False),
        me.controller.load_older(99),
        me.controller.take_back(99),
        me.controller.open(99),
    ):
        with pytest.raises(NotFound):
            await command
    assert not me.controller.interrupt(99)


async def test_text_of_every_kind_arrives_as_it_was_typed(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    text = "pace 0\necho [bold]x[/] \x1b[31m \u202e 日本 👩‍🚀 \t|"
    await me.say(key, text)
    said = said_in(server, me.controller.view(key).conversation_id)
    assert said[0] == text == me.texts(key)[0]
    assert said[1] == me.answer(key)
    assert "[bold]x[/] \x1b[31m \u202e 日本 👩‍🚀" in me.answer(key)


async def test_what_no_wire_can_carry_is_replaced_before_it_is_sent(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("half \ud83d of it"))
    assert me.answer(key) == "half \ufffd of it"
    await me.controller.save_draft(key, "draft \udcff")
    assert (await me.open(key)).draft == "draft \ufffd"


async def test_a_large_paste_is_one_message(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    text = echo("x") + "\n" + "line of the paste\n" * 20_000
    await me.say(key, text)
    assert said_in(server, me.controller.view(key).conversation_id)[0] == text
