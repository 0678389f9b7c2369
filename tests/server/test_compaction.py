"""Compaction: what replaces old context, who can read it, and what is read next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server import judge
from tests.server.asking import (
    WEATHER,
    Json,
    ask,
    error_of,
    events_of,
    fast,
    items_of,
    new_conversation,
    text_of,
    user,
)
from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

AT_1000 = [{"type": "compaction", "compact_threshold": 1000}]


@pytest.fixture
def filled(http: httpx2.Client) -> str:
    conversation = new_conversation(http, user("my name is Ada"))
    ask(http, "long 1200", conversation=conversation)
    return conversation


def test_nothing_happens_below_the_threshold(http: httpx2.Client) -> None:
    events = events_of(http, "echo hello", context_management=AT_1000)
    assert [item["type"] for item in events[-1]["response"]["output"]] == ["message"]


def test_old_context_is_replaced_and_the_turn_goes_on(http: httpx2.Client, filled: str) -> None:
    before = ask(http, "count", conversation=filled, store=False)["usage"]["input_tokens"]
    events = events_of(http, "what is my name?", conversation=filled, context_management=AT_1000)
    for event in events:
        judge.check_event(event)
    assert [event["type"] for event in events[2:5]] == [
        "response.output_item.added",
        "response.compaction.compacting",
        "response.output_item.done",
    ]
    response = events[-1]["response"]
    assert [item["type"] for item in response["output"]] == ["compaction", "message"]
    assert text_of(response) == "Your name is Ada.", "the summary knows it"
    assert response["usage"]["input_tokens"] == pytest.approx(before, abs=10)
    assert items_of(http, filled)[-2:] == response["output"]
    assert "Ada" not in response["output"][0]["encrypted_content"]

    then = ask(http, "what is my name?\ncount", conversation=filled)
    assert text_of(then).startswith("Your name is Ada.")
    assert then["usage"]["input_tokens"] < before / 2, "read from the compaction item on"


def test_the_turn_that_was_compacted_is_kept_word_for_word(
    http: httpx2.Client, filled: str
) -> None:
    tools = [WEATHER]
    call = ask(http, "call weather {}", conversation=filled, tools=tools)["output"][0]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "rain"}
    body = {"conversation": filled, "tools": tools, "context_management": AT_1000}
    answer = ask(http, [output], **body)
    assert [item["type"] for item in answer["output"]] == ["compaction", "message"]
    assert text_of(answer) == "`weather` returned: rain"
    assert text_of(ask(http, "echo on", conversation=filled)) == "on"


def test_a_chain_goes_on_from_it(http: httpx2.Client) -> None:
    first = ask(http, "my name is Ada")
    second = ask(http, "long 1200", previous_response_id=first["id"])
    third = ask(http, "echo now", previous_response_id=second["id"], context_management=AT_1000)
    assert third["output"][0]["type"] == "compaction"
    http.delete(f"/responses/{first['id']}")
    fourth = ask(http, "what is my name?", previous_response_id=third["id"])
    assert text_of(fourth) == "Your name is Ada.", "what lies before is not needed any more"


def test_a_stateless_client_may_drop_what_lies_before(http: httpx2.Client) -> None:
    history: list[Json] = [user("my name is Ada"), user(fast("long 1200"))]
    history += ask(http, history, store=False)["output"]
    history.append(user(fast("echo now")))
    output = ask(http, history, store=False, context_management=AT_1000)["output"]
    for window in ([*history, *output], output):
        answer = ask(http, [*window, user(fast("what is my name?"))], store=False)
        assert text_of(answer) == "Your name is Ada."


def test_a_trigger_asks_for_it(http: httpx2.Client, filled: str) -> None:
    prompt = [user(fast("echo now")), {"type": "compaction_trigger"}]
    response = ask(http, prompt, conversation=filled)
    assert [item["type"] for item in response["output"]] == ["compaction", "message"]
    assert all(item["type"] != "compaction_trigger" for item in items_of(http, filled))
    early = [{"type": "compaction_trigger"}, user("x")]
    reply = http.post("/responses", json={"model": "demo", "input": early})
    assert error_of(reply) == (400, "invalid_value", "input[0]")


def test_a_foreign_blob_is_refused(http: httpx2.Client, filled: str) -> None:
    made = ask(http, "echo x", conversation=filled, context_management=AT_1000)["output"][0]
    blob = made["encrypted_content"]
    changed = blob[:50] + ("A" if blob[50] != "A" else "B") + blob[51:]
    for content in ("c29tZXRoaW5nIGVsc2U=", "über", changed):
        item = {"type": "compaction", "encrypted_content": content}
        reply = http.post("/responses", json={"model": "demo", "input": [item, user("x")]})
        assert error_of(reply) == (400, "invalid_encrypted_content", "input")
        reply = http.post("/conversations", json={"items": [item]})
        expected = (400, "invalid_encrypted_content", "items[0].encrypted_content")
        assert error_of(reply) == expected


def test_a_compacted_window_begins_a_new_conversation(http: httpx2.Client, filled: str) -> None:
    output = ask(http, "echo x", conversation=filled, context_management=AT_1000)["output"]
    stripped = [{k: v for k, v in item.items() if k != "id"} for item in output]
    copy = new_conversation(http, *stripped)
    assert text_of(ask(http, "what is my name?", conversation=copy)) == "Your name is Ada."


def test_the_key_beside_the_database_opens_it_and_no_other(data: Path) -> None:
    server = EmbeddedServer.start(data)
    conversation = new_conversation(server.http(), user("my name is Ada"), user("word " * 2000))
    ask(server.http(), "echo x", conversation=conversation, context_management=AT_1000)
    kinds = [item["type"] for item in items_of(server.http(), conversation)]
    assert "compaction" in kinds
    server.stop()
    again = EmbeddedServer.start(data)
    assert "Ada" in text_of(ask(again.http(), "what is my name?", conversation=conversation))
    again.stop()
    (data / "chat.db.key").unlink()
    keyless = EmbeddedServer.start(data)
    body = {"model": "demo", "input": "x", "conversation": conversation}
    refused = keyless.http().post("/responses", json=body)
    assert error_of(refused) == (400, "invalid_encrypted_content", "input")
    assert len(items_of(keyless.http(), conversation)) == len(kinds) + 2, "the items can be read"
    keyless.stop()
