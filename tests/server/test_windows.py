"""Counting tokens before sending, and compacting a window by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.server import judge
from tests.server.asking import (
    WEATHER,
    Json,
    ask,
    error_of,
    fast,
    items_of,
    new_conversation,
    said,
    text_of,
    user,
)

if TYPE_CHECKING:
    import httpx2
    import openai

IMAGE: Json = {
    "role": "user",
    "content": [
        {"type": "input_text", "text": "look"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
    ],
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"instructions": "Be brief. " * 20},
        {"tools": [WEATHER]},
        {"input": [user("one"), IMAGE, user(fast("echo x"))]},
    ],
)
def test_a_count_is_what_usage_says_afterwards(
    client: openai.OpenAI, http: httpx2.Client, more: Json
) -> None:
    conversation = new_conversation(http, user("my name is Ada"))
    chain = ask(http, "long 100")["id"]
    for state in ({}, {"conversation": conversation}, {"previous_response_id": chain}):
        body: dict[str, Any] = {"model": "demo", "input": fast("echo x"), **state, **more}
        counted = client.responses.input_tokens.count(**body)
        judge.check(counted.to_dict(), "TokenCountsResource")
        response = http.post("/responses", json=body).json()
        assert response["usage"]["input_tokens"] == counted.input_tokens


def test_counting_writes_and_locks_nothing(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("one"))
    body = {"input": "two", "conversation": conversation}
    assert http.post("/responses/input_tokens", json=body).json()["input_tokens"] == 2
    assert len(items_of(http, conversation)) == 1


def test_bad_counts(http: httpx2.Client) -> None:
    path = "/responses/input_tokens"
    for body, code, param in (
        ({}, "missing_required_parameter", None),
        ({"input": "x", "personality": "friendly"}, "unsupported_parameter", "personality"),
        ({"input": "x", "stream": True}, "unknown_parameter", "stream"),
        ({"input": "x", "model": "nothing"}, "model_not_found", "model"),
    ):
        assert error_of(http.post(path, json=body)) == (400, code, param)


def test_a_compacted_window_stands_for_the_long_one(
    client: openai.OpenAI, http: httpx2.Client
) -> None:
    first = ask(http, "my name is Ada")
    second = ask(http, "long 1200", previous_response_id=first["id"])
    compacted = client.responses.compact(model="demo", previous_response_id=second["id"])
    given = {"model": "demo", "previous_response_id": second["id"]}
    body = http.post("/responses/compact", json=given).json()
    judge.check(body, "CompactResource")
    output: list[Json] = body["output"]
    assert [item.id for item in compacted.output[:-1]] == [item["id"] for item in output[:-1]]
    assert said(output) == [f"user: {fast('my name is Ada')}", f"user: {fast('long 1200')}"]
    assert output[-1]["type"] == "compaction"
    answer = ask(http, [*output, user(fast("what is my name?"))])
    assert text_of(answer) == "Your name is Ada."
    reply = http.post(
        "/responses", json={"model": "demo", "input": "x", "previous_response_id": compacted.id}
    )
    assert error_of(reply)[1] == "previous_response_not_found"


def test_a_conversation_is_compacted_into_a_new_one(http: httpx2.Client) -> None:
    old = new_conversation(http, user("my name is Ada"))
    ask(http, "long 1200", conversation=old)
    stripped = [{k: v for k, v in i.items() if k != "id"} for i in items_of(http, old)]
    reply = http.post("/responses/compact", json={"model": "demo", "input": stripped}).json()
    window = [{k: v for k, v in item.items() if k != "id"} for item in reply["output"]]
    new = new_conversation(http, *window)
    assert text_of(ask(http, "what is my name?", conversation=new)) == "Your name is Ada."
    assert len(items_of(http, old)) == 3, "the old one is as it was"


def test_images_survive_compaction(http: httpx2.Client) -> None:
    body = {"model": None, "input": [user("one"), IMAGE]}
    output = http.post("/responses/compact", json=body).json()["output"]
    assert output[1]["content"][1]["image_url"].startswith("data:")


def test_bad_compactions(http: httpx2.Client) -> None:
    path = "/responses/compact"
    for body, code, param in (
        ({"input": "x"}, "missing_required_parameter", "model"),
        ({"model": "demo"}, "missing_required_parameter", None),
        ({"model": "demo", "conversation": "conv_x"}, "missing_required_parameter", None),
        ({"model": "demo", "input": "x", "conversation": "c"}, "unknown_parameter", "conversation"),
        ({"model": "nothing", "input": "x"}, "model_not_found", "model"),
        (
            {"model": "demo", "previous_response_id": "resp_x"},
            "previous_response_not_found",
            "previous_response_id",
        ),
    ):
        assert error_of(http.post(path, json=body)) == (400, code, param)
