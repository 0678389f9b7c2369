"""The gateway against the embedded server, over its socket and over TCP with a token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import LOCAL, Profile
from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import Item, user_message
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer

Json = dict[str, Any]


@pytest.fixture(scope="module", params=["socket", "tcp"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedServer]:
    directory = tmp_path_factory.mktemp(request.param)
    running = EmbeddedServer.start(directory, tcp=request.param == "tcp")
    yield running
    assert running.stop() == ""


@pytest.fixture
async def gateway(server: EmbeddedServer) -> AsyncIterator[Gateway]:
    if server.uds:
        opened = Gateway(LOCAL, uds=server.uds)
    else:
        profile = Profile(name="tcp", base_url=server.base_url, api_key_env="TOKEN")
        opened = Gateway(profile, env={"TOKEN": server.token})
    yield opened
    await opened.close()


async def answered(gateway: Gateway, **body: Any) -> list[Json]:
    """Run a turn and return its events."""
    request = {"model": "demo", "stream": True, **body}
    return [event async for batch in gateway.stream(request) for event in batch]


async def test_a_conversation_lives_from_creation_to_deletion(gateway: Gateway) -> None:
    created = await gateway.create_conversation(metadata={"title": "Kyoto"})
    identifier = created["id"]
    assert (await gateway.conversation(identifier))["metadata"] == {"title": "Kyoto"}
    await gateway.set_metadata(identifier, {"topic": "travel"})
    assert (await gateway.conversation(identifier))["metadata"] == {"topic": "travel"}
    await gateway.delete_conversation(identifier)
    for gone in (gateway.conversation(identifier), gateway.delete_conversation(identifier)):
        with pytest.raises(GatewayError) as told:
            await gone
        assert told.value.trouble is Trouble.NOT_FOUND


async def test_more_items_than_one_request_may_carry_arrive_in_order(gateway: Gateway) -> None:
    items = [user_message(f"message {number}") for number in range(45)]
    identifier = (await gateway.create_conversation(items))["id"]
    page = await gateway.items(identifier, order="asc")
    assert [Item(raw).text for raw in page.data] == [f"message {n}" for n in range(45)]
    assert not page.has_more


async def test_pages_join_without_gap_or_overlap_in_both_orders(gateway: Gateway) -> None:
    items = [user_message(str(number)) for number in range(23)]
    identifier = (await gateway.create_conversation(items))["id"]
    for order, expected in (("asc", range(23)), ("desc", reversed(range(23)))):
        found: list[str] = []
        after, more = "", True
        while more:
            page = await gateway.items(identifier, after=after, limit=5, order=order)
            found += [Item(raw).text for raw in page.data]
            after, more = page.last_id, page.has_more
        assert found == [str(number) for number in expected]


async def test_a_deleted_item_is_gone_and_its_neighbours_stay(gateway: Gateway) -> None:
    identifier = (await gateway.create_conversation([user_message(c) for c in "abc"]))["id"]
    page = await gateway.items(identifier, order="asc")
    await gateway.delete_item(identifier, page.data[1]["id"])
    page = await gateway.items(identifier, order="asc")
    assert [Item(raw).text for raw in page.data] == ["a", "c"]


async def test_a_turn_streams_its_events_in_order_to_a_terminal(gateway: Gateway) -> None:
    identifier = (await gateway.create_conversation())["id"]
    prompt = echo("héllo 日本 👋")
    events = await answered(gateway, conversation=identifier, input=prompt)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    final = events[-1]["response"]
    assert (events[-1]["type"], final["status"]) == ("response.completed", "completed")
    assert "".join(event.get("delta", "") for event in events) == "héllo 日本 👋"
    page = await gateway.items(identifier, order="asc")
    assert [Item(raw).text for raw in page.data] == [prompt, "héllo 日本 👋"]


async def test_a_stored_response_can_be_read_listed_chained_and_deleted(gateway: Gateway) -> None:
    events = await answered(gateway, input=echo("one"))
    first = events[-1]["response"]["id"]
    events = await answered(gateway, input=echo("two"), previous_response_id=first)
    second = events[-1]["response"]["id"]
    assert (await gateway.response(second))["previous_response_id"] == first
    page = await gateway.input_items(second, order="asc")
    assert [Item(raw).text for raw in page.data] == [echo("one"), "one", echo("two")]
    await gateway.delete_response(second)
    with pytest.raises(GatewayError):
        await gateway.response(second)


async def test_a_chain_that_broke_is_told_as_such(gateway: Gateway) -> None:
    with pytest.raises(GatewayError) as told:
        await answered(gateway, input="hi", previous_response_id="resp_gone")
    assert told.value.trouble is Trouble.CHAIN_BROKEN
    assert told.value.nothing_done


async def test_a_conversation_that_is_gone_is_told_as_such(gateway: Gateway) -> None:
    with pytest.raises(GatewayError) as told:
        await answered(gateway, input="hi", conversation="conv_" + "0" * 48)
    assert told.value.trouble is Trouble.NOT_FOUND


async def test_encrypted_reasoning_is_listed_when_it_is_asked_for(gateway: Gateway) -> None:
    identifier = (await gateway.create_conversation())["id"]
    await answered(gateway, conversation=identifier, input="pace 0\nthink 1")
    for include, sealed in (((), False), (("reasoning.encrypted_content",), True)):
        page = await gateway.items(identifier, include=include)
        (thought,) = (raw for raw in page.data if raw["type"] == "reasoning")
        assert bool(thought.get("encrypted_content")) == sealed


async def test_models_are_listed(gateway: Gateway) -> None:
    assert "demo" in await gateway.models()


@pytest.mark.parametrize("server", ["tcp"], indirect=True)
async def test_a_wrong_token_is_told_as_such(server: EmbeddedServer) -> None:
    profile = Profile(name="tcp", base_url=server.base_url, api_key_env="TOKEN")
    gateway = Gateway(profile, env={"TOKEN": "wrong"})
    with pytest.raises(GatewayError) as told:
        await gateway.models()
    assert told.value.trouble is Trouble.AUTH
    await gateway.close()


async def test_a_server_that_is_not_there_is_named_without_its_path() -> None:
    gateway = Gateway(LOCAL, uds=Path("/nowhere/socket"))
    with pytest.raises(GatewayError) as told:
        await gateway.create_conversation()
    assert told.value.sentence == "The embedded server cannot be reached."
    assert told.value.nothing_done
    await gateway.close()


def test_importing_the_gateway_does_not_import_the_sdk() -> None:
    code = (
        "import sys, chat_tui.gateway, chat_tui.controller;"
        "print([name for name in ('openai', 'httpx2', 'keyring', 'anyio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
