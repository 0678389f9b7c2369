"""Forks: what they take along, what they say of where they came from, and what a failure leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.controller.mending.branching import PARENT, PARENT_ITEM, lineage, plan_fork
from chat_tui.controller.mending.progress import Progress
from chat_tui.errors import ChatTuiError, NotFound
from chat_tui.gateway import GatewayError
from chat_tui.items import Item, RawItem
from tests.controller.mending.making import answer, call, output, thought, user
from tests.support.asking import given_to, items_of, said_in
from tests.support.client import Client, client
from tests.support.faults import FaultServer, Reply, Request, refusing, replying
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer

# --- what is taken along --------------------------------------------------------------------------

TALK = [user("a"), thought(encrypted_content="x"), call("1"), output("1"), answer("b"), user("c")]


@pytest.mark.parametrize(("at", "count"), [(0, 1), (1, 4), (2, 4), (3, 4), (4, 5), (5, 6)])
def test_a_group_is_taken_whole(at: int, count: int) -> None:
    plan = plan_fork(TALK, TALK[at]["id"])
    assert [raw["type"] for raw in plan.items] == [raw["type"] for raw in TALK[:count]]
    assert all("id" not in raw for raw in plan.items)
    assert plan.at == TALK[count - 1]["id"]
    assert plan.left_out == ()


def test_what_cannot_be_copied_is_told() -> None:
    search = {"id": "ws_1", "type": "web_search_call", "action": {}}
    plan = plan_fork([user("a"), search, thought(), answer("b")])
    assert [Item(raw).text for raw in plan.items] == ["a", "b"]
    assert "1 web search call, 1 reasoning" in plan.effect[1]


def test_what_came_before_a_compaction_is_copied_too() -> None:
    folded = {"id": "cmp_1", "type": "compaction", "encrypted_content": "x"}
    plan = plan_fork([user("a"), answer("b"), folded, user("c")])
    assert [raw["type"] for raw in plan.items] == ["message", "message", "compaction", "message"]


def test_an_item_that_is_not_there() -> None:
    with pytest.raises(NotFound, match="msg_none"):
        plan_fork(TALK, "msg_none")


# --- lineage --------------------------------------------------------------------------------------


def test_lineage_keeps_what_was_there_but_our_own() -> None:
    before = {"topic": "x", "title": "Old", PARENT: "conv_0", PARENT_ITEM: "msg_0"}
    told, missing = lineage(before, parent="conv_1", at="msg_1", title="New")
    assert told == {"topic": "x", "title": "New", PARENT: "conv_1", PARENT_ITEM: "msg_1"}
    assert missing == ()


@pytest.mark.parametrize(
    ("pairs", "missing"),
    [
        (13, ()),
        (14, (PARENT_ITEM,)),
        (15, (PARENT, PARENT_ITEM)),
        (16, ("title", PARENT, PARENT_ITEM)),
    ],
)
def test_lineage_takes_only_the_room_there_is(pairs: int, missing: tuple[str, ...]) -> None:
    before = {f"key {number}": "x" for number in range(pairs)}
    told, lacking = lineage(before, parent="conv_1", at="msg_1", title="x" * 600)
    assert lacking == missing
    assert len(told) <= 16
    assert before.items() <= told.items()
    assert all(len(key) <= 64 and len(value) <= 512 for key, value in told.items())


# --- forks ----------------------------------------------------------------------------------------


async def fork(me: Client, key: int, at: str = "") -> tuple[int, list[Progress]]:
    told: list[Progress] = []
    made = await me.controller.fork(await me.controller.plan_fork(key, at), told.append)
    return made, told


async def test_a_fork_goes_on_from_an_item_and_the_original_stays(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.rename(key, "Trip")
    for text in ("my name is Ada\npace 0", "think 2\npace 0", echo("third")):
        await me.say(key, text)
    original = me.controller.view(key).conversation_id
    before = items_of(server, original)
    made, told = await fork(me, key, before[4]["id"])
    view = await me.open(made)
    assert (told[-1].done, told[-1].total) == (5, 5)
    assert view.title == "Trip (fork)"
    assert said_in(server, view.conversation_id) == said_in(server, original)[:5]
    assert not {raw["id"] for raw in before} & {
        raw["id"] for raw in items_of(server, view.conversation_id)
    }
    metadata = server.http().get(f"/conversations/{view.conversation_id}").json()["metadata"]
    assert metadata == {
        "title": "Trip (fork)",
        PARENT: original,
        PARENT_ITEM: before[4]["id"],
    }
    assert (await me.say(made, "what is my name?\npace 0")).status == "completed"
    assert "Ada" in me.answer(made)
    assert items_of(server, original) == before
    assert [row.title for row in await me.controller.conversations()] == ["Trip (fork)", "Trip"]
    assert await me.library.purges.waiting() == []


async def test_a_fork_of_five_hundred_items_with_tools_and_reasoning(
    me: Client, server: EmbeddedServer
) -> None:
    http = server.http()
    identifier = http.post("/conversations", json={}).json()["id"]
    turn: list[RawItem] = [
        {"role": "user", "content": "look"},
        {"type": "function_call", "call_id": "", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "", "output": "found"},
        {"role": "assistant", "content": "seen"},
    ]
    for number in range(0, 125, 5):
        items = [
            {**raw, **({"call_id": f"call_{turn_number}"} if "call_id" in raw else {})}
            for turn_number in range(number, number + 5)
            for raw in turn
        ]
        http.post(f"/conversations/{identifier}/items", json={"items": items})
    key = (await me.open(identifier)).key
    await me.say(key, "think 3\npace 0")
    made, told = await fork(me, key)
    assert [progress.done for progress in told] == [*range(20, 501, 20), 503]
    view = await me.open(made)
    assert said_in(server, view.conversation_id) == said_in(server, identifier)
    assert (await me.say(made, echo("on"))).status == "completed"


async def test_a_chain_forks_to_the_same_parent(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    reports = [await me.say(key, echo(text)) for text in ("one", "two", "three")]
    second = next(r.item for r in me.records(key) if r.item.text == "two")
    made, told = await fork(me, key, second.id)
    view = await me.open(made)
    assert told == []
    assert view.response_id == reports[1].response_id
    assert me.texts(made) == [echo("one"), "one", echo("two"), "two"]
    report = await me.say(made, echo("other"))
    assert given_to(server, report.response_id)[-2:] == ["two", echo("other")]
    assert (await me.open(key)).response_id == reports[2].response_id
    whole, _ = await fork(me, key)
    assert (await me.open(whole)).response_id == reports[2].response_id
    with pytest.raises(ChatTuiError, match="no item msg_none"):
        await me.controller.plan_fork(key, "msg_none")


async def test_a_conversation_that_is_gone_is_forked_from_the_copy_here(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    gone = me.controller.view(key).conversation_id
    server.http().delete(f"/conversations/{gone}")
    plan = await me.controller.plan_fork(key)
    assert "no longer has the conversation" in plan.effect[0]
    made = await me.controller.fork(plan)
    view = await me.open(made)
    assert said_in(server, view.conversation_id) == [echo("one"), "one"]


async def test_what_no_server_holds_cannot_be_forked(me: Client) -> None:
    with pytest.raises(ChatTuiError, match="nothing of this conversation yet"):
        await me.controller.plan_fork(await me.new())


# --- failures -------------------------------------------------------------------------------------


class Breaking:
    """A server that takes a conversation and its first batch of items, and then refuses."""

    def __init__(self) -> None:
        self.batches = 0
        self.broken = True
        self.items = [f"msg_{number}" for number in range(30)]
        self.copied: list[str] = []
        self.copies = {"conv_2"}

    def __call__(self, request: Request) -> Reply:
        path = request.path.partition("?")[0].removeprefix("/v1")
        if request.method == "POST":
            return self._post(path, request)
        if request.method == "DELETE":
            return self._delete(path)
        if path == "/conversations/conv_2" or path.startswith("/conversations/conv_2/"):
            if not self.copies:
                return refusing(404)
            return self._listed(self.copied) if path.endswith("/items") else self._found(path)
        return self._listed(self.items) if path.endswith("/items") else self._found(path)

    def _post(self, path: str, request: Request) -> Reply:
        if path == "/conversations":
            return replying({"id": "conv_2", "metadata": {}})
        self.batches += 1
        if self.batches > 1:
            return refusing(400, message="Too much.")
        self.copied = [f"msg_copy_{number}" for number in range(len(request.body["items"]))]
        return self._listed(self.copied)

    def _delete(self, path: str) -> Reply:
        if self.broken:
            return refusing(500, message="Down.")
        if "/items/" in path:
            self.copied.remove(path.rpartition("/")[2])
        else:
            self.copies.clear()
        return replying({})

    def _found(self, path: str) -> Reply:
        return replying({"id": path.rpartition("/")[2], "metadata": {}, "created_at": 1})

    def _listed(self, ids: list[str]) -> Reply:
        part = {"type": "input_text", "text": "x"}
        data = [{"id": i, "type": "message", "role": "user", "content": [part]} for i in ids]
        return replying({"data": data, "has_more": False})


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_failure_half_way_leaves_nothing_on_the_server(
    tmp_path: Path, *, at_once: bool
) -> None:
    breaking = Breaking()
    breaking.broken = not at_once
    async with FaultServer(breaking) as far:
        profile = Profile(name="far", base_url=far.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            key = (await me.open("conv_1")).key
            plan = await me.controller.plan_fork(key)
            with pytest.raises(GatewayError, match="Too much"):
                await me.controller.fork(plan)
            assert len(await me.controller.conversations()) == 1
            assert (breaking.copied == []) is at_once
        breaking.broken = False
        async with client(None, tmp_path, profile=profile) as again:
            again.controller.start()
            await again.quiet()
            assert await again.library.purges.waiting() == []
            assert await again.controller.receipts() == []
            assert len(await again.controller.conversations()) == 1
    assert breaking.copied == []
    assert not breaking.copies
