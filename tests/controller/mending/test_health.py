"""What is found wrong with items, and what each remedy does about it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.controller.mending.groups import closed, end_of_group, group
from chat_tui.controller.mending.health import Ailment, examine
from chat_tui.controller.mending.repairs import Remedy, plan_repair, worth_repairing
from chat_tui.items import RawItem
from tests.controller.mending.making import (
    answer,
    call,
    decision,
    message,
    output,
    request,
    thought,
    user,
)

ASKED = request()
FOLDED: RawItem = {"id": "cmp_1", "type": "compaction", "encrypted_content": "x"}

HEALTHY: dict[str, list[RawItem]] = {
    "nothing": [],
    "talk": [user(), answer(), user(), answer()],
    "a call with its output": [user(), call("a"), output("a"), answer()],
    "parallel calls": [user(), thought(), call("a"), call("b"), output("b"), output("a")],
    "an output that came late": [user(), call("a"), user(), output("a"), answer()],
    "reasoning twice": [user(), thought(), thought(), answer()],
    "a decision": [user(), ASKED, decision(ASKED["id"])],
    "an empty output": [user(), call("a"), output("a", output=""), answer()],
    "a server's own search": [call("s", "tool_search_call", execution="server"), answer()],
    "an image alone": [message("user", "") | {"content": [{"type": "input_image"}]}, answer()],
    "a refusal": [user(), answer() | {"content": [{"type": "refusal", "refusal": "No."}]}],
    "what was folded away": [call("a"), thought(), FOLDED, user(), answer()],
    "a type nobody knows after reasoning": [thought(), {"id": "x_1", "type": "telepathy"}],
}
SICK: dict[str, tuple[list[RawItem], list[tuple[int, Ailment]]]] = {
    "a call": ([user(), call("a")], [(1, Ailment.CALL)]),
    "one of two calls": ([call("a"), call("b"), output("a")], [(1, Ailment.CALL)]),
    "an output of another type": (
        [call("a"), output("a", "custom_tool_call_output")],
        [(0, Ailment.CALL), (1, Ailment.OUTPUT)],
    ),
    "an output before its call": ([output("a"), call("a")], [(0, Ailment.OUTPUT)]),
    "an output whose call was folded away": (
        [call("a"), FOLDED, output("a")],
        [(2, Ailment.OUTPUT)],
    ),
    "a compaction that holds nothing": (
        [user(), FOLDED | {"encrypted_content": ""}],
        [(1, Ailment.EMPTY)],
    ),
    "an output alone": ([user(), output("a")], [(1, Ailment.OUTPUT)]),
    "reasoning at the end": ([user(), thought()], [(1, Ailment.REASONING)]),
    "reasoning before a question": ([thought(), user()], [(0, Ailment.REASONING)]),
    "reasoning before an output": (
        [call("a"), thought(), output("a")],
        [(1, Ailment.REASONING)],
    ),
    "an approval": ([request(), answer()], [(0, Ailment.APPROVAL)]),
    "an answer cut off": ([user(), answer(status="incomplete")], [(1, Ailment.INCOMPLETE)]),
    "nothing said": ([message("user", ""), answer()], [(0, Ailment.EMPTY)]),
    "no parts": ([user(), answer() | {"content": []}], [(1, Ailment.EMPTY)]),
}


@pytest.mark.parametrize("case", HEALTHY)
def test_nothing_is_wrong_with(case: str) -> None:
    assert examine(HEALTHY[case]) == ()


@pytest.mark.parametrize("case", SICK)
def test_what_is_wrong_with(case: str) -> None:
    items, expected = SICK[case]
    found = examine(items)
    assert [(finding.position, finding.ailment) for finding in found] == expected
    assert all(finding.sentence.endswith(".") for finding in found)


# --- repairs --------------------------------------------------------------------------------------


def repaired(items: list[RawItem], remedy: Remedy) -> list[RawItem]:
    plan = plan_repair(items, worth_repairing(examine(items)), remedy)
    gone = {id(item.raw) for item in plan.deletes}
    return [raw for raw in items if id(raw) not in gone] + list(plan.adds)


_ids = st.sampled_from(["a", "b", "c"])
_kinds = st.sampled_from(["function_call", "custom_tool_call", "computer_call", "shell_call"])
_item = st.one_of(
    st.builds(user),
    st.builds(answer),
    st.builds(thought),
    st.builds(call, _ids, _kinds),
    st.builds(output, _ids, _kinds.map(lambda kind: f"{kind}_output")),
    st.builds(request),
    st.builds(decision, st.just("mcpr_1")),
    st.builds(dict, st.just(FOLDED)),
)


@given(st.lists(_item, max_size=14), st.sampled_from(Remedy))
def test_after_a_repair_nothing_blocks_the_next_turn(items: list[RawItem], remedy: Remedy) -> None:
    assert worth_repairing(examine(repaired(items, remedy))) == ()


@given(st.lists(_item, max_size=14))
def test_what_is_healthy_stays_as_it_is(items: list[RawItem]) -> None:
    if not worth_repairing(examine(items)):
        assert all(repaired(items, remedy) == items for remedy in Remedy)


def test_a_call_is_answered_and_its_effect_told() -> None:
    items = [user(), thought(), call("a"), user()]
    plan = plan_repair(items, examine(items), Remedy.ANSWER)
    assert [raw["type"] for raw in plan.adds] == ["function_call_output"]
    assert plan.adds[0]["call_id"] == "a"
    assert plan.deletes == ()
    assert plan.effect == ("Adds 1 function call output at the end, saying that nothing was run.",)


def test_deleting_a_call_takes_the_reasoning_that_led_to_it() -> None:
    items = [user(), thought(), call("a"), user()]
    plan = plan_repair(items, examine(items), Remedy.DELETE)
    assert [item.type for item in plan.deletes] == ["reasoning", "function_call"]
    assert "Deletes 1 reasoning, 1 function call for good" in plan.effect[0]


def test_what_no_output_can_be_made_for_is_deleted() -> None:
    items = [user(), call("a", "computer_call")]
    plan = plan_repair(items, examine(items), Remedy.ANSWER)
    assert not plan.adds
    assert [item.type for item in plan.deletes] == ["computer_call"]


def test_an_approval_is_denied() -> None:
    items = [request()]
    (answered,) = plan_repair(items, examine(items), Remedy.ANSWER).adds
    assert answered["approval_request_id"] == items[0]["id"]
    assert answered["approve"] is False


# --- groups ---------------------------------------------------------------------------------------


def test_groups_stand_together() -> None:
    items = [user(), thought(), call("a"), call("b"), user(), output("b"), output("a"), answer()]
    assert group(items) == [[0], [1, 2, 3, 5, 6], [4], [7]]
    assert closed(items, [5]) == [1, 2, 3, 5, 6]
    assert [end_of_group(items, position) for position in range(8)] == [0, 6, 6, 6, 6, 6, 6, 7]


@given(st.lists(_item, max_size=14), st.integers(0, 13))
def test_deleting_groups_breaks_nothing_that_was_whole(items: list[RawItem], position: int) -> None:
    if worth_repairing(examine(items)) or position >= len(items):
        return
    gone = closed(items, [position])
    rest = [raw for number, raw in enumerate(items) if number not in gone]
    assert worth_repairing(examine(rest)) == ()
