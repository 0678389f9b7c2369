"""Bad requests: status, code and param of each, and which of several errors comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.server.asking import error_of, items_of, new_conversation, user

if TYPE_CHECKING:
    import httpx2

BASE = {"model": "demo", "input": "echo hello"}


def message(**content: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [content]}]}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"model": None}, "missing_required_parameter", "model"),
        ({"input": None}, "missing_required_parameter", None),
        ({"inputs": "x"}, "unknown_parameter", "inputs"),
        ({"messages": []}, "unsupported_parameter", "messages"),
        ({"max_tokens": 100}, "unsupported_parameter", "max_tokens"),
        ({"model": 5}, "invalid_type", "model"),
        ({"model": ""}, "model_not_found", "model"),
        ({"model": "nothing"}, "model_not_found", "model"),
        ({"input": 5}, "invalid_type", "input"),
        ({"input": ["x"]}, "invalid_type", "input[0]"),
        ({"input": [{}]}, "missing_required_parameter", "input[0].type"),
        ({"input": [{"type": "nothing"}]}, "invalid_value", "input[0].type"),
        ({"input": [{"role": "user"}]}, "missing_required_parameter", "input[0].content"),
        ({"input": [{"content": "x"}]}, "missing_required_parameter", "input[0].role"),
        ({"input": [{"role": "critic", "content": "x"}]}, "invalid_value", "input[0].role"),
        ({"input": [user("x", statuss="y")]}, "unknown_parameter", "input[0].statuss"),
        ({"input": [user("x", status="y")]}, "invalid_value", "input[0].status"),
        ({"input": [user("x", phase="commentary")]}, "invalid_value", "input[0].phase"),
        ({"input": [user("x", id="item_1")]}, "invalid_value", "input[0].id"),
        (message(text="x"), "missing_required_parameter", "input[0].content[0].type"),
        (message(type="input_text"), "missing_required_parameter", "input[0].content[0].text"),
        (message(type="input_text", text=5), "invalid_type", "input[0].content[0].text"),
        (message(type="output_text", text="x"), "invalid_value", "input[0].content[0].type"),
        (message(type="input_image"), "invalid_value", "input[0].content[0]"),
        (
            {"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]},
            "missing_required_parameter",
            "input[0].call_id",
        ),
        (
            {"input": [{"type": "function_call_output", "call_id": "x" * 65, "output": "x"}]},
            "string_above_max_length",
            "input[0].call_id",
        ),
        ({"input": "x" * 10_485_761}, "string_above_max_length", "input"),
        ({"store": "yes"}, "invalid_type", "store"),
        ({"stream": 1}, "invalid_type", "stream"),
        ({"temperature": 3}, "decimal_above_max_value", "temperature"),
        ({"top_p": -1}, "decimal_below_min_value", "top_p"),
        ({"max_output_tokens": 15}, "integer_below_min_value", "max_output_tokens"),
        ({"max_output_tokens": 20.5}, "invalid_type", "max_output_tokens"),
        ({"max_tool_calls": 0}, "integer_below_min_value", "max_tool_calls"),
        ({"truncation": "none"}, "invalid_value", "truncation"),
        ({"include": ["nothing"]}, "invalid_value", "include[0]"),
        ({"metadata": {"a": 5}}, "invalid_type", "metadata.a"),
        ({"metadata": {"a": "x" * 513}}, "string_above_max_length", "metadata.a"),
        ({"metadata": {"x" * 65: "a"}}, "string_above_max_length", "metadata"),
        (
            {"metadata": {str(n): "x" for n in range(17)}},
            "object_above_max_properties",
            "metadata",
        ),
        ({"context_management": []}, "array_below_min_length", "context_management"),
        (
            {"context_management": [{"type": "compaction", "compact_threshold": 999}]},
            "integer_below_min_value",
            "context_management[0].compact_threshold",
        ),
        ({"reasoning": {"effort": "huge"}}, "invalid_value", "reasoning.effort"),
        ({"text": {"format": {"type": "xml"}}}, "invalid_value", "text.format.type"),
        ({"text": {"format": {"type": "json_object"}}}, "unsupported_parameter", "text.format"),
        ({"tools": [{"type": "nothing"}]}, "invalid_value", "tools[0].type"),
        ({"tools": [{"type": "web_search"}]}, "unsupported_parameter", "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].name"),
        ({"tools": [{"type": "function", "name": "a b"}]}, "invalid_value", "tools[0].name"),
        ({"tool_choice": "always"}, "invalid_value", "tool_choice"),
        ({"tool_choice": {"type": "web_search"}}, "unsupported_parameter", "tool_choice.type"),
        ({"tool_choice": {"type": "function", "name": "f"}}, "invalid_value", "tool_choice"),
        ({"prompt": {"id": "p"}}, "unsupported_parameter", "prompt"),
        ({"moderation": {}}, "unsupported_parameter", "moderation"),
        ({"service_tier": "flex"}, "unsupported_parameter", "service_tier"),
        ({"top_logprobs": 3}, "unsupported_parameter", "top_logprobs"),
        ({"top_logprobs": 21}, "integer_above_max_value", "top_logprobs"),
        ({"prompt_cache_key": "x" * 65}, "string_above_max_length", "prompt_cache_key"),
        (
            {"conversation": "conv_x", "previous_response_id": "resp_x"},
            "mutually_exclusive_parameters",
            None,
        ),
        (
            {"previous_response_id": "resp_x"},
            "previous_response_not_found",
            "previous_response_id",
        ),
        ({"conversation": 5}, "invalid_type", "conversation"),
        ({"conversation": {"name": "x"}}, "missing_required_parameter", "conversation.id"),
        ({"input": []}, "missing_required_parameter", "input"),
        ({"input": [{"type": "compaction_trigger"}]}, "missing_required_parameter", "input"),
        ({"input": [user("a", id="msg_1"), user("b", id="msg_1")]}, None, "input"),
    ],
)
def test_a_bad_response_request(
    http: httpx2.Client, body: dict[str, Any], code: str | None, param: str | None
) -> None:
    given = {key: value for key, value in {**BASE, **body}.items() if value is not None}
    for stream in (False, True):
        reply = http.post("/responses", json={"stream": stream, **given})
        assert error_of(reply) == (400, code, param)


@pytest.mark.parametrize(
    ("bodies", "param"),
    [
        (({"inputt": 1}, {}), "model"),
        (({"inputt": 1, "model": "demo"}, {}), None),
        (({"inputt": 1, "temperature": 9}, BASE), "inputt"),
        (({"input": 5, "temperature": 9}, BASE), "input"),
        (({"temperature": 9, "previous_response_id": "resp_x"}, BASE), "temperature"),
        (({"model": "nothing", "previous_response_id": "resp_x"}, BASE), "previous_response_id"),
    ],
)
def test_the_first_of_several_errors_is_told(
    http: httpx2.Client, bodies: tuple[dict[str, Any], dict[str, Any]], param: str | None
) -> None:
    own, base = bodies
    assert error_of(http.post("/responses", json={**base, **own}))[2] == param


def test_a_near_name_is_suggested(http: httpx2.Client) -> None:
    reply = http.post("/responses", json={**BASE, "instuctions": "x"})
    assert "Did you mean 'instructions'?" in reply.json()["error"]["message"]
    reply = http.post("/responses", json={**BASE, "zzzzzzz": "x"})
    assert "Did you mean" not in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense",
        b'{"model": NaN}',
        b'{"temperature": 1e999}',
        b"\xff\xfe{}",
        b'"\xed\xa0\x80"',
        b'{"model": "\\ud800"}',
        b"[" * 100_000,
        b'{"input": ' + b"1" * 5000 + b"}",
        b"[" * 300_000,
    ],
)
def test_what_is_no_json_is_refused(http: httpx2.Client, raw: bytes) -> None:
    reply = http.post("/responses", content=raw)
    assert error_of(reply) == (400, "invalid_json", None)


@pytest.mark.parametrize("body", ["5", '"text"', "[]", "null"])
def test_a_body_that_is_no_object_is_refused(http: httpx2.Client, body: str) -> None:
    conversation = new_conversation(http)
    for path in ("/responses", "/conversations", f"/conversations/{conversation}"):
        assert error_of(http.post(path, content=body))[:2] == (400, "invalid_type")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"items": [user("x")] * 21}, "array_above_max_length", "items"),
        ({"items": "x"}, "invalid_type", "items"),
        ({"items": [{"type": "compaction_trigger"}]}, "invalid_value", "items[0].type"),
        ({"items": [user("x", id="fc_1")]}, "invalid_value", "items[0].id"),
        ({"item": []}, "unknown_parameter", "item"),
        ({"metadata": "x"}, "invalid_type", "metadata"),
        ({"metadata": {str(n): "" for n in range(17)}}, "object_above_max_properties", "metadata"),
    ],
)
def test_a_bad_conversation_request(
    http: httpx2.Client, body: dict[str, Any], code: str, param: str
) -> None:
    assert error_of(http.post("/conversations", json=body)) == (400, code, param)


def test_bad_item_requests(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    path = f"/conversations/{conversation}/items"
    for body, code in (
        ({}, "missing_required_parameter"),
        ({"items": []}, "array_below_min_length"),
        ({"items": [user("x")] * 21}, "array_above_max_length"),
    ):
        assert error_of(http.post(path, json=body)) == (400, code, "items")
    half_bad = {"items": [user("fine"), {"type": "nothing"}]}
    assert error_of(http.post(path, json=half_bad)) == (400, "invalid_value", "items[1].type")
    assert items_of(http, conversation) == [], "nothing of a bad batch is stored"


def test_metadata_must_be_named_in_an_update(http: httpx2.Client) -> None:
    path = f"/conversations/{new_conversation(http, metadata={'a': 'b'})}"
    assert error_of(http.post(path, json={})) == (400, "missing_required_parameter", "metadata")
    assert http.post(path, json={"metadata": None}).json()["metadata"] == {}


@pytest.mark.parametrize(
    ("query", "status", "code", "param"),
    [
        ({"limit": "0"}, 400, "integer_below_min_value", "limit"),
        ({"limit": "101"}, 400, "integer_above_max_value", "limit"),
        ({"limit": "ten"}, 400, "invalid_type", "limit"),
        ({"order": "up"}, 400, "invalid_value", "order"),
        ({"include": "nothing"}, 400, "invalid_value", "include"),
        ({"include[]": "nothing"}, 400, "invalid_value", "include"),
        ({"after": "msg_nowhere"}, 404, None, "after"),
        ({"before": "msg_nowhere"}, 400, "unknown_parameter", "before"),
        ({"ordre": "asc"}, 400, "unknown_parameter", "ordre"),
    ],
)
def test_a_bad_query(
    http: httpx2.Client, query: dict[str, str], status: int, code: str | None, param: str
) -> None:
    path = f"/conversations/{new_conversation(http, user('x'))}/items"
    assert error_of(http.get(path, params=query)) == (status, code, param)


def test_what_is_not_there_is_404(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    gone = "/conversations/conv_nowhere"
    for method, path in (
        ("GET", gone),
        ("DELETE", gone),
        ("GET", f"{gone}/items"),
        ("GET", f"{gone}/items/msg_x"),
        ("DELETE", f"{gone}/items/msg_x"),
        ("GET", f"/conversations/{conversation}/items/msg_x"),
        ("DELETE", f"/conversations/{conversation}/items/msg_x"),
        ("GET", "/responses/resp_x"),
        ("DELETE", "/responses/resp_x"),
        ("GET", "/responses/resp_x/input_items"),
    ):
        assert error_of(http.request(method, path)) == (404, None, None)
    for path, body in (
        (gone, {"metadata": {}}),
        (f"{gone}/items", {"items": [user("x")]}),
        ("/responses", {**BASE, "conversation": "conv_nowhere"}),
        ("/responses", {**BASE, "conversation": "conv_nowhere", "store": False}),
    ):
        assert error_of(http.post(path, json=body)) == (404, None, None)


def test_unknown_routes_and_methods_answer_in_the_same_shape(http: httpx2.Client) -> None:
    assert error_of(http.get("/nothing")) == (404, None, None)
    assert error_of(http.get("/conversations/")) == (404, None, None)
    reply = http.delete("/responses")
    assert error_of(reply) == (405, None, None)
    assert reply.headers["allow"] == "POST"


def test_every_reply_has_a_request_id(http: httpx2.Client) -> None:
    replies = [http.get("/models"), http.get("/nothing"), http.post("/responses", json=BASE)]
    found = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(found)) == 3
    assert all(name.startswith("req_") for name in found)


def test_a_context_too_long_is_refused_or_cut(http: httpx2.Client) -> None:
    long = "word " * 110_000
    reply = http.post("/responses", json={**BASE, "input": long})
    assert reply.status_code == 400 or reply.json()["usage"]["input_tokens"] > 128_000
    assert error_of(reply) == (400, "context_length_exceeded", "input")
    half = "word " * 60_000
    items = [user(half), user(half), user("pace 0\ncount")]
    refused = http.post("/responses", json={**BASE, "input": items})
    assert error_of(refused) == (400, "context_length_exceeded", "input")
    cut = http.post("/responses", json={**BASE, "input": items, "truncation": "auto"}).json()
    assert "holds 2 items" in cut["output"][0]["content"][0]["text"]
