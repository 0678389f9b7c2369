"""Assembling a response: whatever events come, in whatever state, the items end up right."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Item
from chat_tui.streaming import KNOWN_EVENTS, Accumulator, Added, Change, Ended, Grew, Replaced
from chat_tui.streaming.slot import Slot

Raw = dict[str, Any]

FAMILIES = {
    "response": "created queued in_progress completed incomplete failed",
    "response.output_item": "added done",
    "response.content_part": "added done",
    "response.output_text": "delta done annotation.added",
    "response.refusal": "delta done",
    "response.reasoning_text": "delta done",
    "response.reasoning_summary_part": "added done",
    "response.reasoning_summary_text": "delta done",
    "response.function_call_arguments": "delta done",
    "response.custom_tool_call_input": "delta done",
    "response.mcp_call_arguments": "delta done",
    "response.mcp_call": "in_progress completed failed",
    "response.mcp_list_tools": "in_progress completed failed",
    "response.web_search_call": "in_progress searching completed",
    "response.file_search_call": "in_progress searching completed",
    "response.code_interpreter_call": "in_progress interpreting completed",
    "response.code_interpreter_call_code": "delta done",
    "response.image_generation_call": "in_progress generating partial_image completed",
    "response.shell_call_command": "added delta done",
    "response.shell_call_output_content": "delta done",
    "response.compaction": "compacting",
    "response.audio": "delta done",
    "response.audio.transcript": "delta done",
}
ALL_EVENTS = [f"{family}.{end}" for family, ends in FAMILIES.items() for end in ends.split()]
ALL_EVENTS.append("error")


class Stream:
    """An accumulator and what a reader of its changes would hold."""

    def __init__(self) -> None:
        self.accumulator = Accumulator()
        self.changes: list[Change] = []
        self.shown: dict[int, str] = {}
        """The text of each item, built from the changes alone."""

    def take(self, kind: str, **fields: Any) -> list[Change]:
        changes = self.accumulator.apply({"type": kind, **fields})
        self.changes += changes
        for change in changes:
            match change:
                case Added(index, raw) | Replaced(index, raw):
                    self.shown[index] = shown(raw)
                case Grew(index, text):
                    self.shown[index] += text
        return changes

    def add(self, index: int, raw: Raw) -> list[Change]:
        return self.take("response.output_item.added", output_index=index, item=raw)

    def finish(self, index: int, raw: Raw) -> list[Change]:
        return self.take("response.output_item.done", output_index=index, item=raw)

    def delta(self, index: int, text: str, position: int = 0) -> list[Change]:
        return self.take(
            "response.output_text.delta", output_index=index, content_index=position, delta=text
        )


def shown(raw: Raw) -> str:
    """What a reader sees growing: an item's text, else the field that streams."""
    fields = (Item(raw).text, raw.get("arguments"), raw.get("input"), raw.get("code"))
    return next((text for text in fields if text), "")


def message(text: str = "", status: str = "in_progress", identifier: str = "msg_1") -> Raw:
    parts = [{"type": "output_text", "text": text, "annotations": []}] if text else []
    return {
        "type": "message",
        "id": identifier,
        "role": "assistant",
        "status": status,
        "content": parts,
    }


def test_all_fifty_nine_events_are_known() -> None:
    assert len(ALL_EVENTS) == len(set(ALL_EVENTS)) == 59
    assert set(ALL_EVENTS) == KNOWN_EVENTS


@pytest.mark.parametrize("kind", ALL_EVENTS)
def test_no_known_event_is_counted_as_unknown_or_fails_without_its_fields(kind: str) -> None:
    stream = Stream()
    stream.take(kind)
    stream.take(kind, output_index=0, content_index=0, delta="x", text="x", item={}, part={})
    assert stream.accumulator.unknown == {}


def test_an_answer_as_the_service_streams_it() -> None:
    stream = Stream()
    stream.take("response.created", response={"id": "resp_1", "status": "in_progress"})
    stream.take("response.in_progress", response={"id": "resp_1", "status": "in_progress"})
    assert stream.accumulator.response_id == "resp_1"
    stream.add(0, message())
    empty = {"type": "output_text", "text": "", "annotations": []}
    assert not stream.take(
        "response.content_part.added", output_index=0, content_index=0, part=empty
    )
    assert stream.delta(0, "Hel") == [Grew(0, "Hel")]
    assert stream.delta(0, "lo") == [Grew(0, "lo")]
    assert stream.accumulator.items[0]["content"][0]["text"] == "Hello"
    stream.take("response.output_text.done", output_index=0, content_index=0, text="Hello")
    stream.take(
        "response.content_part.done",
        output_index=0,
        content_index=0,
        part={**empty, "text": "Hello"},
    )
    whole = message("Hello", "completed")
    assert stream.finish(0, whole) == [Replaced(0, whole, done=True)]
    final = {"id": "resp_1", "status": "completed", "output": [whole], "usage": {"total_tokens": 9}}
    assert stream.take("response.completed", response=final) == [Ended("completed")]
    assert stream.accumulator.status == "completed"
    assert stream.accumulator.response["usage"] == {"total_tokens": 9}
    assert stream.accumulator.items == [whole]
    assert stream.shown == {0: "Hello"}


