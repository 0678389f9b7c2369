"""Titles and metadata that more than one client writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chat_tui.errors import ChatTuiError
from tests.controller.programs import Program
from tests.support.server import EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
async def program(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Program]:
    made = Program(server, tmp_path / "library.db")
    yield made
    await made.end()


async def adopted(program: Program, identifier: str) -> int:
    key = (await program.controller.open(identifier)).key
    await program.settled(key)
    return key


async def test_what_was_added_elsewhere_survives_an_edit_here(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"topic": "travel", "old": "x", "same": "1"})
    key = await adopted(program, made.id)
    elsewhere = {"topic": "travel", "old": "x", "same": "2", "pinned": "yes"}
    client.conversations.update(made.id, metadata=elsewhere)
    view = await program.controller.set_metadata(key, {"topic": "food", "same": "1", "new": "n"})
    expected = {"topic": "food", "same": "2", "pinned": "yes", "new": "n"}
    assert client.conversations.retrieve(made.id).metadata == expected
    assert view.metadata == expected


async def test_a_rename_and_an_edit_at_the_same_time_both_hold(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"topic": "travel"})
    key = await adopted(program, made.id)
    await asyncio.gather(
        program.controller.rename(key, "Kyoto"),
        program.controller.set_metadata(key, {"topic": "travel", "city": "Kyoto"}),
    )
    assert client.conversations.retrieve(made.id).metadata == {
        "topic": "travel",
        "city": "Kyoto",
        "title": "Kyoto",
    }


async def test_a_title_given_on_another_machine_comes_when_it_is_opened(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"title": "Before"})
    key = await adopted(program, made.id)
    await program.controller.new()
    client.conversations.update(made.id, metadata={"title": "After", "topic": "travel"})
    assert (await program.controller.open(key)).title == "Before"
    await program.settled(key)
    view = program.controller.view(key)
    assert (view.title, view.metadata["topic"]) == ("After", "travel")


async def test_a_title_the_server_refused_stays_here(
    program: Program, server: EmbeddedServer
) -> None:
    full = {f"k{number}": "v" for number in range(16)}
    made = server.openai().conversations.create(metadata=full)
    key = await adopted(program, made.id)
    await program.controller.rename(key, "Mine")
    await program.until(program.notices)
    assert "kept here only" in program.notices()[-1]
    await program.controller.new()
    server.openai().conversations.update(made.id, metadata={**full, "k1": "w"})
    await program.controller.open(key)
    await program.settled(key)
    assert program.controller.view(key).title == "Mine"


async def test_what_breaks_the_limits_together_with_other_keys_is_not_sent(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"a": "1"})
    key = await adopted(program, made.id)
    full = {f"k{number}": "v" for number in range(16)}
    client.conversations.update(made.id, metadata=full)
    with pytest.raises(ChatTuiError, match="at most 16 pairs"):
        await program.controller.set_metadata(key, {"a": "1", "b": "2"})
    assert client.conversations.retrieve(made.id).metadata == full
