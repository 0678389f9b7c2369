"""The three chaining modes and every switch between them, in the middle of a conversation."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.config import Chaining
from chat_tui.controller import TurnStarted
from chat_tui.items import Place
from tests.support.asking import given_to, items_of, said_in
from tests.support.client import Client
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer

CONVERSATION, RESPONSE, MANUAL = Chaining
NAME, ASK, COUNT = "my name is Ada\npace 0", "what is my name?\npace 0", "count\npace 0"


def response(server: EmbeddedServer, response_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.http().get(f"/responses/{response_id}").json()
    return found


@pytest.mark.parametrize("chaining", Chaining)
async def test_every_mode_remembers(me: Client, server: EmbeddedServer, chaining: Chaining) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, chaining)
    first = await me.say(key, NAME)
    second = await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    stored = response(server, second.response_id)
    view = me.controller.view(key)
    assert bool(view.conversation_id) == (chaining is CONVERSATION)
    assert view.response_id == second.response_id
    chained = {RESPONSE: first.response_id}.get(chaining)
    assert stored.get("previous_response_id") == chained
    assert bool(stored.get("conversation")) == (chaining is CONVERSATION)
    place = Place.CONVERSATION if chaining is CONVERSATION else Place.CHAIN
    assert {record.place for record in me.records(key)} == {place}
    assert given_to(server, second.response_id) == me.texts(key)[:-1]


@pytest.mark.parametrize("before", Chaining)
@pytest.mark.parametrize("after", Chaining)
async def test_a_switch_forgets_nothing(me: Client, before: Chaining, after: Chaining) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, before)
    await me.say(key, NAME)
    await me.controller.set_chaining(key, after)
    await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)


@pytest.mark.parametrize("mode", [RESPONSE, MANUAL])
async def test_an_aside_sees_the_conversation_and_is_not_seen_by_it(
    me: Client, server: EmbeddedServer, mode: Chaining
) -> None:
    key = await me.new()
    await me.say(key, NAME)
    identifier = me.controller.view(key).conversation_id
    view = await me.controller.set_chaining(key, mode)
    assert any("aside" in note for note in view.plan.notes)
    await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    await me.say(key, "my name is Grace\npace 0")
    assert len(said_in(server, identifier)) == 2
    view = await me.controller.set_chaining(key, CONVERSATION)
    assert any("4 items" in note for note in view.plan.notes)
    await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)
    places = [record.place for record in me.records(key)]
    assert places == [Place.CONVERSATION] * 2 + [Place.CHAIN] * 4 + [Place.CONVERSATION] * 4
    assert [r.raw for r in me.records(key, Place.CONVERSATION)] == items_of(server, identifier)


async def test_an_aside_stays_where_it_was_said_also_after_coming_back(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.controller.set_chaining(key, RESPONSE)
    await me.say(key, echo("aside"))
    await me.controller.set_chaining(key, CONVERSATION)
    await me.say(key, echo("two"))
    said = me.texts(key)
    await me.new()
    await me.open(key)
    assert me.texts(key) == said
    assert said == [
        *(echo("one"), "one"),
        *(echo("aside"), "aside"),
        *(echo("two"), "two"),
    ]


async def test_a_chain_becomes_a_conversation_and_stays_a_chain(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, RESPONSE)
    await me.say(key, NAME)
    last = await me.say(key, echo("two"))
    view = await me.controller.set_chaining(key, CONVERSATION)
    assert view.plan.creates
    assert "4 items from before" in view.plan.summary
    report = await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    view = me.controller.view(key)
    assert said_in(server, view.conversation_id) == me.texts(key)
    assert [record.raw for record in view.records] == items_of(server, view.conversation_id)
    assert response(server, last.response_id)["status"] == "completed"
    assert report.plan.creates
    assert not view.plan.creates


async def test_seeds_of_another_conversation_are_copies(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, RESPONSE)
    await me.say(key, "pace 0\nthink 1")
    before = {record.item.id for record in me.records(key)} - {""}
    await me.controller.set_chaining(key, CONVERSATION)
    await me.say(key, echo("two"))
    after = {raw["id"] for raw in items_of(server, me.controller.view(key).conversation_id)}
    assert before
    assert not before & after


@pytest.mark.parametrize("mode", [RESPONSE, MANUAL])
async def test_a_conversation_can_be_left_for_good(me: Client, mode: Chaining) -> None:
    key = await me.new()
    await me.say(key, NAME)
    await me.controller.set_chaining(key, mode)
    for turn in range(3):
        await me.say(key, COUNT)
        assert f"{3 + 2 * turn} items" in me.answer(key)


async def test_manual_turns_are_kept_as_responses_one_can_go_on_from(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, MANUAL)
    await me.say(key, NAME)
    await me.say(key, echo("two"))
    await me.controller.set_chaining(key, RESPONSE)
    report = await me.say(key, ASK)
    assert "Ada" in me.answer(key)
    assert report.plan.carries == ()
    assert len(given_to(server, report.response_id)) == 5


async def test_a_broken_chain_is_told_and_manual_goes_on(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, RESPONSE)
    first = await me.say(key, NAME)
    assert server.http().delete(f"/responses/{first.response_id}").is_success
    report = await me.say(key, ASK)
    assert report.unsent
    assert report.way_out == "Switch the chaining mode to send the history anew."
    assert me.controller.view(key).pending_text == ASK
    await me.controller.set_chaining(key, MANUAL)
    since = len(me.events)
    await me.controller.resend(key)
    await me.ended(since=since)
    assert "Ada" in me.answer(key)
    await me.controller.set_chaining(key, RESPONSE)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)


async def test_the_plan_told_when_a_turn_starts_is_the_one_that_was_shown(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    for mode in (RESPONSE, MANUAL, CONVERSATION):
        shown = (await me.controller.set_chaining(key, mode)).plan
        since = len(me.events)
        report = await me.say(key, echo("next"))
        assert (await me.told(TurnStarted, since=since)).plan == shown == report.plan


async def test_compaction_is_asked_for_as_chosen(me: Client) -> None:
    key = await me.new()
    for choice, threshold in (("auto", 102_400), ("off", 0), (5_000, 5_000)):
        view = await me.controller.set_compaction(key, choice)
        assert view.plan.threshold == threshold
    await me.controller.set_compaction(key, 1_000)
    await me.say(key, "pace 0\nlong 1500")
    since = len(me.events)
    report = await me.say(key, echo("after"))
    assert report.status == "completed"
    assert "compaction" in {record.item.type for record in me.records(key)}
    assert me.answer(key) == "after"
    assert "RecordsChanged" not in me.kinds(since)


@pytest.mark.parametrize("mode", [RESPONSE, MANUAL])
async def test_after_a_compaction_the_past_is_in_it(me: Client, mode: Chaining) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, mode)
    await me.controller.set_compaction(key, 1_000)
    await me.say(key, NAME)
    await me.say(key, "pace 0\nlong 1500")
    await me.say(key, echo("compacts"))
    await me.say(key, ASK)
    assert "compaction" in {record.item.type for record in me.records(key)}
    assert "Ada" in me.answer(key)
