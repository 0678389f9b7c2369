"""Dropped connections and stops: what stays of the turn, and that nothing stays locked."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.server.asking import (
    WEATHER,
    Json,
    ask,
    items_of,
    new_conversation,
    parsed,
    text_of,
)
from tests.support.server import EmbeddedServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["keep", "discard"])
def ruled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[EmbeddedServer, bool]]:
    rule = request.param
    server = EmbeddedServer.start(tmp_path_factory.mktemp(rule), interrupted=rule)
    yield server, rule == "keep"
    assert server.stop() == ""


@contextmanager
def streaming(
    server: EmbeddedServer, conversation: str, prompt: str, **more: object
) -> Iterator[Iterator[Json]]:
    """Stream an answer on a connection of its own, which is cut at the end of the block."""
    body = {"model": "demo", "input": prompt, "conversation": conversation, "stream": True, **more}
    with httpx2.Client(transport=server.transport(), base_url=server.base_url) as client:
        headers = {"authorization": f"Bearer {server.token}"}
        with client.stream("POST", "/responses", json=body, headers=headers) as reply:
            yield parsed(reply)


def unlocked(http: httpx2.Client, conversation: str) -> bool:
    """Tell whether a turn can begin; it asks in a way that appends nothing."""
    body = {"model": "demo", "input": "fail nothing", "conversation": conversation}
    return http.post("/responses", json=body).status_code == 200


@pytest.mark.parametrize("silent", [False, True], ids=["talking", "silent"])
def test_a_client_that_goes_away(ruled: tuple[EmbeddedServer, bool], silent: bool) -> None:
    server, keeps = ruled
    http = server.http()
    conversation = new_conversation(http)
    prompt = "pace 0\necho so far\nstall 60" if silent else "pace 50\nlong 5000"
    response_id, text = "", ""
    with streaming(server, conversation, prompt) as events:
        for event in events:
            response_id = response_id or event["response"]["id"]
            text += event.get("delta", "")
            if len(text) >= 6:
                break
    eventually(lambda: unlocked(http, conversation))
    items = items_of(http, conversation)
    stored = http.get(f"/responses/{response_id}")
    if not keeps:
        assert items == []
        assert stored.status_code == 404
        return
    question, answer = items
    assert question["content"][0]["text"] == prompt
    assert answer["status"] == "incomplete"
    assert answer["content"][0]["text"].startswith(text)
    assert stored.json()["status"] == "incomplete"
    assert stored.json()["output"] == [answer]
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"


def test_the_rule_is_the_same_without_a_stream(ruled: tuple[EmbeddedServer, bool]) -> None:
    server, keeps = ruled
    http = server.http()
    conversation = new_conversation(http)
    body = {"model": "demo", "input": "echo so far\nstall 60", "conversation": conversation}
    with (
        httpx2.Client(
            transport=server.transport(), base_url=server.base_url, timeout=0.7
        ) as client,
        pytest.raises(httpx2.ReadTimeout),
    ):
        client.post("/responses", json=body)
    eventually(lambda: unlocked(http, conversation))
    found = [(item["role"], item["status"]) for item in items_of(http, conversation)]
    assert found == ([("user", "completed"), ("assistant", "incomplete")] if keeps else [])


def test_calls_and_thoughts_nobody_saw_do_not_block_what_follows(
    ruled: tuple[EmbeddedServer, bool],
) -> None:
    server, _ = ruled
    http = server.http()
    for prompt in (
        "pace 0\nthink 1\ncall weather {}\nstall 60\necho never",
        "pace 0\nthink 1\nstall 60",
        "pace 40\nthink 50",
    ):
        conversation = new_conversation(http)
        with streaming(server, conversation, prompt, tools=[WEATHER]) as events:
            for event in events:
                if event["type"] == "response.reasoning_summary_text.delta":
                    break
        eventually(lambda name=conversation: unlocked(http, name))
        assert text_of(ask(http, "echo on", conversation=conversation)) == "on"


def test_a_chain_is_kept_too(ruled: tuple[EmbeddedServer, bool]) -> None:
    server, keeps = ruled
    http = server.http()
    body = {"model": "demo", "input": "my name is Ada\nstall 60", "stream": True}
    with (
        httpx2.Client(transport=server.transport(), base_url=server.base_url) as client,
        client.stream("POST", "/responses", json=body) as reply,
    ):
        response_id = next(parsed(reply))["response"]["id"]
    if keeps:
        eventually(lambda: http.get(f"/responses/{response_id}").status_code == 200)
        answer = ask(http, "what is my name?", previous_response_id=response_id)
        assert text_of(answer) == "Your name is Ada."


@pytest.mark.parametrize(("ending", "rule"), [("stop", "keep"), ("terminate", "discard")])
def test_a_stop_settles_running_turns(data: Path, rule: str, ending: str) -> None:
    server = EmbeddedServer.start(data, interrupted=rule)
    http = server.http()
    conversation = new_conversation(http)
    ends: list[str] = []
    begun = threading.Event()

    def watch() -> None:
        with (
            suppress(httpx2.TransportError),
            streaming(server, conversation, "pace 0\necho so far\nstall 60") as events,
        ):
            for event in events:
                if "delta" in event:
                    begun.set()
                ends.append(event["type"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert begun.wait(10)
    said = server.stop() if ending == "stop" else server.terminate()
    watcher.join(10)
    assert (said, server.process.returncode) == ("", 0)
    assert ends[-1] == "response.incomplete", "a client that is still there is told"

    again = EmbeddedServer.start(data)
    items = items_of(again.http(), conversation)
    assert [item["status"] for item in items] == (
        ["completed", "incomplete"] if rule == "keep" else []
    )
    assert text_of(ask(again.http(), "echo on", conversation=conversation)) == "on"
    again.stop()
