"""Moving conversations between real servers: what arrives works, what cannot is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.controller import NotMoved
from chat_tui.errors import ChatTuiError, NotFound
from chat_tui.gateway.wire import read_json
from chat_tui.items import Place, Record, user_message
from chat_tui.moving import Document, Facts, read_document
from chat_tui.moving.rendering import render
from tests.support.asking import items_of, said_in
from tests.support.client import Client, client
from tests.support.faults import FaultServer, Reply, Request, refusing, replying
from tests.support.prompts import echo
from tests.support.server import TOKEN, EmbeddedServer

Json = dict[str, Any]


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The server of another machine, with a key of its own for what it encrypts."""
    running = EmbeddedServer.start(tmp_path_factory.mktemp("second"))
    yield running
    assert running.stop() == ""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that is reached by its address."""
    running = EmbeddedServer.start(tmp_path_factory.mktemp("other"), tcp=True)
    yield running
    assert running.stop() == ""


def far(other: EmbeddedServer, name: str = "far") -> Profile:
    return Profile(name=name, base_url=other.base_url, api_key_env="KEY", model="demo")


@pytest.fixture
async def both(
    server: EmbeddedServer, other: EmbeddedServer, tmp_path: Path
) -> AsyncIterator[Client]:
    """A person whose profile is the module's server, with another profile for the second one."""
    async with client(server, tmp_path / "both", profile=far(other), env={"KEY": TOKEN}) as opened:
        opened.controller.profile = opened.controller.settings.choose_profile("local")
        yield opened


def turn(number: int) -> list[Json]:
    """Return five items of one turn: thought, called, answered."""
    call = f"call_{number}"
    return [
        {"role": "user", "content": f"question {number}"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": f"thought {number}"}]},
        {
            "type": "function_call",
            "call_id": call,
            "name": "look",
            "arguments": json.dumps({"n": number}),
        },
        {"type": "function_call_output", "call_id": call, "output": f"[{number}]"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": f"answer {number} 日本",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://example.org/",
                            "title": "t",
                            "start_index": 0,
                            "end_index": 6,
                        }
                    ],
                }
            ],
        },
    ]


def made_on(server: EmbeddedServer, turns: int, **metadata: str) -> str:
    """Make a conversation of ``turns`` turns on a server and return its id."""
    http = server.http()
    identifier: str = http.post("/conversations", json={"metadata": metadata}).json()["id"]
    items = [item for number in range(turns) for item in turn(number)]
    for start in range(0, len(items), 20):
        body = {"items": items[start : start + 20]}
        assert http.post(f"/conversations/{identifier}/items", json=body).is_success
    return identifier


def written(document: Document) -> Document:
    """Return a document as it comes back from its file."""
    return read_document(read_json(render(document, "json", "tests").encode()))


def bare(document: Document, *, sealed: bool = True) -> list[Json]:
    """Return the items without their ids, and unless ``sealed`` without what is encrypted.

    That an item is completed is what servers say of most by themselves, and of some not.
    """
    left = {"id"} if sealed else {"id", "encrypted_content"}
    return [
        {k: v for k, v in r.raw.items() if k not in left and (k, v) != ("status", "completed")}
        for r in document.records
    ]


def told(document: Document) -> Facts:
    """Return the facts without ids and places."""
    metadata = {k: v for k, v in document.facts.metadata.items() if k != "imported_from"}
    return replace(
        document.facts, conversation_id="", response_id="", endpoint="", metadata=metadata
    )


# --- 500 items ------------------------------------------------------------------------------------


async def test_500_items_come_back_whole_to_their_own_server(
    me: Client, server: EmbeddedServer
) -> None:
    identifier = made_on(server, 100, title="Long", topic="x")
    document = written(await me.controller.export(identifier))
    assert (document.source, document.complete, len(document.records)) == ("server", True, 500)
    steps: list[tuple[int, int]] = []
    moved = await me.controller.import_document(
        document, progress=lambda done, total: steps.append((done, total))
    )
    assert (moved.items, moved.left) == (500, ())
    assert steps == [(n, 500) for n in range(20, 501, 20)]
    assert moved.conversation_id != identifier
    again = written(await me.controller.export(moved.key))
    assert bare(again) == bare(document)
    assert told(again) == told(document)
    assert again.facts.metadata["imported_from"] == identifier
    assert not {r.item.id for r in again.records} & {r.item.id for r in document.records}
    await me.open(moved.key)
    assert (await me.say(moved.key, echo("after"))).status == "completed"
    assert len(items_of(server, moved.conversation_id)) == 502
    assert len(items_of(server, identifier)) == 500