GROWING = [  # event stem, item, part position field, the finished item
    (
        "response.output_text",
        message(),
        "content_index",
        {"content": [{"type": "output_text", "text": "ab"}]},
    ),
    (
        "response.refusal",
        message(),
        "content_index",
        {"content": [{"type": "refusal", "refusal": "ab"}]},
    ),
    (
        "response.reasoning_text",
        {"type": "reasoning", "summary": []},
        "content_index",
        {"content": [{"type": "reasoning_text", "text": "ab"}]},
    ),
    (
        "response.reasoning_summary_text",
        {"type": "reasoning", "summary": []},
        "summary_index",
        {"summary": [{"type": "summary_text", "text": "ab"}]},
    ),
    (
        "response.function_call_arguments",
        {"type": "function_call", "name": "f", "call_id": "c", "arguments": ""},
        "",
        {"arguments": "ab"},
    ),
    (
        "response.custom_tool_call_input",
        {"type": "custom_tool_call", "name": "f", "call_id": "c", "input": ""},
        "",
        {"input": "ab"},
    ),
    (
        "response.mcp_call_arguments",
        {"type": "mcp_call", "name": "f", "arguments": ""},
        "",
        {"arguments": "ab"},
    ),
    (
        "response.code_interpreter_call_code",
        {"type": "code_interpreter_call", "code": None},
        "",
        {"code": "ab"},
    ),
]
DONE_FIELD = {
    "response.refusal": "refusal",
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.mcp_call_arguments": "arguments",
    "response.code_interpreter_call_code": "code",
}


@pytest.mark.parametrize(("stem", "item", "position", "whole"), GROWING)
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "never announced"])
def test_every_kind_of_text_grows_and_its_done_has_the_last_word(
    stem: str, item: Raw, position: str, whole: Raw, announced: bool
) -> None:
    stream = Stream()
    if announced:
        stream.add(3, item)
    where = {"output_index": 3, **({position: 0} if position else {})}
    stream.take(f"{stem}.delta", **where, delta="a")
    stream.take(f"{stem}.delta", **where, delta="b")
    assert stream.shown[3] == "ab"
    (grown,) = stream.accumulator.items
    assert {name: grown[name] for name in whole} == whole
    assert grown["type"] == item["type"]
    field = DONE_FIELD.get(stem, "text")
    assert not stream.take(f"{stem}.done", **where, **{field: "ab"})
    stream.take(f"{stem}.done", **where, **{field: "corrected"})
    assert stream.shown[3] == "corrected"


def test_a_done_alone_is_enough() -> None:
    stream = Stream()
    stream.take("response.output_text.done", output_index=0, content_index=0, text="all at once")
    assert stream.shown == {0: "all at once"}
    stream = Stream()
    stream.finish(0, message("all at once", "completed"))
    assert stream.shown == {0: "all at once"}
    stream = Stream()
    stream.take("response.completed", response={"output": [message("all at once")]})
    assert stream.shown == {0: "all at once"}


def test_the_finished_item_outranks_deltas_and_the_terminal_outranks_both() -> None:
    stream = Stream()
    stream.add(0, message())
    stream.delta(0, "draft")
    stream.finish(0, message("second draft"))
    assert stream.shown == {0: "second draft"}
    stream.take("response.completed", response={"output": [message("final", "completed")]})
    assert stream.shown == {0: "final"}
    assert stream.accumulator.items == [message("final", "completed")]


def test_nothing_grows_after_its_item_is_done() -> None:
    stream = Stream()
    stream.finish(0, message("whole", "completed"))
    assert not stream.delta(0, " and more")
    assert not stream.take(
        "response.content_part.done", output_index=0, content_index=0, part={"type": "output_text"}
    )
    call = {"type": "mcp_call", "arguments": "{}", "status": "completed"}
    stream.finish(1, call)
    assert not stream.take("response.mcp_call.in_progress", output_index=1)
    assert stream.accumulator.items == [message("whole", "completed"), call]


def test_items_with_the_same_id_stay_apart() -> None:
    stream = Stream()
    for index in (0, 1):
        stream.add(index, message(identifier="msg_0"))
    stream.take("response.output_text.delta", output_index=1, item_id="msg_0", delta="second")
    stream.take("response.output_text.delta", output_index=0, item_id="msg_0", delta="first")
    assert stream.shown == {0: "first", 1: "second"}


