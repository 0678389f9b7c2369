"""Background runs outlive who asked for them; they can be watched again, cancelled, deleted."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import judge
from tests.server.asking import (
    Json,
    ask,
    error_of,
    fast,
    items_of,
    new_conversation,
    parsed,
    said,
    text_of,
)
from tests.support.server import EmbeddedServer, eventually

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2
    import openai


def begin(http: httpx2.Client, prompt: str, **more: Any) -> Json:
    return ask(http, prompt, background=True, **more)


def finished(http: httpx2.Client, response_id: str) -> Json:
    def look() -> Json | None:
        body: Json = http.get(f"/responses/{response_id}").json()
        return body if body["status"] not in ("queued", "in_progress") else None

    body: Json = eventually(look)
    return body


def replay(http: httpx2.Client, response_id: str, **query: Any) -> list[Json]:
    params = {"stream": "true", **query}
    with http.stream("GET", f"/responses/{response_id}", params=params) as reply:
        assert reply.status_code == 200, reply.read()
        return list(parsed(reply))


def begin_streaming(http: httpx2.Client, prompt: str, until: str, **more: Any) -> list[Json]:
    """Begin a streamed background run and leave when an event of this type has come."""
    body = {"model": "demo", "input": fast(prompt), "background": True, "stream": True, **more}
    events = []
    with http.stream("POST", "/responses", json=body) as reply:
        for event in parsed(reply):
            events.append(event)
            if event["type"] == until:
                break
    return events


def test_it_is_queued_at_once_and_done_later(client: openai.OpenAI, http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    queued = client.responses.create(
        model="demo", input=fast("stall 0.3\necho done"), background=True, conversation=conversation
    )
    assert queued.status == "queued"
    judge.check(queued.to_dict(), "Response")
    assert http.get(f"/responses/{queued.id}").json()["status"] in ("queued", "in_progress")
    assert items_of(http, conversation) == []
    refused = http.post(
        "/responses", json={"model": "demo", "input": "x", "conversation": conversation}
    )
    assert error_of(refused)[1] == "conversation_locked"
    response = finished(http, queued.id)
    judge.check(response, "Response")
    assert (response["status"], text_of(response)) == ("completed", "done")
    assert said(items_of(http, conversation))[1] == "assistant: done"
    chained = ask(http, "count", previous_response_id=queued.id)
    assert "3 items" in text_of(chained)


def test_events_can_be_read_again_from_any_number(http: httpx2.Client) -> None:
    seen = begin_streaming(http, "echo one\nstall 0.3\nlong 50", "response.output_text.delta")
    assert [event["type"] for event in seen[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    response_id = seen[0]["response"]["id"]
    rest = replay(http, response_id, starting_after=seen[-1]["sequence_number"])
    whole = [*seen, *rest]
    assert [event["sequence_number"] for event in whole] == list(range(len(whole)))
    assert whole[-1]["type"] == "response.completed"
    for event in whole:
        judge.check_event(event)
    assert replay(http, response_id) == whole, "from the log on disk"
    assert replay(http, response_id, starting_after=len(whole) - 2) == whole[-1:]
    assert replay(http, response_id, starting_after=10**9) == []
    assert finished(http, response_id)["output"] == whole[-1]["response"]["output"]


def test_several_readers_see_the_same(http: httpx2.Client, client: openai.OpenAI) -> None:
    seen = begin_streaming(http, "pace 200\nlong 100", "response.in_progress")
    response_id = seen[0]["response"]["id"]
    with client.responses.retrieve(response_id, stream=True) as stream:
        theirs = [event.type for event in stream]
    assert theirs == [event["type"] for event in replay(http, response_id)]


def test_only_background_streams_can_be_read_again(http: httpx2.Client) -> None:
    plain = ask(http, "echo x")["id"]
    polled = begin(http, "echo x")["id"]
    finished(http, polled)
    for response_id in (plain, polled):
        reply = http.get(f"/responses/{response_id}", params={"stream": "true"})
        assert error_of(reply) == (400, "invalid_value", "stream")
    reply = http.get("/responses/resp_x", params={"stream": "true"})
    assert error_of(reply)[0] == 404
    reply = http.get(f"/responses/{plain}", params={"starting_after": "3"})
    assert error_of(reply) == (400, "invalid_value", "starting_after")
    reply = http.get(f"/responses/{plain}", params={"stream": "true", "starting_after": "-1"})
    assert error_of(reply) == (400, "integer_below_min_value", "starting_after")


def test_cancelling_keeps_what_came_and_may_be_repeated(
    client: openai.OpenAI, http: httpx2.Client
) -> None:
    conversation = new_conversation(http)
    until = "response.output_text.delta"
    seen = begin_streaming(http, "echo so far\nstall 60", until, conversation=conversation)
    response_id = seen[0]["response"]["id"]
    cancelled = client.responses.cancel(response_id)
    assert (cancelled.status, cancelled.output_text) == ("cancelled", "so far")
    judge.check(cancelled.to_dict(), "Response")
    assert client.responses.cancel(response_id).to_dict() == cancelled.to_dict()
    assert [item["status"] for item in items_of(http, conversation)] == ["completed", "incomplete"]
    kinds = [event["type"] for event in replay(http, response_id)]
    assert kinds[-1] == "response.output_item.done", "a cancelled stream just ends"
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"


def test_cancelling_what_is_done_returns_it(http: httpx2.Client) -> None:
    done = finished(http, begin(http, "echo done")["id"])
    assert http.post(f"/responses/{done['id']}/cancel").json() == done


def test_only_background_responses_can_be_cancelled(http: httpx2.Client) -> None:
    reply = http.post(f"/responses/{ask(http, 'echo x')['id']}/cancel")
    assert error_of(reply)[0] == 400
    assert error_of(http.post("/responses/resp_x/cancel"))[0] == 404


def test_deleting_ends_it_without_a_trace(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    response_id = begin(http, "echo so far\nstall 60", conversation=conversation)["id"]
    assert http.delete(f"/responses/{response_id}").json()["deleted"] is True
    assert error_of(http.get(f"/responses/{response_id}"))[0] == 404
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"
    assert said(items_of(http, conversation)) == [f"user: {fast('echo on')}", "assistant: on"]


def test_it_needs_to_be_stored(http: httpx2.Client) -> None:
    body = {"model": "demo", "input": "x", "background": True, "store": False}
    assert error_of(http.post("/responses", json=body)) == (
        400,
        "unsupported_parameter",
        "background",
    )


@pytest.mark.parametrize("rule", ["keep", "discard"])
def test_a_stop_ends_it_by_the_rule(data: Path, rule: str) -> None:
    server = EmbeddedServer.start(data, interrupted=rule)
    conversation = new_conversation(server.http())
    until = "response.output_text.delta"
    prompt = "echo so far\nstall 60"
    seen = begin_streaming(server.http(), prompt, until, conversation=conversation)
    assert server.stop() == ""
    again = EmbeddedServer.start(data)
    response = again.http().get(f"/responses/{seen[0]['response']['id']}").json()
    assert response["status"] == "incomplete"
    assert len(items_of(again.http(), conversation)) == (2 if rule == "keep" else 0)
    events = replay(again.http(), response["id"])
    assert events[: len(seen)] == seen
    assert events[-1]["type"] == "response.incomplete"
    assert events[-1]["response"] == response
    again.stop()


def test_what_a_killed_run_sent_can_be_read_again(data: Path) -> None:
    server = EmbeddedServer.start(data)
    seen = begin_streaming(server.http(), "echo so far\nstall 60", "response.output_text.delta")
    response_id = seen[0]["response"]["id"]
    eventually(lambda: b"output_text.delta" in kept(data))
    server.kill()
    again = EmbeddedServer.start(data)
    http = again.http()
    events = replay(http, response_id)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[: len(seen)] == seen
    for event in events:
        judge.check_event(event)
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"] == http.get(f"/responses/{response_id}").json()
    assert replay(http, response_id, starting_after=len(events) - 2) == events[-1:]
    ahead = replay(http, response_id, starting_after=len(events) + 50)
    assert ahead == events[-1:], "who saw more than was saved learns of the end"
    assert http.delete(f"/responses/{response_id}").status_code == 200
    assert kept(data) == b""
    again.stop()


def test_a_run_killed_at_once_has_its_first_events(data: Path) -> None:
    server = EmbeddedServer.start(data)
    seen = begin_streaming(server.http(), "stall 60", "response.created")
    server.kill()
    again = EmbeddedServer.start(data)
    events = replay(again.http(), seen[0]["response"]["id"])
    kinds = [event["type"].removeprefix("response.") for event in events]
    assert kinds[:2] == ["created", "queued"]
    assert kinds[-1] == "failed"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    again.stop()


def kept(data: Path) -> bytes:
    """Return what is on disk of the events of runs."""
    with contextlib.closing(sqlite3.connect(data / "chat.db")) as db:
        rows = db.execute("SELECT body FROM event_pieces ORDER BY start").fetchall()
    return b"".join(zlib.decompress(body) for (body,) in rows)


def test_a_killed_run_is_marked_failed(data: Path) -> None:
    server = EmbeddedServer.start(data)
    conversation = new_conversation(server.http())
    until = "response.output_text.delta"
    prompt = "echo so far\nstall 60"
    seen = begin_streaming(server.http(), prompt, until, conversation=conversation)
    server.kill()
    again = EmbeddedServer.start(data)
    http = again.http()
    response = http.get(f"/responses/{seen[0]['response']['id']}").json()
    judge.check(response, "Response")
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    assert items_of(http, conversation) == []
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"
    again.stop()


def test_another_process_finds_a_run_whose_process_died(tmp_path: Path) -> None:
    first, second = EmbeddedServer.start(tmp_path), EmbeddedServer.start(tmp_path)
    seen = begin_streaming(first.http(), "stall 60", "response.in_progress")
    first.kill()
    response = second.http().get(f"/responses/{seen[0]['response']['id']}").json()
    assert response["status"] == "failed"
    second.stop()


def test_another_process_can_watch(tmp_path: Path) -> None:
    first, second = EmbeddedServer.start(tmp_path), EmbeddedServer.start(tmp_path)
    seen = begin_streaming(first.http(), "stall 0.5\necho done", "response.in_progress")
    response_id = seen[0]["response"]["id"]
    assert replay(second.http(), response_id)[-1]["type"] == "response.completed"
    first.stop()
    second.stop()


def test_another_process_can_cancel_and_delete(tmp_path: Path) -> None:
    first, second = EmbeddedServer.start(tmp_path), EmbeddedServer.start(tmp_path)
    here, there = first.http(), second.http()
    until = "response.output_text.delta"
    conversation = new_conversation(here)
    seen = begin_streaming(here, "echo so far\nstall 60", until, conversation=conversation)
    path = f"/responses/{seen[0]['response']['id']}"
    cancelled = there.post(f"{path}/cancel").json()
    assert (cancelled["status"], text_of(cancelled)) == ("cancelled", "so far")
    assert here.get(path).json() == cancelled
    assert here.post(f"{path}/cancel").json() == cancelled
    assert text_of(ask(there, "echo on", conversation=conversation)) == "on"
    seen = begin_streaming(here, "echo so far\nstall 60", until, conversation=conversation)
    there.delete(f"/responses/{seen[0]['response']['id']}")

    def free() -> bool:
        body = {"model": "demo", "input": fast("echo free"), "conversation": conversation}
        return here.post("/responses", json=body).status_code == 200

    eventually(free)
    assert "so far" not in str(items_of(here, conversation)[-2:])
    first.stop()
    second.stop()


def test_a_process_that_hangs_is_told_of(tmp_path: Path) -> None:
    first, second = EmbeddedServer.start(tmp_path), EmbeddedServer.start(tmp_path)
    seen = begin_streaming(first.http(), "stall 60", "response.in_progress")
    first.process.send_signal(signal.SIGSTOP)
    path = f"/responses/{seen[0]['response']['id']}/cancel"
    reply = second.http().post(path)
    assert error_of(reply)[:2] == (503, "server_error")
    first.process.send_signal(signal.SIGCONT)
    assert second.http().post(path).json()["status"] == "cancelled"
    first.stop()
    second.stop()