async def test_500_items_move_to_the_server_of_another_machine(
    me: Client, server: EmbeddedServer, second: EmbeddedServer, tmp_path: Path
) -> None:
    identifier = made_on(server, 100)
    document = written(await me.controller.export(identifier))
    async with client(second, tmp_path / "there") as there:
        moved = await there.controller.import_document(document)
        assert moved.items == 500
        assert [(left.what.split(",")[0], left.count) for left in moved.left] == [
            ("encrypted form of reasoning", 100)
        ]
        again = await there.controller.export(moved.key)
        assert bare(again, sealed=False) == bare(document, sealed=False)
        await there.open(moved.key)
        for chaining in (Chaining.CONVERSATION, Chaining.MANUAL):
            await there.controller.set_chaining(moved.key, chaining)
            assert (await there.say(moved.key, echo("after"))).status == "completed"
            assert there.answer(moved.key) == "after"


async def test_500_items_are_copied_to_another_profile_without_foreign_reasoning(
    both: Client, server: EmbeddedServer, other: EmbeddedServer
) -> None:
    identifier = made_on(server, 100, title="To go")
    moved = await both.controller.copy(identifier, "far")
    assert (moved.profile, moved.title, moved.items) == ("far", "To go", 400)
    assert [left.count for left in moved.left] == [100]
    assert "reasoning" in moved.left[0].what
    here = [raw["type"] for raw in items_of(server, identifier) if raw["type"] != "reasoning"]
    assert [raw["type"] for raw in items_of(other, moved.conversation_id)] == here
    view = await both.open(moved.key)
    assert view.profile == "far"
    assert (await both.say(moved.key, echo("after"))).status == "completed"
    assert said_in(other, moved.conversation_id)[-1] == "after"


# --- what was really said -------------------------------------------------------------------------


async def test_a_spoken_conversation_keeps_times_models_and_usage(me: Client) -> None:
    key = await me.new()
    await me.say(key, "think 2\npace 0")
    await me.say(key, echo("two"))
    await me.controller.rename(key, "Spoken")
    document = written(await me.controller.export(key))
    assert document.facts.title == "Spoken"
    assert document.facts.usage["total_tokens"] > 0
    assert all(record.at for record in document.records)
    assert {r.model for r in document.records if r.item.role != "user"} == {"demo"}
    assert [answer.model for answer in document.responses] == ["demo", "demo"]
    assert all(answer.usage["total_tokens"] for answer in document.responses)
    sealed = [r for r in document.records if r.item.type == "reasoning"]
    assert sealed
    assert all(record.raw["encrypted_content"] for record in sealed)
    moved = await me.controller.import_document(document)
    again = await me.controller.export(moved.key)
    assert bare(again) == bare(document)
    assert [(r.at, r.model) for r in again.records if r.item.role != "user"] == [
        (r.at, r.model) for r in document.records if r.item.role != "user"
    ]
    assert told(again) == told(document)


async def test_an_export_leaves_what_is_open_open_and_lets_the_rest_go(me: Client) -> None:
    first, second = await me.new(), 0
    await me.say(first, echo("one"))
    second = await me.new()
    await me.say(second, echo("two"))
    await me.controller.export(first)
    assert me.controller.view(second).title == "echo two"
    with pytest.raises(NotFound):
        me.controller.view(first)


async def test_a_chain_becomes_a_conversation(me: Client, server: EmbeddedServer) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    await me.say(key, "think 1\npace 0")
    await me.say(key, echo("two"))
    document = written(await me.controller.export(key))
    assert document.source == "server"
    assert {record.place for record in document.records} == {Place.CHAIN}
    moved = await me.controller.import_document(document)
    assert moved.items == len(document.records) == 5
    await me.open(moved.key)
    assert me.controller.view(moved.key).choices.chaining is Chaining.CONVERSATION
    assert (await me.say(moved.key, echo("three"))).status == "completed"
    assert len(items_of(server, moved.conversation_id)) == 7


async def test_a_chain_known_by_its_response_only_is_read_from_the_server(
    me: Client, server: EmbeddedServer, tmp_path: Path
) -> None:
    key = await me.new()
    await me.controller.set_chaining(key, Chaining.RESPONSE)
    report = await me.say(key, echo("one"))
    async with client(server, tmp_path / "elsewhere") as elsewhere:
        document = await elsewhere.controller.export(report.response_id)
    assert [record.item.text for record in document.records] == [echo("one"), "one"]


async def test_what_was_said_off_the_record_is_exported_only_when_asked(me: Client) -> None:
    key = await me.new()
    await me.say(key, echo("open"))
    await me.controller.set_store(key, False)
    await me.say(key, echo("whispered"))
    assert "whispered" not in render(await me.controller.export(key), "json", "tests")
    document = await me.controller.export(key, private=True)
    assert [r.place for r in document.records][2:] == [Place.PRIVATE, Place.PRIVATE]
    moved = await me.controller.import_document(document)
    assert moved.items == 2
    assert [(left.what, left.count) for left in moved.left] == [
        ("items outside of the conversation (off the record)", 2)
    ]
    assert b"whispered" not in me.on_disk()


