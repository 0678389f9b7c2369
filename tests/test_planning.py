"""Context planning: what each turn carries, who keeps it, and what is said about it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chat_tui.config import Chaining, Compaction
from chat_tui.items import Place, RawItem, Record, user_message
from chat_tui.planning import (
    ENCRYPTED_REASONING,
    UNKNOWN_WINDOW_THRESHOLD,
    Capabilities,
    Choices,
    Outcome,
    State,
    context_window,
    plan_turn,
    settle,
    short_id,
)

CONVERSATION, RESPONSE, MANUAL = Chaining
ALL_ABLE = Capabilities()
NEW = user_message("new")


def answer(text: str, identifier: str = "") -> RawItem:
    raw = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text}],
    }
    return {**raw, "id": identifier} if identifier else raw


# Each letter is one turn's message at one place; a context is told by its letters.
PLACES = {
    "c": Place.CONVERSATION,
    "h": Place.CHAIN,
    "s": Place.STOPPED,
    "p": Place.PRIVATE,
    "w": Place.PENDING,  # waiting, with an unknown outcome
}


def records(letters: str) -> tuple[Record, ...]:
    return tuple(Record(answer(letter, f"msg_{letter}"), PLACES[letter]) for letter in letters)


def letters_of(items: list[RawItem]) -> str:
    return "".join(raw["content"][0]["text"] for raw in items)


@dataclass(frozen=True)
class Row:
    """What one cell of chaining × store × anchor must do, whatever the tail is."""

    chaining: Chaining
    store: bool
    anchor: str
    """What the state knows: ``conv``, ``resp``, both or neither."""
    refers: str
    """What the request refers to."""
    carries: str
    """Which letters go along as input, if they are there."""
    place: Place
    creates: bool = False
    seeds: str = ""
    """Which letters a new conversation begins with, if they are there."""


TABLE = [
    Row(CONVERSATION, True, "", "new conv", "", Place.CONVERSATION, creates=True, seeds="hs"),
    Row(CONVERSATION, True, "conv", "conv", "s", Place.CONVERSATION),
    Row(CONVERSATION, True, "resp", "new conv", "", Place.CONVERSATION, creates=True, seeds="hs"),
    Row(CONVERSATION, True, "conv resp", "conv", "s", Place.CONVERSATION),
    Row(CONVERSATION, False, "", "", "hsp", Place.PRIVATE),
    Row(CONVERSATION, False, "conv", "", "csp", Place.PRIVATE),
    Row(CONVERSATION, False, "resp", "", "hsp", Place.PRIVATE),
    Row(CONVERSATION, False, "conv resp", "", "csp", Place.PRIVATE),
    Row(RESPONSE, True, "", "", "hs", Place.CHAIN),
    Row(RESPONSE, True, "conv", "", "chs", Place.CHAIN),
    Row(RESPONSE, True, "resp", "resp", "s", Place.CHAIN),
    Row(RESPONSE, True, "conv resp", "resp", "s", Place.CHAIN),
    Row(RESPONSE, False, "", "", "hsp", Place.PRIVATE),
    Row(RESPONSE, False, "conv", "", "chsp", Place.PRIVATE),
    Row(RESPONSE, False, "resp", "resp", "sp", Place.PRIVATE),
    Row(RESPONSE, False, "conv resp", "resp", "sp", Place.PRIVATE),
    Row(MANUAL, True, "", "", "hs", Place.CHAIN),
    Row(MANUAL, True, "conv", "", "chs", Place.CHAIN),
    Row(MANUAL, True, "resp", "", "hs", Place.CHAIN),
    Row(MANUAL, True, "conv resp", "", "chs", Place.CHAIN),
    Row(MANUAL, False, "", "", "hsp", Place.PRIVATE),
    Row(MANUAL, False, "conv", "", "chsp", Place.PRIVATE),
    Row(MANUAL, False, "resp", "", "hsp", Place.PRIVATE),
    Row(MANUAL, False, "conv resp", "", "chsp", Place.PRIVATE),
]
TAILS = ["", "s", "p", "h", "sp", "hsp", "psh", "w"]
THRESHOLDS: list[tuple[Compaction, int, int]] = [  # choice, window, tokens asked for
    ("off", 32_000, 0),
    ("auto", 32_000, 25_600),
    (5_000, 32_000, 5_000),
]


def history(anchor: str) -> str:
    """What an anchored conversation holds before its tail."""
    return {"": "", "conv": "c", "resp": "h", "conv resp": "c"}[anchor]


def state_of(anchor: str, tail: str) -> State:
    return State(
        conversation_id="conv_1" if "conv" in anchor else "",
        response_id="resp_1" if "resp" in anchor else "",
        records=records(history(anchor) + tail),
    )


def present(wanted: str, state: State) -> str:
    """The wanted letters that are there, in the order of the records."""
    here = letters_of([record.raw for record in state.records])
    return "".join(letter for letter in here if letter in wanted)


def test_the_table_is_whole() -> None:
    cells = {(row.chaining, row.store, row.anchor) for row in TABLE}
    anchors = ("", "conv", "resp", "conv resp")
    assert cells == set(itertools.product(Chaining, (True, False), anchors))
    assert len(TABLE) == len(cells)


@pytest.mark.parametrize(("compaction", "window", "threshold"), THRESHOLDS)
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_case_sends_exactly_what_the_table_says(
    row: Row, tail: str, compaction: Compaction, window: int, threshold: int
) -> None:
    state = state_of(row.anchor, tail)
    choices = Choices("demo", row.chaining, row.store, compaction, "Be brief.", window)
    plan = plan_turn(state, choices, ALL_ABLE)
    expected: dict[str, Any] = {
        "model": "demo",
        "instructions": "Be brief.",
        "stream": True,
        "store": row.store,
    }
    match row.refers:
        case "conv":
            expected["conversation"] = "conv_1"
        case "new conv":
            expected["conversation"] = "conv_created"
        case "resp":
            expected["previous_response_id"] = "resp_1"
    if not row.store:
        expected["include"] = [ENCRYPTED_REASONING]
    if threshold:
        expected["context_management"] = [{"type": "compaction", "compact_threshold": threshold}]
    carried = present(row.carries, state)
    created = "conv_created" if plan.creates else ""
    body = plan.request(state, choices, [NEW], created)
    assert body.pop("input") == [*(answer(letter) for letter in carried), NEW]
    assert body == expected
    assert plan.creates is row.creates
    assert plan.seed(state) == [answer(letter) for letter in present(row.seeds, state)]
    assert (plan.chaining, plan.place, plan.stored) == (row.chaining, row.place, row.store)
    assert not plan.needs_all


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_every_case_says_what_is_true(row: Row, tail: str) -> None:
    state = state_of(row.anchor, tail)
    choices = Choices("demo", row.chaining, row.store, "off")
    plan = plan_turn(state, choices, ALL_ABLE)
    notes = " ".join(plan.notes)
    carried = present(row.carries, state)
    seeded = present(row.seeds, state)
    held = letters_of([record.raw for record in state.records])

    count = len(carried) + len(seeded)
    what = {0: "your message", 1: "1 item from before and your message"}.get(
        count, f"{count} items from before and your message"
    )
    where = {
        "": "the model",
        "conv": "conv_1",
        "new conv": "a new conversation",
        "resp": "the model as a reply to resp_1",
    }[row.refers]
    kept = {
        Place.CONVERSATION: "the conversation keeps the turn",
        Place.CHAIN: "the server keeps the response",
        Place.PRIVATE: "nothing is kept on the server or on disk",
    }[row.place]
    assert plan.summary == f"Sends {what} to {where}; {kept}."

    assert ("Gone when you quit" in notes) == (not row.store)
    assert ("Left out" in notes) == (row.store and "p" in held)
    aside = row.store and row.chaining is not CONVERSATION and "conv" in row.anchor
    assert ("An aside" in notes) == aside
    outside = row.chaining is CONVERSATION and "conv" in row.anchor and "h" in held
    assert ("Not part of the conversation" in notes) == outside
    assert ("Creates a conversation" in notes) == (row.creates and bool(seeded))
    referring = row.refers in ("conv", "resp")
    assert ("stopped turn along" in notes) == (row.store and referring and "s" in held)
    starting = row.store and row.chaining is RESPONSE and not row.refers and bool(carried)
    assert ("sends the history once" in notes) == starting


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_what_is_not_loaded_is_asked_for_exactly_when_it_is_needed(row: Row) -> None:
    state = replace(state_of(row.anchor, "s"), complete=False)
    plan = plan_turn(state, Choices("demo", row.chaining, row.store), ALL_ABLE)
    assert plan.needs_all == (row.refers in ("", "new conv"))
    assert ("the whole history" in plan.summary) == plan.needs_all


@pytest.mark.parametrize(
    ("asked", "able", "effective", "said"),
    [
        (CONVERSATION, Capabilities(), CONVERSATION, ""),
        (CONVERSATION, Capabilities(conversations=False), RESPONSE, "has no conversations"),
        (
            CONVERSATION,
            Capabilities(conversations=False, chaining=False),
            MANUAL,
            "neither conversations nor chains",
        ),
        (CONVERSATION, Capabilities(chaining=False), CONVERSATION, ""),
        (RESPONSE, Capabilities(conversations=False), RESPONSE, ""),
        (RESPONSE, Capabilities(chaining=False), MANUAL, "cannot chain"),
        (MANUAL, Capabilities(conversations=False, chaining=False), MANUAL, ""),
    ],
)
@pytest.mark.parametrize("store", [True, False])
def test_what_a_server_lacks_lowers_the_mode_and_is_said(
    asked: Chaining, able: Capabilities, effective: Chaining, said: str, store: bool
) -> None:
    choices = Choices("demo", asked, store, "off")
    plan = plan_turn(state_of("", "hs"), choices, able)
    lowered = plan_turn(state_of("", "hs"), replace(choices, chaining=effective), ALL_ABLE)
    assert plan.chaining is effective
    assert bool(said) == (len(plan.notes) > len(lowered.notes))
    assert said in " ".join(plan.notes)
    assert replace(plan, notes=()) == replace(
        lowered,
        notes=(),
        carries=plan.carries,
        flushes=plan.flushes,
        seeds=plan.seeds,
    )


def test_a_server_that_cannot_compact_is_not_asked_to() -> None:
    plan = plan_turn(State(), Choices("demo"), Capabilities(compaction=False))
    assert plan.threshold == 0
    assert "cannot compact" in " ".join(plan.notes)
    quiet = plan_turn(State(), Choices("demo", compaction="off"), Capabilities(compaction=False))
    assert quiet.notes == ()


@pytest.mark.parametrize(
    ("compaction", "window", "threshold"),
    [
        ("auto", 0, UNKNOWN_WINDOW_THRESHOLD),
        ("auto", -1, UNKNOWN_WINDOW_THRESHOLD),
        ("auto", 400_000, 320_000),
        ("auto", 1_000, 1_000),  # a server refuses less than 1000
        ("off", 400_000, 0),
        (1_000, 0, 1_000),
    ],
)
def test_the_threshold_is_one_a_server_accepts(
    compaction: Compaction, window: int, threshold: int
) -> None:
    assert Choices(compaction=compaction, window=window).threshold == threshold


def test_a_known_model_has_a_window_and_an_unknown_one_none() -> None:
    assert context_window("gpt-5.2-mini") == context_window("gpt-5") > 0
    assert context_window("demo") == 128_000
    assert context_window("llama-of-tomorrow") == 0


def test_a_request_without_model_or_instructions_names_neither() -> None:
    body = plan_turn(State(), Choices(), ALL_ABLE).request(State(), Choices(), [NEW], "conv_1")
    assert {"model", "instructions"}.isdisjoint(body)


def test_what_cannot_be_replayed_is_neither_carried_nor_counted() -> None:
    lone_call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    stopped = [Record(lone_call, Place.STOPPED)]
    state = State("conv_1", records=(*records("c"), *stopped))
    plan = plan_turn(state, Choices("demo"), ALL_ABLE)
    assert plan.carries == plan.flushes == ()
    assert "stopped" not in " ".join(plan.notes)


def test_a_hostile_id_is_shown_inert() -> None:
    state = State(conversation_id="conv\x1b]52;c;x\x07")
    summary = plan_turn(state, Choices("demo"), ALL_ABLE).summary
    assert "\x1b" not in summary
    assert "\x07" not in summary
    assert short_id("conv_0123456789abcdef") == "conv_0123456…"


# --- afterwards -----------------------------------------------------------------------------------


def after(row_state: State, choices: Choices, outcome: Outcome) -> State:
    """The state after a turn of a question and an answer."""
    plan = plan_turn(row_state, choices, ALL_ABLE)
    turn = (Record(NEW, Place.PENDING), Record(answer("reply", "msg_r"), plan.place))
    held = replace(row_state, records=(*row_state.records, *turn))
    return settle(held, plan, turn, outcome)


def places(state: State) -> str:
    """Each record's letter and where it is now."""
    names = {place: letter for letter, place in PLACES.items()}
    return " ".join(f"{letters_of([record.raw])}:{names[record.place]}" for record in state.records)


