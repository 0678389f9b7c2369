"""Servers of all kinds: what they lack is learned, what they do wrong is told, nothing is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.controller import EndpointChanged
from chat_tui.gateway import Gateway
from chat_tui.items import Place
from chat_tui.library import LibraryError, PendingTurn
from tests.support.asking import said_in
from tests.support.client import Client, client
from tests.support.faults import FaultServer, Reply, Request, refusing, replying, streaming
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer

Json = dict[str, Any]
NO_ROUTE = replying({"detail": "Not Found"}, 404)


def answer(text: str, identifier: str = "msg_a") -> Json:
    return {
        "type": "message",
        "id": identifier,
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text}],
    }


def answering(text: str = "hello", response_id: str = "resp_1", **more: Any) -> Reply:
    response = {"id": response_id, "status": "completed", "output": [answer(text)], **more}
    created = {"type": "response.created", "response": {"id": response_id}}
    added = {"type": "response.output_item.added", "output_index": 0, "item": answer("")}
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": text}
    final = {"type": "response.completed", "response": response}
    return streaming(created, added, delta, final)


@asynccontextmanager
async def talking(
    tmp_path: Path, replies: Callable[[Request], Reply]
) -> AsyncIterator[tuple[Client, FaultServer, int]]:
    async with FaultServer(replies) as server:
        profile = Profile(name="far", base_url=server.base_url, model="m")
        async with client(None, tmp_path, profile=profile) as me:
            yield me, server, await me.new()


def routed(otherwise: Reply, **replies: Reply) -> Callable[[Request], Reply]:
    """Replies by the last segment of the path."""
    return lambda request: replies.get(request.path.rpartition("/")[2], otherwise)


def turns(server: FaultServer) -> list[Json]:
    """The bodies of every turn that was asked for."""
    return [r.body for r in server.requests if r.path == "/v1/responses"]


# --- what servers lack ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "absent", [NO_ROUTE, refusing(404), replying(b"no", 405, kind="text/plain")]
)
async def test_a_server_without_conversations_gets_a_chain(tmp_path: Path, absent: Reply) -> None:
    async with talking(tmp_path, routed(absent, responses=answering())) as (me, server, key):
        report = await me.say(key, "hi")
        assert (report.status, report.plan.chaining) == ("completed", Chaining.RESPONSE)
        view = me.controller.view(key)
        assert (view.response_id, view.conversation_id) == ("resp_1", "")
        assert any("has no conversations" in note for note in view.plan.notes)
        assert me.texts(key) == ["hi", "hello"]
        await me.say(key, "again")
        assert turns(server)[1]["previous_response_id"] == "resp_1"
        asked = [request.path for request in server.requests]
        assert asked.count("/v1/conversations") == 1


async def test_a_server_without_either_gets_all_history_each_turn(tmp_path: Path) -> None:
    def replies(request: Request) -> Reply:
        if request.path != "/v1/responses":
            return NO_ROUTE
        for name in ("previous_response_id", "context_management"):
            if name in request.body:
                return refusing(400, "unknown_parameter", param=name)
        return answering()

    async with talking(tmp_path, replies) as (me, server, key):
        await me.say(key, "one")
        report = await me.say(key, "two")
        assert report.plan.chaining is Chaining.MANUAL
        assert report.plan.threshold == 0
        last = turns(server)[-1]
        assert [raw["content"][0]["text"] for raw in last["input"]] == ["one", "hello", "two"]
        assert me.texts(key) == ["one", "hello", "two", "hello"]
        notes = " ".join(me.controller.view(key).plan.notes)
        assert "neither conversations nor chains" in notes
        assert "cannot compact" in notes


async def test_a_refusal_for_another_reason_teaches_nothing(tmp_path: Path) -> None:
    refusal = refusing(400, "invalid_value", param="context_management[0].compact_threshold")
    replies = routed(refusal, conversations=replying({"id": "conv_1"}))
    async with talking(tmp_path, replies) as (me, server, key):
        report = await me.say(key, "one")
        assert report.unsent
        assert me.controller.view(key).plan.threshold > 0
        assert len(turns(server)) == 1


async def test_a_server_that_answers_in_one_piece_is_an_answer(tmp_path: Path) -> None:
    whole = replying({"id": "resp_1", "status": "completed", "output": [answer("all")]})
    async with talking(tmp_path, routed(NO_ROUTE, responses=whole)) as (me, _, key):
        report = await me.say(key, "hi")
        assert report.status == "completed"
        assert me.texts(key) == ["hi", "all"]


# --- what servers do wrong ------------------------------------------------------------------------

CREATED: Json = {"type": "response.created", "response": {"id": "resp_1"}}
ADDED: Json = {"type": "response.output_item.added", "output_index": 0, "item": answer("")}
DELTA: Json = {"type": "response.output_text.delta", "output_index": 0, "delta": "hal"}


@pytest.mark.parametrize(
    ("reply", "status", "sentence"),
    [
        (streaming(CREATED, ADDED, DELTA), "cut", "The stream ended before the answer did."),
        (streaming(CREATED, ADDED, DELTA, end="cut"), "cut", "The connection broke"),
        (
            streaming(CREATED, ADDED, DELTA, {"type": "error", "code": "c", "message": "Boom"}),
            "failed",
            "The response failed (c): Boom.",
        ),
        (
            streaming(CREATED, ADDED, DELTA, {"error": {"message": "no GPU"}}),
            "failed",
            "The response failed: no GPU.",
        ),
    ],
)
async def test_what_came_before_a_fault_stays_and_goes_along(
    tmp_path: Path, reply: Reply, status: str, sentence: str
) -> None:
    first = [reply]

    def replies(request: Request) -> Reply:
        if request.path == "/v1/responses":
            return first.pop() if first else answering(response_id="resp_2")
        return NO_ROUTE if request.path == "/v1/conversations" else refusing(404)

    async with talking(tmp_path, replies) as (me, server, key):
        report = await me.say(key, "hi")
        assert (report.status, report.kept, report.unsent) == (status, False, False)
        assert report.sentence.startswith(sentence)
        assert me.texts(key, Place.STOPPED) == ["hi", "hal"]
        await me.say(key, "again")
        sent = [raw["content"][0]["text"] for raw in turns(server)[-1]["input"]]
        assert sent == ["hi", "hal", "again"]
        assert me.texts(key) == ["hi", "hal", "again", "hello"]
        assert me.records(key, Place.STOPPED) == []


async def test_a_locked_conversation_is_waited_for_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.gateway.client.LOCK_WAITS", (0.01, 0.02))
    locked = [refusing(400, "conversation_locked", "Another turn runs.", param="conversation")]

    def replies(request: Request) -> Reply:
        if request.path == "/v1/conversations":
            return replying({"id": "conv_1"})
        if request.path == "/v1/responses":
            return locked.pop() if locked else answering()
        return replying({"data": [], "has_more": False})

    async with talking(tmp_path, replies) as (me, server, key):
        report = await me.say(key, "hi")
        assert report.status == "completed"
        assert "The server refused: Another turn runs." in me.notices
        assert len(turns(server)) == 2


async def test_an_odd_stream_is_logged_by_name_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "chat_tui")
    odd = {"type": "response.hologram.\x1bdelta", "delta": "xylophone", "sequence_number": 7}
    numbered = {**CREATED, "sequence_number": 0}
    final = {"type": "response.completed", "response": {"id": "resp_1", "output": [answer("x")]}}
    reply = streaming(numbered, odd, odd, final)
    async with talking(tmp_path, routed(NO_ROUTE, responses=reply)) as (me, _, key):
        await me.say(key, "xylophone")
    assert "response.hologram.␛delta': 2" in caplog.text
    assert "6 stream events were lost" in caplog.text
    assert "xylophone" not in caplog.text
    assert "\x1b" not in caplog.text


async def test_after_a_crash_a_response_still_under_way_is_told_as_such(tmp_path: Path) -> None:
    running = replying({"id": "resp_1", "status": "in_progress", "output": []})
    async with talking(tmp_path, routed(running)) as (me, _, key):
        await me.library.journal.write(PendingTurn(key, "hi", "resp_1", "", 1.0))
        await me.controller.new()
        view = await me.open(key)
        assert view.pending_text == "hi"
        assert any("still at work on your last message" in notice for notice in me.notices)


async def test_an_endpoint_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    far = Profile(name="far", base_url="http://198.51.100.1/v1", model="m")
    async with client(None, tmp_path, profile=far) as me:
        me.controller.start()
        told = await me.told(EndpointChanged)
        assert (told.profile, told.ready) == ("far", False)
        assert "unencrypted" in told.sentence


# --- around it ------------------------------------------------------------------------------------


async def test_a_conversation_under_creation_is_not_lost_by_a_stop(
    me: Client, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, through = asyncio.Event(), asyncio.Event()
    real: Callable[..., Awaitable[Json]] = Gateway.create_conversation

    async def slow(gateway: Gateway, *args: Any) -> Json:
        created = await real(gateway, *args)
        made.set()
        await through.wait()
        return created

    monkeypatch.setattr(Gateway, "create_conversation", slow)
    key = await me.new()
    since = len(me.events)
    await me.controller.send(key, echo("one"))
    await made.wait()
    assert me.controller.interrupt(key)
    through.set()
    report = await me.ended(since=since)
    assert (report.status, report.unsent) == ("stopped", True)
    identifier = me.controller.view(key).conversation_id
    assert said_in(server, identifier) == []
    await me.controller.take_back(key)
    await me.say(key, echo("two"))
    assert said_in(server, identifier) == [echo("two"), "two"]


async def test_a_library_that_fails_is_told_and_the_turn_goes_on(
    me: Client, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))

    async def full(*_: Any, **__: Any) -> None:
        raise LibraryError("The library cannot be used: the disk is full.", "Free space.")

    with monkeypatch.context() as broken:
        broken.setattr(me.library, "end_turn", full)
        report = await me.say(key, echo("two"))
    assert report.status == "completed"
    assert "The library cannot be used: the disk is full." in me.notices
    assert me.texts(key)[2:] == [echo("two"), "two"]
    with monkeypatch.context() as broken:
        broken.setattr(me.library.journal, "write", full)
        with pytest.raises(LibraryError):
            await me.controller.send(key, echo("three"))
    assert not me.controller.view(key).running
    await me.say(key, echo("four"))
    await me.new()
    await me.open(key)
    identifier = me.controller.view(key).conversation_id
    assert me.texts(key) == said_in(server, identifier)
