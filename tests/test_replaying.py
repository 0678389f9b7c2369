"""Replaying: what is sent again is whole, bare and acceptable to any server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Record
from chat_tui.replaying import replay, replayable

Raw = dict[str, Any]


def said(role: str, text: str, **more: Any) -> Raw:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **more}


def thought(name: str = "sealed") -> Raw:
    return {"type": "reasoning", "id": f"rs_{name}", "summary": [], "encrypted_content": name}


def call(call_id: str) -> Raw:
    return {"type": "function_call", "call_id": call_id, "name": "f", "arguments": "{}"}


def output(call_id: str, text: str = "done") -> Raw:
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def replayed(*raws: Raw) -> list[Raw]:
    return replay(Record(raw) for raw in raws)


def test_a_message_loses_what_only_a_server_may_say() -> None:
    part: Raw = {
        "type": "output_text",
        "text": "Hi",
        "annotations": [{}],
        "logprobs": [],
        "x": None,
    }
    raw = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "phase": "final_answer",
        "content": [part],
    }
    assert replayed(raw) == [said("assistant", "Hi", phase="final_answer")]


def test_a_string_content_becomes_a_part_of_the_right_kind() -> None:
    assert replayed({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}) == [
        said("user", "a"),
        said("assistant", "b"),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "message", "role": "user", "content": []},
        {"type": "message", "role": "user", "content": ""},
        {"type": "message", "role": "user", "content": None},
        said("assistant", ""),
        said("critic", "no client may say this"),
        {"type": "web_search_call", "id": "ws_1", "action": {}},
        {"type": "hologram", "id": "x"},
        {"type": "item_reference", "id": "msg_1"},
        {"type": "compaction", "encrypted_content": None},
        {},
    ],
    ids=lambda raw: str(raw.get("type", raw)),
)
def test_what_no_server_takes_back_is_left_out(raw: Raw) -> None:
    assert replayed(said("user", "a"), raw, said("user", "b")) == [
        said("user", "a"),
        said("user", "b"),
    ]


def test_a_refusal_and_a_file_are_kept_without_nulls() -> None:
    file = {"type": "input_file", "file_id": "file_1", "filename": "a.pdf", "file_data": None}
    refusal = {"type": "refusal", "refusal": "No."}
    assert replayed(
        {"type": "message", "role": "user", "content": [file]},
        {"type": "message", "role": "assistant", "content": [refusal]},
    ) == [
        {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_file", "file_id": "file_1", "filename": "a.pdf"}],
        },
        {"type": "message", "role": "assistant", "content": [refusal]},
    ]


def test_an_image_the_list_left_out_is_named_in_its_place() -> None:
    image = {"type": "input_image", "detail": "auto", "image_url": None, "file_id": None}
    message = {"type": "message", "role": "user", "content": [image]}
    assert replayed(message) == [said("user", "[image: not included]")]


def test_a_call_goes_with_its_output_or_not_at_all() -> None:
    assert replayed(call("a"), call("b"), output("b"), output("c")) == [call("b"), output("b")]


def test_an_empty_output_answers_a_call_too() -> None:
    assert replayed(call("a"), output("a", "")) == [call("a"), output("a", "")]


def test_nulls_are_gone_at_any_depth() -> None:
    image = {"type": "input_image", "file_id": "file_1", "image_url": None}
    sent = replayed(
        {**call("a"), "namespace": None, "status": None, "caller": {"type": "direct"}},
        {**output("a"), "output": [image], "id": None},
    )
    assert sent == [
        call("a"),
        {**output("a"), "output": [{"type": "input_image", "file_id": "file_1"}]},
    ]


def test_reasoning_goes_with_what_it_led_to() -> None:
    bare = {"type": "reasoning", "summary": [], "encrypted_content": "one"}
    assert replayed(said("user", "q"), thought("one"), said("assistant", "a")) == [
        said("user", "q"),
        bare,
        said("assistant", "a"),
    ]


def test_reasoning_always_has_a_summary_field() -> None:
    raw = {"type": "reasoning", "encrypted_content": "one"}
    assert replayed(raw, said("assistant", "a"))[0]["summary"] == []


@pytest.mark.parametrize(
    "rest",
    [
        [],
        [said("user", "next")],
        [call("unanswered")],
        [call("unanswered"), said("user", "next")],
        [output("a")],
        [{"type": "web_search_call", "id": "ws_1"}, said("assistant", "found")],
        [said("assistant", "")],
    ],
    ids=["nothing", "user", "lone call", "lone call, user", "output", "hosted call", "empty"],
)
def test_reasoning_that_leads_to_nothing_is_left_out(rest: list[Raw]) -> None:
    sent = replayed(call("a"), thought(), *rest, output("a"))
    assert "reasoning" not in {raw["type"] for raw in sent}


def test_reasoning_that_is_not_sealed_is_left_out_and_its_answer_stays() -> None:
    open_thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
    assert replayed(open_thought, said("assistant", "a")) == [said("assistant", "a")]


def test_several_reasoning_items_in_a_row_stay_together() -> None:
    sent = replayed(thought("one"), thought("two"), call("a"), output("a"))
    assert [raw.get("encrypted_content") for raw in sent] == ["one", "two", None, None]


def test_replaying_begins_at_the_latest_compaction() -> None:
    folded = {"type": "compaction", "id": "cmp_1", "encrypted_content": "older"}
    latest = {"type": "compaction", "id": "cmp_2", "encrypted_content": "newer"}
    sent = replayed(said("user", "1"), folded, said("user", "2"), latest, said("user", "3"))
    assert sent == [{"type": "compaction", "encrypted_content": "newer"}, said("user", "3")]


def test_a_compaction_item_without_its_content_folds_nothing() -> None:
    empty = {"type": "compaction", "id": "cmp_1"}
    assert replayed(said("user", "1"), empty, said("user", "2")) == [
        said("user", "1"),
        said("user", "2"),
    ]


def test_a_call_made_before_a_compaction_takes_its_output_with_it() -> None:
    folded = {"type": "compaction", "encrypted_content": "older"}
    assert replayed(call("a"), folded, output("a"), said("user", "x")) == [
        folded,
        said("user", "x"),
    ]


ANY_ITEM = st.sampled_from(
    [
        said("user", "q", id="msg_1"),
        said("assistant", "a", id="msg_2", status="completed"),
        said("assistant", ""),
        thought("one"),
        thought("two"),
        {"type": "reasoning", "summary": []},
        call("a"),
        call("b"),
        output("a"),
        output("b"),
        {"type": "web_search_call", "id": "ws_1", "status": None},
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
        {"type": "hologram"},
    ]
)


@given(st.lists(ANY_ITEM, max_size=14))
def test_whatever_came_before_what_is_replayed_is_acceptable(raws: list[Raw]) -> None:
    records = [Record(raw) for raw in raws]
    sent = replay(records)
    assert all("id" not in raw and "status" not in raw for raw in sent)
    assert all(value is not None for raw in sent for value in raw.values())
    calls = {raw["call_id"] for raw in sent if raw["type"] == "function_call"}
    outputs = {raw["call_id"] for raw in sent if raw["type"] == "function_call_output"}
    assert calls == outputs
    for position, raw in enumerate(sent):
        follower = sent[position + 1] if position + 1 < len(sent) else {}
        if raw["type"] == "reasoning":
            assert follower.get("role") == "assistant" or follower.get("type") in (
                "reasoning",
                "function_call",
            )
    assert replay(replayable(records)) == sent