def test_a_kept_turn_moves_both_anchors_and_brings_the_stopped_tail_along() -> None:
    done = after(state_of("conv resp", "s"), Choices("demo"), Outcome(True, "resp_2", "conv_1"))
    assert places(done) == "c:c s:c new:c reply:c"
    assert (done.conversation_id, done.response_id) == ("conv_1", "resp_2")
    assert [record.response_id for record in done.records] == ["", "", "resp_2", "resp_2"]


def test_a_turn_that_was_not_kept_becomes_the_stopped_tail_and_moves_nothing() -> None:
    done = after(state_of("conv resp", "s"), Choices("demo"), Outcome(False, "", "conv_1"))
    assert places(done) == "c:c s:s new:s reply:s"
    assert (done.conversation_id, done.response_id) == ("conv_1", "resp_1")


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("chaining", Chaining)
def test_off_the_record_nothing_advances(chaining: Chaining, kept: bool) -> None:
    choices = Choices("demo", chaining, store=False)
    done = after(state_of("conv resp", "sp"), choices, Outcome(kept, "resp_2", "conv_1"))
    assert places(done) == "c:c s:s p:p new:p reply:p"
    assert (done.conversation_id, done.response_id) == ("conv_1", "resp_1")


@pytest.mark.parametrize("kept", [True, False])
def test_a_created_conversation_holds_its_seeds_even_if_the_turn_failed(kept: bool) -> None:
    outcome = Outcome(kept, "resp_2" if kept else "", "conv_new")
    done = after(state_of("resp", "sp"), Choices("demo"), outcome)
    fate = "c" if kept else "s"
    assert places(done) == f"h:c s:c p:p new:{fate} reply:{fate}"
    assert done.conversation_id == "conv_new"


def test_a_copy_forgets_the_id_of_its_original() -> None:
    done = after(state_of("resp", "s"), Choices("demo"), Outcome(True, "resp_2", "conv_new"))
    assert [record.item.id for record in done.records] == ["", "", "", "msg_r"]


def test_what_a_new_conversation_could_not_take_stays_in_the_chain() -> None:
    search = Record({"type": "web_search_call", "id": "ws_1"}, Place.CHAIN)
    state = State(response_id="resp_1", records=(*records("h"), search))
    done = after(state, Choices("demo"), Outcome(True, "resp_2", "conv_new"))
    assert done.records[1] == search


def test_a_manual_turn_becomes_a_chain_one_can_go_on_from() -> None:
    choices = Choices("demo", MANUAL)
    done = after(state_of("", "s"), choices, Outcome(True, "resp_1"))
    assert places(done) == "s:h new:h reply:h"
    plan = plan_turn(done, Choices("demo", RESPONSE), ALL_ABLE)
    assert (plan.parent, plan.carries) == ("resp_1", ())
