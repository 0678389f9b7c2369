"""How turns end: well, stopped, cut, failed; and what is true afterwards here and there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chat_tui.config import Chaining
from chat_tui.controller import TurnEnded
from chat_tui.errors import ChatTuiError
from chat_tui.items import Place
from chat_tui.library import PendingTurn
from tests.support.asking import items_of, said_in
from tests.support.client import Client, Held, client
from tests.support.prompts import echo, slowly
from tests.support.server import EmbeddedServer

COUNT = "count\npace 0"


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that keeps nothing of an interrupted turn, as the reference does."""
    running = EmbeddedServer.start(tmp_path_factory.mktemp("forgetful"), interrupted="discard")
    yield running
    assert running.stop() == ""


@pytest.fixture
async def unlucky(
    forgetful: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A person at a program on the forgetful server, who does not look long for what is kept."""
    monkeypatch.setattr("chat_tui.controller.settling.KEPT_CHECKS", (0.0, 0.05))
    async with client(forgetful, tmp_path / "unlucky") as opened:
        yield opened


# --- stopped --------------------------------------------------------------------------------------


async def test_what_came_until_a_stop_stays_here_and_there(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.start(key, slowly("half"))
    report = await me.stop(key)
    assert (report.status, report.kept, report.unsent) == ("stopped", True, False)
    identifier = me.controller.view(key).conversation_id
    assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]
    assert [record.raw for record in me.records(key)] == items_of(server, identifier)
    assert me.records(key)[-1].item.status == "incomplete"
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)
    assert [record.raw for record in me.records(key)] == items_of(server, identifier)


@pytest.mark.parametrize("mode", [Chaining.RESPONSE, Chaining.MANUAL])
async def test_a_stopped_response_of_a_chain_is_here_what_it_is_there(
    me: Client, server: EmbeddedServer, mode: Chaining
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, mode)
    await me.say(key, echo("one"))
    await me.start(key, "pace 200\nlong 4000")
    report = await me.stop(key)
    assert (report.status, report.kept) == ("stopped", True)
    stored = server.http().get(f"/responses/{report.response_id}").json()
    assert [record.raw for record in me.records(key)[3:]] == stored["output"]
    assert {record.place for record in me.records(key)} == {Place.CHAIN}
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)


async def test_what_a_server_forgot_goes_along_with_the_next_message(
    unlucky: Client, forgetful: EmbeddedServer
) -> None:
    me, key = unlucky, await unlucky.new()
    await me.say(key, echo("one"))
    await me.start(key, slowly("half"))
    report = await me.stop(key)
    assert (report.status, report.kept, report.unsent) == ("stopped", False, False)
    identifier = me.controller.view(key).conversation_id
    assert said_in(forgetful, identifier) == [echo("one"), "one"]
    assert me.texts(key, Place.STOPPED) == [slowly("half"), "half"]
    assert any("stopped turn along" in note for note in me.controller.view(key).plan.notes)
    await me.say(key, COUNT)
    assert "5 items" in me.answer(key)
    assert [record.raw for record in me.records(key)] == items_of(forgetful, identifier)


async def test_a_stopped_first_turn_is_not_lost_either(
    unlucky: Client, forgetful: EmbeddedServer
) -> None:
    me, key = unlucky, await unlucky.new()
    await me.start(key, slowly("half"))
    await me.stop(key)
    await me.say(key, echo("next"))
    identifier = me.controller.view(key).conversation_id
    assert said_in(forgetful, identifier) == [slowly("half"), "half", echo("next"), "next"]
    assert me.texts(key) == said_in(forgetful, identifier)


async def test_several_stops_in_a_row_all_go_along(
    unlucky: Client, forgetful: EmbeddedServer
) -> None:
    me, key = unlucky, await unlucky.new()
    said = []
    for word in ("one", "two", "three"):
        await me.start(key, slowly(word))
        await me.stop(key)
        said += [slowly(word), word]
    await me.say(key, echo("four"))
    identifier = me.controller.view(key).conversation_id
    assert said_in(forgetful, identifier) == [*said, echo("four"), "four"] == me.texts(key)


async def test_a_stop_before_anything_came_gives_the_message_back(
    unlucky: Client, forgetful: EmbeddedServer
) -> None:
    me, key = unlucky, await unlucky.new()
    await me.controller.send(key, "stall 600")
    await me.until(lambda: me.controller.view(key).conversation_id)
    report = await me.stop(key)
    assert (report.status, report.kept, report.unsent) == ("stopped", False, True)
    assert me.controller.view(key).pending_text == "stall 600"
    assert await me.controller.take_back(key) == "stall 600"
    view = me.controller.view(key)
    assert (view.records, view.pending_text, view.draft) == ((), "", "stall 600")
    await me.say(key, echo("instead"))
    assert said_in(forgetful, view.conversation_id) == [echo("instead"), "instead"]


async def test_what_was_stopped_is_there_after_a_restart(
    forgetful: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(forgetful, tmp_path) as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await me.start(key, slowly("half"))
        await me.stop(key)
    async with client(forgetful, tmp_path) as me:
        await me.open(key)
        assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]
        assert me.texts(key, Place.STOPPED) == [slowly("half"), "half"]
        await me.say(key, COUNT)
        assert "5 items" in me.answer(key)
        identifier = me.controller.view(key).conversation_id
        assert me.texts(key) == said_in(forgetful, identifier)


async def test_stopping_twice_is_stopping_once(me: Client) -> None:
    key = await me.new()
    await me.start(key, slowly("half"))
    since = len(me.events)
    assert me.controller.interrupt(key)
    me.controller.interrupt(key)
    await me.ended(since=since)
    assert len([e for e in me.events[since:] if isinstance(e, TurnEnded)]) == 1
    assert me.answer(key) == "half"


# --- incomplete and failed ------------------------------------------------------------------------


async def test_an_incomplete_answer_is_kept_and_says_why(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    report = await me.say(key, "cut 5\nlong 100\npace 0")
    assert (report.status, report.kept) == ("incomplete", True)
    assert report.reason == "max_output_tokens"
    identifier = me.controller.view(key).conversation_id
    assert [record.raw for record in me.records(key)] == items_of(server, identifier)
    assert me.records(key)[-1].item.status == "incomplete"


async def test_a_failure_before_anything_came_leaves_the_message_unsent(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    report = await me.say(key, "fail rate_limit_exceeded")
    assert (report.status, report.kept, report.unsent) == ("failed", False, True)
    assert "rate_limit_exceeded" in report.sentence
    assert report.way_out == "Wait a moment, then send again."
    view = me.controller.view(key)
    assert view.pending_text == "fail rate_limit_exceeded"
    assert me.texts(key, Place.PENDING) == ["fail rate_limit_exceeded"]
    assert said_in(server, view.conversation_id) == []
    with pytest.raises(ChatTuiError, match="still unsent"):
        await me.controller.send(key, "another")
    (row,) = await me.controller.conversations()
    assert (row.pending, row.failed) == (True, True)


async def test_an_unsent_message_can_be_sent_again(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.say(key, "fail server_error")
    since = len(me.events)
    await me.controller.resend(key)
    report = await me.ended(since=since)
    assert report.unsent
    assert me.texts(key) == ["fail server_error"]
    await me.controller.take_back(key)
    await me.say(key, echo("better"))
    identifier = me.controller.view(key).conversation_id
    assert said_in(server, identifier) == [echo("better"), "better"] == me.texts(key)


async def test_an_unsent_message_is_there_after_a_restart(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.say(key, "fail server_error")
    async with client(server, tmp_path) as me:
        view = await me.controller.last()
        assert (view.key, view.pending_text) == (key, "fail server_error")
        await me.quiet()
        assert me.notices == ["Your last message was cut off; the server kept nothing of it."]
        assert await me.controller.take_back(key) == "fail server_error"
    async with client(server, tmp_path) as me:
        assert (await me.open(key)).draft == "fail server_error"


async def test_a_failure_after_text_came_keeps_the_text(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    report = await me.say(key, "echo so far\nfail server_error\npace 0")
    assert (report.status, report.kept, report.unsent) == ("failed", False, False)
    assert me.answer(key) == "so far"
    assert {record.place for record in me.records(key)} == {Place.STOPPED}
    await me.say(key, COUNT)
    assert "3 items" in me.answer(key)
    assert me.texts(key) == said_in(server, me.controller.view(key).conversation_id)


async def test_a_refusal_is_an_answer(me: Client) -> None:
    key = await me.new()
    report = await me.say(key, "refuse\npace 0")
    assert (report.status, report.kept) == ("completed", True)
    assert me.records(key)[-1].raw["content"][0]["type"] == "refusal"
    assert me.answer(key)


# --- the server goes ------------------------------------------------------------------------------


async def test_a_server_that_dies_in_a_turn_takes_nothing_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)
    (tmp_path / "server").mkdir()
    server = EmbeddedServer.start(tmp_path / "server")
    held = Held(server)
    async with client(held, tmp_path / "mine") as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await me.start(key, slowly("half"))
        since = len(me.events)
        server.kill()
        report = await me.ended(since=since)
        assert (report.status, report.kept, report.unsent) == ("cut", False, False)
        assert report.sentence == "The connection broke before the answer ended."
        assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]
        # While it is away nothing is taken: what was stopped would have to go along.
        with pytest.raises(ChatTuiError, match="cannot be reached"):
            await me.controller.send(key, echo("unsent"))
        view = me.controller.view(key)
        assert (view.draft, view.running, len(view.records)) == (echo("unsent"), False, 4)
    again = EmbeddedServer.start(tmp_path / "server")
    async with client(again, tmp_path / "mine") as me:
        await me.open(key)
        assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]
        await me.say(key, COUNT)
        assert "5 items" in me.answer(key)
        assert me.texts(key) == said_in(again, me.controller.view(key).conversation_id)
    again.stop()


@pytest.mark.parametrize("rule", ["keep", "discard"])
async def test_closing_in_a_turn_loses_nothing(tmp_path: Path, rule: str) -> None:
    (tmp_path / "server").mkdir()
    server = EmbeddedServer.start(tmp_path / "server", interrupted=rule)
    async with client(server, tmp_path / "mine") as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await me.start(key, slowly("half"))
    async with client(server, tmp_path / "mine") as me:
        await me.open(key)
        assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]
        assert bool(me.records(key, Place.STOPPED)) == (rule == "discard")
        await me.say(key, COUNT)
        assert "5 items" in me.answer(key)
        assert me.texts(key) == said_in(server, me.controller.view(key).conversation_id)
    server.stop()


async def test_closing_while_the_server_hangs_keeps_the_message_for_the_next_start(
    server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.controller.core._CLOSING_SECONDS", 0.1)
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.start(key, slowly("half"))
    async with client(server, tmp_path) as me:
        view = await me.open(key)
        assert slowly("half") in (view.pending_text, view.records[0].item.text)
        identifier = view.conversation_id
        assert said_in(server, identifier)[:1] in ([], [slowly("half")])


# --- after a crash --------------------------------------------------------------------------------


async def crashed(me: Client, key: int, text: str, *, records: int, response_id: str) -> None:
    """Make the library as it is when a program dies after ``records`` were written."""
    kept = me.records(key)[:records]
    after = kept[-1].item.id if kept else ""
    await me.library.items.replace_from(key, 0, kept, complete=True)
    await me.library.journal.write(PendingTurn(key, text, response_id, after, 1.0))


@pytest.mark.parametrize("chaining", Chaining)
async def test_after_a_crash_a_turn_the_server_kept_whole_is_here(
    server: EmbeddedServer, tmp_path: Path, chaining: Chaining
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.controller.set_chaining(key, chaining)
        await me.say(key, echo("one"))
        report = await me.say(key, "think 1\npace 0")
        said = me.texts(key)
        await crashed(me, key, "think 1\npace 0", records=2, response_id=report.response_id)
    async with client(server, tmp_path) as me:
        before = await me.controller.open(key)
        assert before.pending_text == "think 1\npace 0"
        await me.quiet()
        assert me.notices == ["Your last turn was cut off here, but the server kept it whole."]
        assert me.texts(key) == said
        assert me.controller.view(key).pending_text == ""
        await me.say(key, COUNT)
        # The server gave no seal for what it stored: a replay has to leave the reasoning out.
        assert f"{5 if chaining is Chaining.MANUAL else 6} items" in me.answer(key)
    async with client(server, tmp_path) as me:
        await me.open(key)
        assert me.notices == []
        assert me.texts(key)[:5] == said


async def test_after_a_crash_a_turn_the_server_kept_in_part_is_here(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await me.start(key, slowly("half"))
        report = await me.stop(key)
        await crashed(me, key, slowly("half"), records=2, response_id=report.response_id)
    async with client(server, tmp_path) as me:
        await me.open(key)
        assert "the server kept your message and part of the answer" in me.notices[0]
        assert me.texts(key) == [echo("one"), "one", slowly("half"), "half"]


@pytest.mark.parametrize("response_id", ["", "resp_" + "0" * 48])
async def test_after_a_crash_a_turn_the_server_did_not_keep_waits(
    server: EmbeddedServer, tmp_path: Path, response_id: str
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await crashed(me, key, echo("two"), records=2, response_id=response_id)
    async with client(server, tmp_path) as me:
        view = await me.open(key)
        assert view.pending_text == echo("two")
        assert me.texts(key, Place.PENDING) == [echo("two")]
        since = len(me.events)
        await me.controller.resend(key)
        await me.ended(since=since)
        assert me.texts(key) == [echo("one"), "one", echo("two"), "two"]
        assert me.texts(key) == said_in(server, view.conversation_id)


async def test_after_a_crash_with_the_server_away_the_message_waits(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await crashed(me, key, echo("two"), records=2, response_id="")
    async with client(None, tmp_path) as me:
        view = await me.open(key)
        assert view.pending_text == echo("two")
        assert "A message is still unsent." in me.notices
        with pytest.raises(ChatTuiError):
            await me.controller.resend(key)
        assert me.controller.view(key).pending_text == echo("two")


async def test_after_a_crash_before_the_conversation_was_made_the_message_waits(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    async with client(server, tmp_path) as me:
        key = await me.new()
        await crashed(me, key, echo("first"), records=0, response_id="")
    async with client(server, tmp_path) as me:
        view = await me.controller.last()
        assert (view.key, view.pending_text) == (key, echo("first"))
        await me.quiet()
        since = len(me.events)
        await me.controller.resend(key)
        await me.ended(since=since)
        assert me.texts(key) == [echo("first"), "first"]