def test_an_id_that_changes_between_events_is_the_same_item() -> None:
    stream = Stream()
    stream.add(0, message(identifier="msg_added"))
    stream.take("response.output_text.delta", output_index=0, item_id="msg_delta", delta="one")
    stream.finish(0, message("one", "completed", identifier="msg_done"))
    assert len(stream.accumulator.items) == 1
    assert stream.accumulator.items[0]["id"] == "msg_done"


def test_items_come_in_output_order_whatever_order_they_arrive_in() -> None:
    stream = Stream()
    for index in (2, 0, 1):
        stream.finish(index, message(str(index)))
    assert [Item(raw).text for raw in stream.accumulator.items] == ["0", "1", "2"]


def test_two_parts_of_a_message_read_in_order() -> None:
    stream = Stream()
    stream.add(0, message())
    stream.delta(0, "one", 0)
    stream.delta(0, "two", 1)
    stream.delta(0, "!", 1)
    assert stream.shown[0] == "one\n\ntwo!" == Item(stream.accumulator.items[0]).text
    stream.delta(0, "?", 0)  # back in the first one: not at the end
    assert stream.shown[0] == "one?\n\ntwo!" == Item(stream.accumulator.items[0]).text


def test_raw_reasoning_takes_the_place_of_its_summary() -> None:
    stream = Stream()
    stream.add(0, {"type": "reasoning", "summary": []})
    where = {"output_index": 0, "summary_index": 0, "content_index": 0}
    stream.take("response.reasoning_summary_text.delta", **where, delta="in short")
    stream.take("response.reasoning_text.delta", **where, delta="at ")
    stream.take("response.reasoning_text.delta", **where, delta="length")
    stream.take("response.reasoning_summary_text.delta", **where, delta=" (unseen)")
    assert stream.shown[0] == "at length" == Item(stream.accumulator.items[0]).text


def test_a_part_that_comes_whole_is_shown_at_once() -> None:
    stream = Stream()
    stream.add(0, message())
    refusal = {"type": "refusal", "refusal": "No."}
    stream.take("response.content_part.added", output_index=0, content_index=0, part=refusal)
    assert stream.shown[0] == "No."


def test_status_events_show_on_the_item() -> None:
    stream = Stream()
    stream.add(0, {"type": "web_search_call", "status": "in_progress"})
    (change,) = stream.take("response.web_search_call.searching", output_index=0)
    assert isinstance(change, Replaced)
    assert change.raw["status"] == "searching"
    assert not change.done
    assert not stream.take("response.web_search_call.searching", output_index=0)


# --- the end --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_each_terminal_ends_with_its_status(status: str) -> None:
    stream = Stream()
    error = {"code": "server_error", "message": "broke"} if status == "failed" else None
    response: Raw = {"id": "resp_1", "status": status, "error": error, "output": []}
    assert stream.take(f"response.{status}", response=response) == [Ended(status, error)]


def test_the_status_of_the_response_outranks_the_name_of_the_event() -> None:
    stream = Stream()
    stream.take("response.completed", response={"status": "incomplete", "output": []})
    assert stream.accumulator.status == "incomplete"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "c", "message": "m", "param": None},
        {"type": "error", "error": {"code": "c", "message": "m"}},
        {"error": {"code": "c", "message": "m"}},
        {"type": "proxy.trouble", "error": {"code": "c", "message": "m"}},
    ],
    ids=["flat", "nested", "without a type", "of a type nobody knows"],
)
def test_every_way_to_say_error_fails_the_response(event: Raw) -> None:
    accumulator = Accumulator()
    (ended,) = accumulator.apply(event)
    assert isinstance(ended, Ended)
    assert ended.status == accumulator.status == "failed"
    assert ended.error == {"code": "c", "message": "m", "param": None}


def test_an_error_may_be_a_plain_string() -> None:
    accumulator = Accumulator()
    accumulator.apply({"error": "out of memory"})
    assert accumulator.error is not None
    assert accumulator.error["message"] == "out of memory"


def test_nothing_changes_after_the_end() -> None:
    stream = Stream()
    stream.add(0, message("partial"))
    stream.take("error", message="broke")
    assert not stream.delta(0, "more")
    assert not stream.take("response.completed", response={"output": [message("other")]})
    assert stream.accumulator.status == "failed"
    assert [Item(raw).text for raw in stream.accumulator.items] == ["partial"]


@pytest.mark.parametrize("output", [None, [], "garbage", [message("second")]])
def test_a_terminal_that_tells_less_than_was_streamed_takes_nothing_away(output: object) -> None:
    stream = Stream()
    stream.finish(0, message("first"))
    stream.finish(1, message("second"))
    stream.take("response.completed", response={"status": "completed", "output": output})
    assert stream.shown == {0: "first", 1: "second"}


