"""What travels is whole, bare and acceptable; what does not is counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Place, Record
from chat_tui.moving import Document, Facts, Reach, load
from tests.moving.making import Raw, call, document, output, said, thought

HOME = Reach(home=True, embedded=False)
OURS = Reach(home=False, embedded=True)
AWAY = Reach(home=False, embedded=False)
REACHES = (HOME, OURS, AWAY, Reach(home=True, embedded=True))


def left(found: Document, reach: Reach) -> dict[str, int]:
    return {gone.what.partition(",")[0]: gone.count for gone in load(found, reach).left}


def test_ids_stay_and_citations_of_the_web_go_along() -> None:
    cited = {"type": "url_citation", "url": "https://example.org/"}
    raw = said("assistant", "Hi", id="msg_1", status="completed", phase="final_answer")
    raw["content"][0] |= {"annotations": [cited], "logprobs": []}
    expected = said("assistant", "Hi", phase="final_answer")
    expected["content"][0]["annotations"] = [cited]
    for reach in REACHES:
        assert load(document(raw), reach).items == (expected,)
        assert left(document(raw), reach) == {}


def test_a_cut_answer_stays_a_cut_answer() -> None:
    raw = said("assistant", "Hi", status="incomplete")
    assert load(document(raw), AWAY).items == (raw,)


@pytest.mark.parametrize(
    ("reach", "kept", "gone"),
    [
        (HOME, {"summary": thought()["summary"], "encrypted_content": "sealed"}, {}),
        (
            OURS,
            {"summary": thought()["summary"]},
            {"encrypted form of reasoning": 1},
        ),
        (AWAY, None, {"reasoning": 1}),
    ],
    ids=["home", "ours", "away"],
)
def test_reasoning_travels_as_far_as_it_can_be_read(
    reach: Reach, kept: Raw | None, gone: dict[str, int]
) -> None:
    found = document(thought(), said("assistant", "yes"))
    items = load(found, reach).items
    assert list(items[:-1]) == ([] if kept is None else [{"type": "reasoning", **kept}])
    assert left(found, reach) == gone


def test_sealed_reasoning_without_words_does_not_travel_even_to_ours() -> None:
    found = document(thought(""), said("assistant", "yes"))
    assert [raw["type"] for raw in load(found, OURS).items] == ["message"]


def test_a_compaction_stays_while_the_past_before_it_goes_along() -> None:
    compaction = {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"}
    found = document(said("user", "a"), compaction, said("user", "b"))
    assert [raw["type"] for raw in load(found, HOME).items] == ["message", "compaction", "message"]
    assert [raw["type"] for raw in load(found, AWAY).items] == ["message", "message"]
    assert left(found, AWAY) == {"compaction": 1}


def test_half_a_call_and_what_servers_made_by_themselves_stay() -> None:
    found = document(
        said("user", "a"),
        call("1"),
        call("2"),
        output("2"),
        {"type": "web_search_call", "id": "ws_1", "action": {}},
        {"type": "hologram"},
        said("user", ""),
    )
    assert [raw["type"] for raw in load(found, HOME).items] == [
        "message",
        "function_call",
        "function_call_output",
    ]
    assert left(found, HOME) == {
        "call or output without its other half": 1,
        "hologram": 1,
        "message without content or with a role of the server's own": 1,
        "web_search_call": 1,
    }


def test_files_of_another_server_are_named_in_their_place() -> None:
    def with_parts(*parts: Raw) -> Document:
        return document({"type": "message", "role": "user", "content": list(parts)})

    named = {"type": "input_file", "file_id": "file_1", "filename": "a.pdf"}
    inline = {"type": "input_image", "file_id": "file_2", "image_url": "data:image/png;base64,x"}
    found = with_parts(named, inline)
    assert load(found, HOME).items[0]["content"] == [named, inline]
    assert load(found, AWAY).items[0]["content"] == [
        {"type": "input_text", "text": "[file: a.pdf]"},
        {"type": "input_image", "image_url": "data:image/png;base64,x"},
    ]
    assert left(found, AWAY) == {"file or image that lives on the other server": 1}


def test_citations_of_files_and_containers_of_another_server_stay() -> None:
    raw = said("assistant", "see")
    raw["content"][0]["annotations"] = [
        {"type": "file_citation", "file_id": "file_1"},
        {"type": "container_file_citation", "container_id": "cntr_1", "file_id": "f"},
        {"type": "url_citation", "url": "https://example.org/"},
    ]
    found = document(raw)
    kept = load(found, AWAY).items[0]["content"][0]["annotations"]
    assert [note["type"] for note in kept] == ["url_citation"]
    assert left(found, AWAY) == {"citation of a file or container of the other server": 2}
    assert left(found, HOME) == {}


def test_only_what_the_server_holds_travels() -> None:
    records = [
        Record(said("user", "in"), Place.CONVERSATION),
        *(Record(said("user", place), place) for place in Place if place != "conversation"),
    ]
    found = Document(Facts(conversation_id="conv_1"), tuple(records))
    assert [raw["content"][0]["text"] for raw in load(found, AWAY).items] == ["in"]
    assert sum(left(found, AWAY).values()) == len(Place) - 1


def test_the_items_of_a_chain_travel() -> None:
    found = document(said("user", "a"), place=Place.CHAIN, response_id="resp_1")
    assert len(load(found, AWAY).items) == 1


PARTS = st.lists(
    st.sampled_from(
        [
            {"type": "input_text", "text": "a"},
            {"type": "input_text", "text": ""},
            {"type": "input_image", "file_id": "file_1", "image_url": None},
            {"type": "input_file", "file_data": "data:,x", "filename": "a"},
            {"type": "input_image", "detail": "auto"},
        ]
    ),
    max_size=3,
)
ITEMS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                said("user", "a", id="msg_1"),
                said("assistant", "b", status="incomplete"),
                said("assistant", ""),
                said("critic", "c"),
                thought(),
                thought(""),
                thought("x", None),
                {"type": "compaction", "encrypted_content": "x"},
                {"type": "web_search_call", "id": "ws_1"},
                {"type": "item_reference", "id": "msg_1"},
                {"role": "user", "content": "plain"},
            ]
        ),
        st.sampled_from("123").map(call),
        st.sampled_from("123").map(output),
        PARTS.map(lambda parts: {"type": "message", "role": "user", "content": parts}),
        PARTS.map(lambda parts: {"type": "function_call_output", "call_id": "1", "output": parts}),
    ),
    max_size=12,
)


@given(ITEMS, st.sampled_from(REACHES))
def test_what_arrived_travels_on_without_a_loss(raws: list[Raw], reach: Reach) -> None:
    found = document(*raws)
    first = load(found, reach)
    arrived = [{**raw, "id": f"item_{n}"} for n, raw in enumerate(first.items)]
    second = load(document(*arrived), Reach(home=True, embedded=reach.embedded))
    assert second.items == first.items
    assert second.left == ()


@given(ITEMS, st.sampled_from(REACHES))
def test_every_item_travels_or_is_counted(raws: list[Raw], reach: Reach) -> None:
    found = load(document(*raws), reach)
    whole_items = sum(
        gone.count
        for gone in found.left
        if not gone.what.startswith(("encrypted form", "file or image", "citation"))
    )
    assert len(found.items) + whole_items == len(raws)
    assert not any("id" in raw for raw in found.items)
    assert not _holds_null(list(found.items))


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_holds_null, value)))
