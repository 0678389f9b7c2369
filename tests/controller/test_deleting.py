"""Names and deletion: what the server keeps of it, and what it refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat_tui.config import Chaining, Profile
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound
from chat_tui.gateway import GatewayError
from tests.support.asking import items_of
from tests.support.client import Client, client
from tests.support.faults import FaultServer, refusing, replying
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer


async def said_once(me: Client) -> tuple[int, str]:
    key = await me.new()
    await me.say(key, echo("one"))
    return key, me.controller.view(key).conversation_id


# --- names ----------------------------------------------------------------------------------------


async def test_a_new_name_is_here_and_there_and_other_keys_stay(
    me: Client, server: EmbeddedServer
) -> None:
    key, identifier = await said_once(me)
    http = server.http()
    http.post(f"/conversations/{identifier}", json={"metadata": {"topic": "travel", "title": "x"}})
    await me.controller.rename(key, "  Trip to\nKyoto ")
    assert me.controller.view(key).title == "Trip to Kyoto"
    metadata = http.get(f"/conversations/{identifier}").json()["metadata"]
    assert metadata == {"topic": "travel", "title": "Trip to Kyoto"}
    assert me.controller.view(key).metadata == metadata
    assert [row.title for row in await me.controller.conversations()] == ["Trip to Kyoto"]
    assert me.notices == []


async def test_a_name_given_before_the_first_message_goes_to_the_server_with_it(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.controller.rename(key, "Named first")
    await me.say(key, echo("one"))
    identifier = me.controller.view(key).conversation_id
    metadata = server.http().get(f"/conversations/{identifier}").json()["metadata"]
    assert metadata == {"title": "Named first"}
    assert me.controller.view(key).title == "Named first"


async def test_full_metadata_leaves_no_room_for_a_title_and_the_turn_goes_on(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    full = {f"key {number}": "value" for number in range(16)}
    await me.controller.set_metadata(key, full)
    report = await me.say(key, echo("one"))
    assert report.status == "completed"
    identifier = me.controller.view(key).conversation_id
    assert server.http().get(f"/conversations/{identifier}").json()["metadata"] == full
    assert me.controller.view(key).title == "echo one"


async def test_a_conversation_that_is_not_open_can_be_renamed(
    me: Client, server: EmbeddedServer
) -> None:
    key, identifier = await said_once(me)
    await me.new()
    await me.controller.rename(key, "From the list")
    metadata = server.http().get(f"/conversations/{identifier}").json()["metadata"]
    assert metadata["title"] == "From the list"


@pytest.mark.parametrize("title", ["", "  \n ", "x" * 513])
async def test_a_name_no_server_takes_is_refused(me: Client, title: str) -> None:
    key, _ = await said_once(me)
    with pytest.raises(ChatTuiError) as told:
        await me.controller.rename(key, title)
    assert told.value.exit_code == EXIT_USAGE
    assert me.controller.view(key).title == "echo one"


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({f"k{n}": "v" for n in range(17)}, "at most 16 pairs; these are 17"),
        ({"": "v"}, "must not be empty"),
        ({"k" * 65: "v"}, "at most 64 characters; one has 65"),
        ({"k": "v" * 513}, "at most 512 characters; that of k has 513"),
    ],
)
async def test_metadata_beyond_the_limits_is_not_sent(
    me: Client, server: EmbeddedServer, metadata: dict[str, str], problem: str
) -> None:
    key, identifier = await said_once(me)
    with pytest.raises(ChatTuiError, match=problem):
        await me.controller.set_metadata(key, metadata)
    kept = server.http().get(f"/conversations/{identifier}").json()["metadata"]
    assert kept == {"title": "echo one"} == me.controller.view(key).metadata


@pytest.mark.parametrize(
    "metadata", [{}, {f"k{n}": "v" * 512 for n in range(16)}, {"k" * 64: "日本 [x] \x1b"}]
)
async def test_metadata_within_the_limits_is_what_the_server_holds(
    me: Client, server: EmbeddedServer, metadata: dict[str, str]
) -> None:
    key, identifier = await said_once(me)
    view = await me.controller.set_metadata(key, metadata)
    assert view.metadata == metadata
    assert server.http().get(f"/conversations/{identifier}").json()["metadata"] == metadata


# --- deletion -------------------------------------------------------------------------------------


async def test_deleting_a_conversation_forgets_it_here_and_there(
    me: Client, server: EmbeddedServer
) -> None:
    key, identifier = await said_once(me)
    response_id = me.controller.view(key).response_id
    await me.controller.delete(key, with_items=False)
    assert server.http().get(f"/conversations/{identifier}").status_code == 404
    assert server.http().get(f"/responses/{response_id}").status_code == 200
    assert await me.controller.conversations() == []
    assert b"echo one" not in me.on_disk()
    with pytest.raises(NotFound):
        me.controller.view(key)


async def test_deleting_with_items_leaves_no_text_on_the_server(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    own = EmbeddedServer.start(tmp_path / "own")
    async with client(own, tmp_path / "mine") as me:
        key = await me.new()
        await me.say(key, echo("xylophone"))
        await me.controller.set_chaining(key, Chaining.RESPONSE)
        await me.say(key, echo("xylophone aside"))
        assert b"xylophone" in own.files()
        await me.controller.delete(key, with_items=True)
        assert b"xylophone" not in me.on_disk()
    own.stop()
    assert b"xylophone" not in own.files()


async def test_more_items_than_a_page_are_all_deleted(me: Client, server: EmbeddedServer) -> None:
    http = server.http()
    identifier = http.post("/conversations", json={}).json()["id"]
    for _ in range(12):
        items = [{"role": "user", "content": "x"} for _ in range(10)]
        http.post(f"/conversations/{identifier}/items", json={"items": items})
    ids = [raw["id"] for raw in items_of(server, identifier)]
    key = (await me.open(identifier)).key
    await me.controller.delete(key, with_items=True)
    # An item that still existed would be linked instead of made anew.
    again = http.post("/conversations", json={}).json()["id"]
    for item_id in (ids[0], ids[-1]):
        body = {"items": [{"role": "user", "content": "anew", "id": item_id, "type": "message"}]}
        made = http.post(f"/conversations/{again}/items", json=body).json()["data"][0]
        assert made["content"][0]["text"] == "anew"


async def test_what_others_deleted_already_is_passed_over(
    me: Client, server: EmbeddedServer
) -> None:
    for with_items in (True, False):
        key, identifier = await said_once(me)
        assert server.http().delete(f"/conversations/{identifier}").is_success
        await me.controller.delete(key, with_items=with_items)
    assert await me.controller.conversations() == []


async def test_a_chain_is_deleted_with_its_responses_or_only_here(
    me: Client, server: EmbeddedServer
) -> None:
    for with_items, status in ((False, 200), (True, 404)):
        key = await me.new()
        await me.controller.set_chaining(key, Chaining.RESPONSE)
        reports = [await me.say(key, echo("one")), await me.say(key, echo("two"))]
        await me.controller.delete(key, with_items=with_items)
        for report in reports:
            found = server.http().get(f"/responses/{report.response_id}")
            assert found.status_code == status


async def test_what_never_reached_a_server_is_deleted_without_one(tmp_path: Path) -> None:
    async with client(None, tmp_path) as me:
        key = await me.new()
        await me.controller.save_draft(key, "a draft")
        await me.controller.delete(key, with_items=True)
        assert await me.controller.conversations() == []
        assert b"a draft" not in me.on_disk()


async def test_a_conversation_deleted_while_it_is_refreshed_tells_nothing_odd(me: Client) -> None:
    key, _ = await said_once(me)
    await me.new()
    await me.controller.open(key)
    await me.controller.delete(key, with_items=False)
    await me.quiet()
    assert me.notices == []


# --- refusals -------------------------------------------------------------------------------------

ITEM = {"id": "msg_1", "type": "message", "role": "user", "content": []}
FOUND = replying({"id": "conv_1", "metadata": {}, "created_at": 1})
LISTED = replying({"data": [ITEM], "has_more": False})


@pytest.fixture
async def refused(tmp_path: Path) -> AsyncIterator[tuple[Client, FaultServer, int]]:
    """A conversation on a server that knows how to be opened and then refuses everything."""
    replies = [FOUND, LISTED, LISTED, FOUND, refusing(403, message="Read only.")]
    async with FaultServer(replies) as server:
        profile = Profile(name="far", base_url=server.base_url, model="demo")
        async with client(None, tmp_path, profile=profile) as me:
            key = (await me.open("conv_1")).key
            yield me, server, key


async def test_a_name_the_server_refuses_is_kept_here_with_a_notice(
    refused: tuple[Client, FaultServer, int],
) -> None:
    me, _, key = refused
    await me.controller.rename(key, "Mine only")
    await me.quiet()
    assert me.controller.view(key).title == "Mine only"
    assert me.notices == ["The new title is kept here only. The server refused: Read only."]


async def test_a_deletion_the_server_refuses_forgets_nothing(
    refused: tuple[Client, FaultServer, int],
) -> None:
    me, _, key = refused
    for with_items in (True, False):
        with pytest.raises(GatewayError, match="Read only"):
            await me.controller.delete(key, with_items=with_items)
    assert me.controller.view(key).conversation_id == "conv_1"
    assert [row.key for row in await me.controller.conversations()] == [key]