async def test_without_its_server_the_copy_here_is_exported_with_a_word_about_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "own").mkdir()
    own = EmbeddedServer.start(tmp_path / "own", tcp=True)
    async with client(None, tmp_path / "mine", profile=far(own), env={"KEY": TOKEN}) as me:
        key = await me.new()
        await me.say(key, echo("one"))
        own.stop()
        document = await me.controller.export(key)
        assert (document.source, document.complete) == ("cache", True)
        assert [record.item.text for record in document.records] == [echo("one"), "one"]
        assert document.notes[0].startswith("The server could not be asked, so this is the copy")
        with pytest.raises(ChatTuiError, match="could not be asked"):
            await me.controller.copy(key, "local")


# --- failures -------------------------------------------------------------------------------------


class Picky:
    """A server that makes conversations and refuses or breaks at a chosen batch."""

    def __init__(self, at: int, failure: Reply) -> None:
        self.at, self.failure = at, failure
        self.items: list[Json] = []
        self.conversations: set[str] = set()
        self.batches = 0

    def __call__(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        if request.method == "DELETE":
            *_, name = path.split("/")
            self.conversations.discard(name)
            self.items = [raw for raw in self.items if raw["id"] != name]
            return replying({"deleted": True})
        if request.method == "GET" and path.endswith("/items"):
            return replying({"data": self.items, "has_more": False})
        if request.method == "GET":
            return refusing(404)
        if path.endswith("/conversations"):
            self.conversations.add("conv_new")
            return replying({"id": "conv_new", "metadata": {}, "created_at": 1})
        self.batches += 1
        if self.batches == self.at:
            return self.failure
        start = len(self.items)
        sent = request.body["items"]
        self.items += [{**raw, "id": f"msg_{start + n}"} for n, raw in enumerate(sent)]
        return replying({"data": [], "has_more": False})


def plain(count: int) -> Document:
    records = tuple(Record(user_message(f"message {n}")) for n in range(count))
    return Document(Facts(title="Plain"), records)


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_what_a_server_refuses_midway_is_deleted_again(tmp_path: Path, at: int) -> None:
    picky = Picky(at, refusing(400, message="No more."))
    async with FaultServer(picky) as server:
        profile = Profile(name="far", base_url=server.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            with pytest.raises(NotMoved, match=r"No more\. What was sent until then is deleted"):
                await me.controller.import_document(plain(50))
            assert (picky.items, picky.conversations) == ([], set())
            assert await me.controller.conversations() == []


async def test_an_import_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    picky = Picky(2, refusing(400))
    stuck = asyncio.Event()

    async def waiting(writer: asyncio.StreamWriter) -> None:
        stuck.set()
        await asyncio.Event().wait()

    picky.failure = waiting
    async with FaultServer(picky) as server:
        profile = Profile(name="far", base_url=server.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            work = asyncio.create_task(me.controller.import_document(plain(50)))
            await stuck.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            assert (picky.items, picky.conversations) == ([], set())


async def test_a_server_without_conversations_says_so(tmp_path: Path) -> None:
    async with FaultServer([refusing(405)]) as server:
        profile = Profile(name="far", base_url=server.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            with pytest.raises(NotMoved, match=r"keeps no conversations\. Nothing was made there"):
                await me.controller.import_document(plain(1))


async def test_what_another_account_encrypted_is_left_behind_on_the_second_try(
    tmp_path: Path,
) -> None:
    picky = Picky(1, refusing(400, code="invalid_encrypted_content"))
    async with FaultServer(picky) as server:
        profile = Profile(name="far", base_url=server.base_url, model="demo")
        sealed = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
        answer = {"type": "message", "role": "assistant", "content": "yes"}
        document = Document(
            Facts(title="Sealed", endpoint=server.base_url), (Record(sealed), Record(answer))
        )
        async with client(None, tmp_path, profile=profile) as me:
            moved = await me.controller.import_document(document)
        assert moved.items == 1
        assert "only the server that encrypted it" in moved.left[0].what
        assert [raw["type"] for raw in picky.items] == ["message"]


async def test_metadata_that_has_no_room_is_told(me: Client, server: EmbeddedServer) -> None:
    full = {f"key {n}": "v" for n in range(16)}
    document = replace(plain(1), facts=Facts(title="Full", conversation_id="conv_1", metadata=full))
    document = replace(
        document, records=tuple(replace(r, place=Place.CONVERSATION) for r in document.records)
    )
    moved = await me.controller.import_document(document)
    assert [left.count for left in moved.left] == [1]
    kept = server.http().get(f"/conversations/{moved.conversation_id}").json()["metadata"]
    assert kept["imported_from"] == "conv_1"
    assert len(kept) == 16
