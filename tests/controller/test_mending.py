"""Conversations in trouble are put right on the real server, and the next turn succeeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.controller.mending.choosing import Fate, Filter
from chat_tui.controller.mending.health import Ailment
from chat_tui.controller.mending.progress import Progress
from chat_tui.controller.mending.repairs import Remedy
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound
from chat_tui.gateway import GatewayError
from chat_tui.items import RawItem
from tests.support.asking import items_of, said_in
from tests.support.client import Client, client
from tests.support.faults import FaultServer, Reply, Request, refusing, replying
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer


def says(text: str, role: str = "user") -> RawItem:
    return {"type": "message", "role": role, "content": text}


CALL: RawItem = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
OUTPUT: RawItem = {"type": "function_call_output", "call_id": "c1", "output": "found"}
THOUGHT: RawItem = {"type": "reasoning", "summary": []}
TROUBLES: dict[str, tuple[list[RawItem], str, list[Ailment]]] = {
    "a call without its output": ([CALL], "No tool output found", [Ailment.CALL]),
    "an output without its call": ([OUTPUT], "No tool call found", [Ailment.OUTPUT]),
    "reasoning that leads nowhere": ([THOUGHT], "required following item", [Ailment.REASONING]),
    "all of it": (
        [CALL, says("and?"), OUTPUT | {"call_id": "c2"}, says("so?"), THOUGHT],
        "No tool output found",
        [Ailment.CALL, Ailment.OUTPUT, Ailment.REASONING],
    ),
}


async def holding(me: Client, server: EmbeddedServer, items: list[RawItem]) -> int:
    """Open a conversation of these items, made on the server by someone else."""
    http = server.http()
    made = http.post("/conversations", json={"items": items[:20], "metadata": {"topic": "mine"}})
    assert made.is_success, made.text
    identifier = made.json()["id"]
    for start in range(20, len(items), 20):
        http.post(f"/conversations/{identifier}/items", json={"items": items[start : start + 20]})
    return (await me.open(identifier)).key


def ids_of(server: EmbeddedServer, me: Client, key: int) -> list[str]:
    return [raw["id"] for raw in items_of(server, me.controller.view(key).conversation_id)]


# --- health ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("remedy", Remedy)
@pytest.mark.parametrize("case", TROUBLES)
async def test_a_trouble_is_found_and_repaired_and_the_next_turn_succeeds(
    me: Client, server: EmbeddedServer, case: str, remedy: Remedy
) -> None:
    trouble, refusal, ailments = TROUBLES[case]
    key = await holding(me, server, [says("hello"), says("hi", "assistant"), *trouble])
    report = await me.say(key, echo("one"))
    assert report.status == "failed"
    assert refusal in report.sentence
    await me.controller.take_back(key)

    _, found = await me.controller.health(key)
    assert [finding.ailment for finding in found] == ailments
    before = ids_of(server, me, key)
    plan = await me.controller.plan_repair(key, remedy)
    assert plan.effect
    assert ids_of(server, me, key) == before
    healed = await me.controller.repair(key, plan)
    assert (healed != key) is (remedy is Remedy.FORK)
    if remedy is Remedy.FORK:
        assert ids_of(server, me, key) == before
    await me.open(healed)
    _, found = await me.controller.health(healed)
    assert found == ()
    report = await me.say(healed, echo("two"))
    assert report.status == "completed"
    assert me.answer(healed) == "two"


async def test_a_healthy_conversation_needs_nothing(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    plan = await me.controller.plan_repair(key, Remedy.ANSWER)
    assert (plan.findings, plan.effect) == ((), ())


async def test_what_ails_a_chain_is_told_but_not_repaired(me: Client) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    await me.say(key, "cut 3\npace 0")
    _, found = await me.controller.health(key)
    assert [finding.ailment for finding in found] == [Ailment.INCOMPLETE]
    with pytest.raises(ChatTuiError, match="A chain stays as it is"):
        await me.controller.plan_repair(key, Remedy.DELETE)


# --- deleting -------------------------------------------------------------------------------------


async def test_deleting_one_item_takes_its_group_and_the_next_turn_succeeds(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(
        me, server, [says("a"), THOUGHT, CALL, OUTPUT, says("b", "assistant"), says("c")]
    )
    ids = ids_of(server, me, key)
    plan = await me.controller.plan_items_deletion(key, Filter(ids=(ids[3],)))
    assert [item.id for item in plan.chosen] == [ids[3]]
    assert [item.id for item in plan.along] == ids[1:3]
    assert plan.effect[1] == (
        "Along with them go 1 reasoning, 1 function call, without which later turns would fail."
    )
    told: list[Progress] = []
    results = await me.controller.delete_items(key, plan, told.append)
    assert [(r.item.id, r.fate) for r in results] == [(name, Fate.GONE) for name in ids[1:4]]
    assert (told[-1].done, told[-1].total) == (3, 3)
    assert ids_of(server, me, key) == [ids[0], *ids[4:]]
    assert me.texts(key) == ["a", "b", "c"]
    assert (await me.say(key, echo("on"))).status == "completed"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Filter(role="assistant"), ["a", "c"]),
        (Filter(type="message", keep_last=1), ["c"]),
        (Filter(status="completed", role="user"), ["b"]),
        (Filter(type="reasoning"), ["a", "b", "c"]),
    ],
)
async def test_deleting_what_a_filter_matches(
    me: Client, server: EmbeddedServer, wanted: Filter, left: list[str]
) -> None:
    key = await holding(me, server, [says("a"), says("b", "assistant"), says("c")])
    plan = await me.controller.plan_items_deletion(key, wanted)
    await me.controller.delete_items(key, plan)
    assert said_in(server, me.controller.view(key).conversation_id) == left


async def test_an_item_that_is_not_there_cannot_be_chosen(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("a")])
    with pytest.raises(NotFound, match="msg_none"):
        await me.controller.plan_items_deletion(key, Filter(ids=("msg_none",)))


async def test_what_another_deleted_meanwhile_is_told_apart(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("a"), says("b")])
    identifier, ids = me.controller.view(key).conversation_id, ids_of(server, me, key)
    plan = await me.controller.plan_items_deletion(key, Filter())
    server.http().delete(f"/conversations/{identifier}/items/{ids[0]}")
    results = await me.controller.delete_items(key, plan)
    assert [result.fate for result in results] == [Fate.ALREADY, Fate.GONE]


# --- adding ---------------------------------------------------------------------------------------


async def test_items_are_added_in_batches_without_their_ids(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("first")])
    taken = items_of(server, me.controller.view(key).conversation_id)[0]
    new = [taken | {"status": None}, *(says(f"message {number}") for number in range(44))]
    plan = await me.controller.plan_items_addition(key, new)
    assert plan.effect == ("Adds 45 messages at the end.",)
    told: list[Progress] = []
    await me.controller.add_items(key, plan, told.append)
    assert [progress.done for progress in told] == [20, 40, 45]
    found = said_in(server, me.controller.view(key).conversation_id)
    assert found == ["first", "first", *(f"message {number}" for number in range(44))]
    assert len(set(ids_of(server, me, key))) == 46
    assert me.texts(key) == found


async def test_adding_what_would_break_later_turns_is_told(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("first")])
    plan = await me.controller.plan_items_addition(key, [CALL])
    assert plan.breaks == ("The call look has no output: the next turn is refused.",)
    assert (await me.controller.plan_items_addition(key, [CALL, OUTPUT])).breaks == ()


async def test_items_the_server_refuses_leave_nothing_behind(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("first")])
    new = [*(says(f"message {number}") for number in range(20)), {"type": "telepathy"}]
    plan = await me.controller.plan_items_addition(key, new)
    with pytest.raises(GatewayError):
        await me.controller.add_items(key, plan)
    assert said_in(server, me.controller.view(key).conversation_id) == ["first"]
    assert me.texts(key) == ["first"]


# --- notes ----------------------------------------------------------------------------------------


async def test_a_note_is_pinned_to_an_item_here_and_goes_with_it(
    me: Client, server: EmbeddedServer
) -> None:
    key = await holding(me, server, [says("a"), says("b")])
    first, second = ids_of(server, me, key)
    await me.controller.pin_note(key, first, "  xylophone ")
    await me.controller.pin_note(key, second, "other")
    assert (await me.controller.items(key)).notes == {first: "xylophone", second: "other"}
    await me.controller.pin_note(key, second, "")
    plan = await me.controller.plan_items_deletion(key, Filter(ids=(first,)))
    await me.controller.delete_items(key, plan)
    assert (await me.controller.items(key)).notes == {}
    assert b"xylophone" not in me.on_disk()
    assert b"xylophone" not in server.files()


async def test_a_note_needs_an_item_that_may_be_on_disk(me: Client) -> None:
    key = await me.new()
    await me.controller.set_store(key, store=False)
    await me.say(key, echo("private"))
    private = me.records(key)[-1].item.id
    assert private
    with pytest.raises(NotFound):
        await me.controller.pin_note(key, private, "secret")
    with pytest.raises(ChatTuiError) as told:
        await me.controller.pin_note(key, private, "x" * 10_001)
    assert told.value.exit_code == EXIT_USAGE


# --- refusals -------------------------------------------------------------------------------------

LISTED = [
    {"id": "rs_1", **THOUGHT},
    {"id": "fc_1", **CALL},
    {"id": "fco_1", **OUTPUT},
    {"id": "msg_1", "type": "message", "role": "user", "content": []},
]


def stubborn(request: Request) -> Reply:
    """Let nobody delete the reasoning item."""
    if request.method == "DELETE":
        refused = request.path.endswith("rs_1")
        return refusing(403, message="Read only.") if refused else replying({})
    if "/items" in request.path:
        data = LISTED if "order=asc" in request.path else LISTED[::-1]
        return replying({"data": data, "has_more": False})
    return replying({"id": "conv_1", "metadata": {}, "created_at": 1})


async def test_a_group_that_cannot_be_deleted_stays_whole(tmp_path: Path) -> None:
    async with FaultServer(stubborn) as far:
        profile = Profile(name="far", base_url=far.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            key = (await me.open("conv_1")).key
            plan = await me.controller.plan_items_deletion(key, Filter())
            results = await me.controller.delete_items(key, plan)
    assert [(result.item.id, result.fate, result.reason) for result in results] == [
        ("rs_1", Fate.REFUSED, "The server refused: Read only."),
        ("fc_1", Fate.UNTRIED, ""),
        ("fco_1", Fate.UNTRIED, ""),
        ("msg_1", Fate.GONE, ""),
    ]
    deleted = [json.dumps(r.path) for r in far.requests if r.method == "DELETE"]
    assert len(deleted) == 2
