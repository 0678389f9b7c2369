"""Purges: everything goes, there and here; what did not is told; what was cut off goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.controller.mending.progress import Progress
from chat_tui.errors import ChatTuiError
from chat_tui.library import Gone, Step, StepKind
from tests.support.client import Client, client
from tests.support.faults import FaultServer, Reply, Request, refusing, replying
from tests.support.prompts import echo, slowly
from tests.support.server import EmbeddedServer


async def test_a_purge_leaves_no_text_there_and_none_here(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    own = EmbeddedServer.start(tmp_path / "own")
    async with client(own, tmp_path / "mine") as me:
        key = await me.new()
        reports = [await me.say(key, echo(f"xylophone {number}")) for number in range(3)]
        await me.controller.set_chaining(key, Chaining.RESPONSE)
        reports.append(await me.say(key, echo("xylophone aside")))
        await me.controller.pin_note(key, me.records(key)[0].item.id, "xylophone note")
        plan = await me.controller.plan_purge(key)
        assert plan.effect[0] == (
            "Deletes for good: 6 items and the conversation, 4 responses on the server, "
            "and the copy here with its drafts and notes."
        )
        assert b"xylophone" in own.files()
        told: list[Progress] = []
        receipt = await me.controller.purge(plan, told.append)
        assert (told[-1].done, told[-1].total) == (11, 11)
        assert receipt.ended_at is not None
        assert receipt.of(Gone.NO, Gone.WAITS) == ()
        gone = {(step.kind, step.id) for step in receipt.of(Gone.YES)}
        assert {(StepKind.RESPONSE, report.response_id) for report in reports} <= gone
        assert (StepKind.CONVERSATION, plan.conversation_id) in gone
        assert await me.controller.conversations() == []
        assert await me.controller.receipts() == [receipt]
        assert b"xylophone" not in me.on_disk()
        assert b"xylophone" not in own.files()
    own.stop()


async def test_what_another_conversation_goes_on_from_stays(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    reports = [await me.say(key, echo(text)) for text in ("one", "two", "three")]
    second = me.records(key)[3].item.id
    other = await me.controller.fork(await me.controller.plan_fork(key, second))
    plan = await me.controller.plan_purge(key)
    assert plan.shared == tuple(report.response_id for report in reports[:2])
    assert plan.responses == (reports[2].response_id,)
    await me.controller.purge(plan)
    assert server.http().get(f"/responses/{reports[2].response_id}").status_code == 404
    await me.open(other)
    assert (await me.say(other, echo("on"))).status == "completed"


async def test_items_of_a_conversation_that_was_gone_already_are_not_confirmed(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    identifier = me.controller.view(key).conversation_id
    server.http().delete(f"/conversations/{identifier}")
    plan = await me.controller.plan_purge(key)
    assert any("out of reach" in sentence for sentence in plan.effect)
    receipt = await me.controller.purge(plan)
    assert [step.kind for step in receipt.of(Gone.NO)] == [StepKind.ITEM] * 2
    assert all("no request reaches it" in step.reason for step in receipt.of(Gone.NO))
    assert await me.controller.conversations() == []


async def test_the_response_of_a_stopped_turn_is_purged_too(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    own = EmbeddedServer.start(tmp_path / "own", interrupted="discard")
    async with client(own, tmp_path / "mine") as me:
        key = await me.new()
        await me.say(key, echo("one"))
        await me.start(key, slowly("two"))
        report = await me.stop(key)
        assert not report.kept
    async with client(own, tmp_path / "mine") as again:
        plan = await again.controller.plan_purge(key)
        assert report.response_id in plan.responses
        receipt = await again.controller.purge(plan)
        assert receipt.of(Gone.NO) == ()
    own.stop()


async def test_an_answer_under_way_is_not_purged(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    plan = await me.controller.plan_purge(key)
    await me.start(key, slowly("two"))
    with pytest.raises(ChatTuiError, match="still coming"):
        await me.controller.purge(plan)
    await me.stop(key)
    assert await me.library.purges.waiting() == []


# --- servers that refuse, or go away --------------------------------------------------------------


class Keeping:
    """A server with one conversation of three items and one response."""

    def __init__(self, **refusals: int) -> None:
        self.refusals = refusals
        self.there = ["msg_1", "msg_2", "msg_3", "conv_1", "resp_1"]
        self.lying = ""

    def __call__(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if request.method == "DELETE":
            if status := self.refusals.get(name):
                return refusing(status, message="Not you.")
            if name not in self.there:
                return refusing(404)
            if name != self.lying:
                self.there.remove(name)
            return replying({})
        if name == "items":
            part = {"type": "input_text", "text": "x"}
            data = [
                {"id": i, "type": "message", "role": "user", "content": [part]}
                for i in self.there
                if i.startswith("msg")
            ]
            return replying({"data": data, "has_more": False})
        if name not in self.there:
            return refusing(404)
        return replying({"id": name, "metadata": {}, "created_at": 1, "status": "completed"})


async def purge_with(tmp_path: Path, keeping: Keeping) -> tuple[list[Step], bool]:
    """Purge and return what is not gone, and whether the copy here stayed."""
    async with FaultServer(keeping) as far:
        profile = Profile(name="far", base_url=far.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            key = (await me.open("conv_1")).key
            await me.library.items.note_response(key, "resp_1")
            receipt = await me.controller.purge(await me.controller.plan_purge(key))
            assert receipt.of(Gone.WAITS) == ()
            return list(receipt.of(Gone.NO)), bool(await me.controller.conversations())


async def test_what_a_server_refuses_is_on_the_receipt_and_the_rest_goes(tmp_path: Path) -> None:
    keeping = Keeping(msg_2=403, resp_1=405)
    kept, stays = await purge_with(tmp_path, keeping)
    assert [(step.id, step.reason) for step in kept] == [
        ("msg_2", "The server refused: Not you."),
        ("resp_1", "The server refused: Not you."),
    ]
    assert keeping.there == ["msg_2", "resp_1"]
    assert not stays


async def test_the_copy_stays_while_the_server_keeps_the_conversation(tmp_path: Path) -> None:
    kept, stays = await purge_with(tmp_path, Keeping(conv_1=403))
    assert [step.id for step in kept] == ["conv_1"]
    assert stays


@pytest.mark.parametrize("lying", ["msg_2", "conv_1", "resp_1"])
async def test_a_deletion_that_did_nothing_is_noticed(tmp_path: Path, lying: str) -> None:
    keeping = Keeping()
    keeping.lying = lying
    kept, _ = await purge_with(tmp_path, keeping)
    assert [(step.id, step.reason) for step in kept] == [
        (lying, "The server confirmed the deletion and shows it still.")
    ]


async def test_a_purge_that_is_cut_off_goes_on_at_the_next_start(tmp_path: Path) -> None:
    keeping = Keeping(msg_2=503)
    async with FaultServer(keeping) as far:
        profile = Profile(name="far", base_url=far.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            key = (await me.open("conv_1")).key
            plan = await me.controller.plan_purge(key)
            with pytest.raises(ChatTuiError, match="goes on at the next start"):
                await me.controller.purge(plan)
            assert "conv_1" in keeping.there
            assert len(await me.controller.conversations()) == 1
        keeping.refusals.clear()
        async with client(None, tmp_path, profile=profile) as again:
            again.controller.start()
            await again.quiet()
            assert "The purge is complete: all 4 are confirmed gone." in again.notices
            assert await again.controller.conversations() == []
    assert keeping.there == ["resp_1"]


async def test_a_purge_of_another_living_program_is_left_to_it(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    identifier = me.controller.view(key).conversation_id
    step = Step(StepKind.CONVERSATION, identifier)
    await me.library.purges.begin("local", identifier, [step], owner=os.getppid(), key=key)
    assert await me.controller.finish_purges() == []
    assert server.http().get(f"/conversations/{identifier}").is_success