def test_a_stream_without_a_terminal_leaves_no_status() -> None:
    stream = Stream()
    stream.add(0, message())
    stream.delta(0, "cut")
    assert stream.accumulator.status == ""
    assert Item(stream.accumulator.items[0]).text == "cut"


# --- what may go wrong ----------------------------------------------------------------------------


def test_unknown_events_are_counted_and_change_nothing() -> None:
    stream = Stream()
    for kind in ("response.hologram.delta", "response.hologram.delta", "response.output_text.sung"):
        assert not stream.take(kind, output_index=0, delta="x", text="x")
    assert stream.accumulator.unknown == {
        "response.hologram.delta": 2,
        "response.output_text.sung": 1,
    }
    assert stream.accumulator.items == []


def test_lost_events_show_as_gaps() -> None:
    accumulator = Accumulator()
    for number in (0, 1, 2, 5, 6, 6, 9):
        accumulator.apply({"type": "response.in_progress", "sequence_number": number})
    assert accumulator.gaps == 4


def test_a_huge_or_negative_position_is_garbage_not_memory() -> None:
    stream = Stream()
    stream.add(0, message())
    for position in (10**12, -1, "0", None, 1.5):
        part = {"type": "output_text", "text": "x"}
        stream.take(
            "response.content_part.added", output_index=0, content_index=position, part=part
        )
        stream.take("response.output_text.delta", output_index=0, content_index=position, delta="x")
    assert stream.shown[0] == ""


def test_what_was_handed_out_never_changes_afterwards() -> None:
    stream = Stream()
    stream.add(0, message())
    for text in ("one ", "two ", "three"):
        stream.delta(0, text)
        stream.take(
            "response.content_part.added",
            output_index=0,
            content_index=1,
            part={"type": "output_text", "text": text},
        )
    before = copy.deepcopy([c.raw for c in stream.changes if isinstance(c, Added | Replaced)])
    held = stream.accumulator.items
    before_held = copy.deepcopy(held)
    stream.delta(0, " more", 1)
    stream.take("response.output_text.done", output_index=0, content_index=0, text="other")
    stream.take("response.output_text.done", output_index=0, content_index=1, text="other")
    stream.delta(0, "third", 2)
    after = [c.raw for c in stream.changes if isinstance(c, Added | Replaced)][: len(before)]
    assert after == before
    assert held == before_held


def test_tokens_cost_the_same_however_long_the_answer_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token copies what came before it: snapshots happen at the ends of things only."""
    taken = 0
    real = Slot.snapshot

    def counted(slot: Slot) -> Raw:
        nonlocal taken
        taken += 1
        return real(slot)

    monkeypatch.setattr(Slot, "snapshot", counted)
    stream = Stream()
    stream.add(0, message())
    changes = [change for _ in range(5_000) for change in stream.delta(0, "token ")]
    assert changes == [Grew(0, "token ")] * 5_000
    assert taken == 0
    assert stream.accumulator.items[0]["content"][0]["text"] == "token " * 5_000


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.just(10**12)
    | st.sampled_from(["", "text", "completed", "message", "reasoning", "refusal"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "content", "summary", "text", "status", "output", "error"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = ["output_index", "content_index", "summary_index", "sequence_number", "item_id", "item"]
FIELDS += ["part", "delta", "text", "refusal", "arguments", "input", "code", "response", "error"]
EVENTS = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from(ALL_EVENTS) | JSON,
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
)


@given(st.lists(EVENTS, max_size=12))
def test_no_stream_of_garbage_raises_or_breaks_the_books(events: list[Raw]) -> None:
    accumulator = Accumulator()
    known: set[int] = set()
    ends = 0
    for event in copy.deepcopy(events):
        for change in accumulator.apply(event):
            match change:
                case Added(index, _):
                    assert index not in known
                    known.add(index)
                case Grew(index, _) | Replaced(index, _, _):
                    assert index in known
                case Ended():
                    ends += 1
    assert len(accumulator.items) == len(known)
    assert ends == bool(accumulator.status)


DELTAS = st.lists(
    st.tuples(
        st.sampled_from(["output_text", "refusal"]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from(["a", "bb", "ccc"]),
    ),
    max_size=15,
)


@given(DELTAS)
def test_who_follows_the_changes_sees_what_the_items_say(
    deltas: list[tuple[str, int, int, str]],
) -> None:
    stream = Stream()
    kinds: dict[tuple[int, int], str] = {}
    for kind, index, position, text in deltas:
        if kinds.setdefault((index, position), kind) != kind:
            continue  # one part is one kind of text
        stream.take(
            f"response.{kind}.delta", output_index=index, content_index=position, delta=text
        )
    for index, raw in zip(sorted(stream.shown), stream.accumulator.items, strict=True):
        assert stream.shown[index] == Item(raw).text
