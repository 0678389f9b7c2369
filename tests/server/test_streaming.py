"""Streams: the order of events, their numbers, and every one judged by the published document."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.server import judge
from tests.server.asking import (
    TIME,
    WEATHER,
    Json,
    ask,
    events_of,
    fast,
    items_of,
    new_conversation,
    parsed,
    text_of,
)

if TYPE_CHECKING:
    import httpx2
    import openai


def kinds(events: list[Json]) -> list[str]:
    """Return the types of events without `response.`, repetitions left out."""
    found: list[str] = []
    for event in events:
        kind = event["type"].removeprefix("response.")
        if not found or found[-1] != kind:
            found.append(kind)
    return found


def check(events: list[Json]) -> None:
    """Check what holds for every stream."""
    for event in events:
        judge.check_event(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    terminal = events[-1]["response"]
    for event in events[:2]:
        assert event["response"]["usage"] is None
        assert event["response"]["status"] == "in_progress"
        assert event["response"]["id"] == terminal["id"]
    done = {e["output_index"]: e["item"] for e in events if e["type"].endswith("output_item.done")}
    assert [done[index] for index in range(len(done))] == terminal["output"]


def test_a_text_turn(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    events = events_of(http, 'echo Grüße, 世界! "quoted" \\ 👩‍💻', conversation=conversation)
    check(events)
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    text = 'Grüße, 世界! "quoted" \\ 👩‍💻'
    assert "".join(e["delta"] for e in events if "delta" in e) == text
    assert text_of(events[-1]["response"]) == text
    assert events[0]["response"]["conversation"] == {"id": conversation}
    assert items_of(http, conversation)[1:] == events[-1]["response"]["output"]


def test_reasoning_comes_first(http: httpx2.Client) -> None:
    events = events_of(http, "echo so\nthink 2")
    check(events)
    paragraph = [
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
    ]
    assert kinds(events)[2:13] == [
        "output_item.added",
        *paragraph,
        *paragraph,
        "output_item.done",
        "output_item.added",
    ]


def test_encrypted_reasoning_arrives_when_its_item_is_done(http: httpx2.Client) -> None:
    events = events_of(http, "think 1", include=["reasoning.encrypted_content"], store=False)
    check(events)
    (done,) = (e for e in events if e["type"].endswith("item.done") and e["output_index"] == 0)
    assert done["item"]["encrypted_content"]
    plain = events_of(http, "think 1")
    assert "encrypted_content" not in plain[-1]["response"]["output"][0]


def test_parallel_calls(http: httpx2.Client) -> None:
    events = events_of(http, 'call weather {"city": "Oslo"}\ncall time', tools=[WEATHER, TIME])
    check(events)
    added = [e["item"] for e in events if e["type"] == "response.output_item.added"]
    assert [(item["name"], item["arguments"]) for item in added] == [("weather", ""), ("time", "")]
    deltas = [e for e in events if e["type"] == "response.function_call_arguments.delta"]
    first = "".join(e["delta"] for e in deltas if e["output_index"] == 0)
    assert first == '{"city": "Oslo"}'
    done = [e for e in events if e["type"] == "response.function_call_arguments.done"]
    assert [(e["name"], e["arguments"]) for e in done] == [("weather", first), ("time", "{}")]


def test_a_refusal(http: httpx2.Client) -> None:
    events = events_of(http, "refuse")
    check(events)
    assert kinds(events)[4:6] == ["refusal.delta", "refusal.done"]


@pytest.mark.parametrize(
    ("prompt", "terminal"),
    [
        ("cut 20", "response.incomplete"),
        ("fail server_error", "response.failed"),
        ("think 1\nfail bio_policy", "response.failed"),
        ("long 100\nfail invalid_prompt", "response.failed"),
        ("count", "response.completed"),
        ("anything at all", "response.completed"),
    ],
)
def test_there_is_exactly_one_terminal(http: httpx2.Client, prompt: str, terminal: str) -> None:
    events = events_of(http, prompt)
    check(events)
    ends = ("response.completed", "response.incomplete", "response.failed", "error")
    assert [e["type"] for e in events if e["type"] in ends] == [terminal]


def test_a_long_answer_arrives_whole(http: httpx2.Client) -> None:
    events = events_of(http, "long 20000")
    check(events)
    text = "".join(e["delta"] for e in events if "delta" in e)
    assert text == text_of(events[-1]["response"])
    assert events[-1]["response"]["usage"]["output_tokens"] == pytest.approx(20_000, rel=0.01)


def test_streamed_and_not_streamed_are_the_same(http: httpx2.Client) -> None:
    prompt = "think 1\nlong 60\ncall weather {}"
    streamed = events_of(http, prompt, tools=[WEATHER])[-1]["response"]
    at_once = ask(http, prompt, tools=[WEATHER])
    volatile = ("id", "created_at", "completed_at", "output")
    assert {k: v for k, v in streamed.items() if k not in volatile} == {
        k: v for k, v in at_once.items() if k not in volatile
    }
    assert [{**item, "id": ""} for item in streamed["output"]] == [
        {**item, "id": ""} for item in at_once["output"]
    ]


def test_padding_only_when_asked_for(http: httpx2.Client) -> None:
    for asked, options in ((False, {}), (True, {"include_obfuscation": True})):
        events = events_of(http, "echo hello", stream_options=options)
        check([{k: v for k, v in e.items() if k != "obfuscation"} for e in events])
        assert any("obfuscation" in e for e in events) is asked


def test_the_official_client_reads_the_stream(client: openai.OpenAI) -> None:
    with client.responses.stream(model="demo", input=fast("think 1\nlong 50")) as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_response()
    assert seen[0] == "response.created"
    assert seen[-1] == "response.completed"
    assert final.output_text.startswith("# A text")


def test_tokens_come_at_the_asked_pace(http: httpx2.Client) -> None:
    body = {"model": "demo", "input": "pace 400\nlong 100", "stream": True}
    began = time.monotonic()
    with http.stream("POST", "/responses", json=body) as reply:
        arrivals = [time.monotonic() - began for event in parsed(reply) if "delta" in event]
    assert arrivals[-1] >= 0.2, "100 tokens at 400 a second cannot be here at once"
    assert len({round(at, 2) for at in arrivals}) > 5, "they come one by one, not in one lump"
