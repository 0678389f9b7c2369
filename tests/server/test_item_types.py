"""Every type of item is accepted, stored, listed and given back with all its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chat_tui.server.item_types import TYPES
from chat_tui.server.items import INCLUDABLE, INPUT_ONLY
from tests.server import judge
from tests.server.asking import error_of, items_of, new_conversation

if TYPE_CHECKING:
    import httpx2

CALLER = {"type": "direct"}
SAMPLES: list[dict[str, Any]] = [
    {
        "type": "function_call",
        "call_id": "c",
        "name": "f",
        "arguments": "not json",
        "namespace": "n",
        "caller": CALLER,
    },
    {"type": "function_call_output", "call_id": "c", "output": "text"},
    {
        "type": "function_call_output",
        "call_id": "c",
        "output": [{"type": "input_text", "text": "part"}],
    },
    {"type": "custom_tool_call", "call_id": "c", "name": "f", "input": "free text"},
    {"type": "custom_tool_call_output", "call_id": "c", "output": "text"},
    {
        "type": "tool_search_call",
        "call_id": "c",
        "arguments": {"query": "q"},
        "execution": "client",
    },
    {"type": "tool_search_output", "call_id": "c", "tools": [], "execution": "client"},
    {"type": "additional_tools", "role": "developer", "tools": []},
    {"type": "configuration_update", "reasoning": {"effort": "low"}},
    {"type": "program", "call_id": "c", "code": "1", "fingerprint": "x"},
    {"type": "program_output", "call_id": "c", "result": "1", "status": "completed"},
    {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "s"}],
        "content": [{"type": "reasoning_text", "text": "r"}],
        "encrypted_content": "opaque",
    },
    {
        "type": "web_search_call",
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "u"}]},
        "results": [{"type": "text_result", "url": "u", "title": "t", "snippet": "s"}],
        "status": "searching",
    },
    {
        "type": "file_search_call",
        "queries": ["q"],
        "results": [{"file_id": "f", "text": "t", "filename": "n", "score": 0.5}],
    },
    {
        "type": "code_interpreter_call",
        "container_id": "c",
        "code": "1",
        "outputs": [{"type": "logs", "logs": "1"}],
    },
    {"type": "image_generation_call", "result": "AAAA", "revised_prompt": "p", "size": "1024x1024"},
    {
        "type": "computer_call",
        "call_id": "c",
        "pending_safety_checks": [],
        "action": {"type": "screenshot"},
    },
    {
        "type": "computer_call_output",
        "call_id": "c",
        "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AAAA"},
        "acknowledged_safety_checks": [],
    },
    {
        "type": "local_shell_call",
        "call_id": "c",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
    {"type": "local_shell_call_output", "output": "text"},
    {
        "type": "shell_call",
        "call_id": "c",
        "action": {"commands": ["ls"], "timeout_ms": 5, "max_output_length": 5},
        "environment": {"type": "local"},
    },
    {
        "type": "shell_call_output",
        "call_id": "c",
        "output": [{"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}],
        "max_output_length": 10,
    },
    {
        "type": "apply_patch_call",
        "call_id": "c",
        "operation": {"type": "delete_file", "path": "x"},
    },
    {"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "no"},
    {"type": "mcp_list_tools", "server_label": "s", "tools": [{"name": "t", "input_schema": {}}]},
    {"type": "mcp_approval_request", "server_label": "s", "name": "t", "arguments": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": False},
    {
        "type": "mcp_call",
        "server_label": "s",
        "name": "t",
        "arguments": "{}",
        "error": {"type": "http_error", "code": 500, "message": "m"},
        "output": None,
    },
]

NEWER = frozenset(
    ["configuration_update", "tool_search_call", "tool_search_output", "additional_tools"]
)
"""Types whose shape the published document does not have, or not yet as the SDK has it."""


def test_there_is_a_sample_of_every_type() -> None:
    here = {sample["type"] for sample in SAMPLES}
    assert here == set(TYPES) - set(INPUT_ONLY) - {"compaction"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample["type"]))
def test_an_item_comes_back_whole(http: httpx2.Client, sample: dict[str, Any]) -> None:
    conversation = new_conversation(http, sample)
    (item,) = items_of(http, conversation, include=list(INCLUDABLE))
    assert {key: item[key] for key in sample} == sample
    if sample["type"] not in NEWER:
        judge.check(item, "ConversationItem")
    copy = new_conversation(http, {k: v for k, v in item.items() if k != "id"})
    (copied,) = items_of(http, copy, include=list(INCLUDABLE))
    assert {**copied, "id": ""} == {**item, "id": ""}, "a listed item can be sent again"


@pytest.mark.parametrize(
    ("kind", "include", "hidden"),
    [
        ("file_search_call", "file_search_call.results", {"results": None}),
        ("code_interpreter_call", "code_interpreter_call.outputs", {"outputs": None}),
        ("reasoning", "reasoning.encrypted_content", {"encrypted_content": ...}),
        ("web_search_call", "web_search_call.results", {"results": ...}),
        (
            "web_search_call",
            "web_search_call.action.sources",
            {"action": {"type": "search", "query": "q"}},
        ),
        (
            "computer_call_output",
            "computer_call_output.output.image_url",
            {"output": {"type": "computer_screenshot"}},
        ),
    ],
)
def test_include_shows_what_is_hidden_without_it(
    http: httpx2.Client, kind: str, include: str, hidden: dict[str, Any]
) -> None:
    sample = next(sample for sample in SAMPLES if sample["type"] == kind)
    conversation = new_conversation(http, sample)
    (plain,) = items_of(http, conversation)
    for key, value in hidden.items():
        assert plain.get(key, ...) == value
    (whole,) = items_of(http, conversation, include=[include])
    assert {key: whole[key] for key in hidden} == {key: sample[key] for key in hidden}
    path = f"/conversations/{conversation}/items/{plain['id']}"
    assert http.get(path).json() == plain
    assert http.get(path, params={"include[]": include}).json() == whole


def test_logprobs_are_hidden_too(http: httpx2.Client) -> None:
    logprob = {"token": "a", "bytes": [97], "logprob": -0.1, "top_logprobs": []}
    part = {"type": "output_text", "text": "a", "logprobs": [logprob]}
    conversation = new_conversation(http, {"role": "assistant", "content": [part]})
    assert items_of(http, conversation)[0]["content"][0]["logprobs"] == []
    include = ["message.output_text.logprobs"]
    assert items_of(http, conversation, include=include)[0]["content"][0]["logprobs"] == [logprob]


def test_every_required_field_is_missed_and_every_unknown_one_refused(http: httpx2.Client) -> None:
    for sample in SAMPLES:
        for key in TYPES[sample["type"]].required:
            rest = {k: v for k, v in sample.items() if k != key}
            reply = http.post("/conversations", json={"items": [rest]})
            expected = (400, "missing_required_parameter", f"items[0].{key}")
            assert error_of(reply) == expected
        reply = http.post("/conversations", json={"items": [{**sample, "zzz": 1}]})
        assert error_of(reply) == (400, "unknown_parameter", "items[0].zzz")
