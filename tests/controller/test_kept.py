"""Turns whose outcome the server must be asked for: stopped, cut, failed, crashed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Chaining
from chat_tui.controller import ItemGrew, ViewChanged
from chat_tui.gateway import GatewayError, Page, Trouble
from chat_tui.items import Place, item_text
from chat_tui.library import PendingTurn
from tests.controller.programs import Program
from tests.support.server import EmbeddedServer

Maker = Callable[[EmbeddedServer], Program]
ONE, TWO = "echo one\npace 0", "echo two\npace 0"


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that keeps nothing of an interrupted turn."""
    running = EmbeddedServer.start(tmp_path_factory.mktemp("forgetful"), interrupted="discard")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that keeps what came of an interrupted turn."""
    running = EmbeddedServer.start(tmp_path_factory.mktemp("keeping"))
    yield running
    running.stop()


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Maker]:
    made: list[Program] = []

    def one(server: EmbeddedServer) -> Program:
        made.append(Program(server, tmp_path / "library.db"))
        return made[-1]

    yield one
    for program in made:
        await program.end()


def listed(server: EmbeddedServer, identifier: str) -> list[str]:
    found = server.openai().conversations.items.list(identifier, order="asc", limit=100).data
    return [item_text(item.to_dict()) for item in found]


async def stop_while_growing(program: Program, key: int) -> None:
    start = len(program.seen)
    await program.controller.send(key, "pace 50\nlong 2000")
    await program.until(lambda: any(isinstance(e, ItemGrew) for e in program.seen[start:]))
    program.controller.interrupt(key)
    await program.settled(key)


async def test_seeds_are_not_taken_for_a_turn_the_server_kept(
    make: Maker, forgetful: EmbeddedServer
) -> None:
    program = make(forgetful)
    controller = program.controller
    key = (await controller.new()).key
    await controller.set_chaining(key, Chaining.RESPONSE)
    await program.say(key, ONE)
    await controller.set_chaining(key, Chaining.CONVERSATION)
    await stop_while_growing(program, key)
    view = controller.view(key)
    assert listed(forgetful, view.conversation_id) == [ONE, "one"]
    assert view.turn is not None
    assert not view.turn.kept
    places = [record.place for record in view.records]
    assert places == [Place.CONVERSATION] * 2 + [Place.STOPPED] * 2
    await program.say(key, TWO)
    assert len(program.texts(key)) == 6
    assert listed(forgetful, view.conversation_id) == program.texts(key)


async def test_a_turn_the_server_kept_unseen_is_not_sent_along_again(
    make: Maker, keeping: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = make(keeping)
    controller = program.controller
    key = (await controller.new()).key
    await program.say(key, ONE)
    identifier = controller.view(key).conversation_id
    endpoint = await controller._endpoints.get(controller.profile)

    async def unreachable(*_: Any, **__: Any) -> Page:
        raise GatewayError(Trouble.UNREACHABLE, "The network is away.")

    with monkeypatch.context() as away:
        away.setattr(endpoint.gateway, "items", unreachable)
        await stop_while_growing(program, key)
    assert [r.place for r in controller.view(key).records[2:]] == [Place.STOPPED] * 2
    assert len(listed(keeping, identifier)) == 4
    await program.say(key, TWO)
    assert len(program.texts(key)) == 6
    assert listed(keeping, identifier) == program.texts(key)
    assert {r.place for r in controller.view(key).records} == {Place.CONVERSATION}


async def test_a_stopped_turn_that_went_along_with_a_cut_one_is_not_shown_twice(
    make: Maker, forgetful: EmbeddedServer
) -> None:
    program = make(forgetful)
    key = (await program.controller.new()).key
    await program.say(key, ONE)
    await stop_while_growing(program, key)
    before = program.controller.view(key).records
    await program.say(key, TWO)
    said = program.texts(key)
    identifier = program.controller.view(key).conversation_id
    # As after a crash in that last turn.
    await program.library.items.replace_from(key, 0, before, complete=True)
    await program.library.journal.write(PendingTurn(key, TWO, "", before[1].item.id, 1.0))
    again = make(forgetful)
    await again.controller.open(key)
    await again.settled(key)
    assert again.texts(key) == said == listed(forgetful, identifier)
    assert {r.place for r in again.controller.view(key).records} == {Place.CONVERSATION}


async def test_what_a_conversation_was_made_from_is_not_shown_twice_after_a_crash(
    make: Maker, forgetful: EmbeddedServer
) -> None:
    program = make(forgetful)
    controller = program.controller
    key = (await controller.new()).key
    await controller.set_chaining(key, Chaining.RESPONSE)
    await program.say(key, ONE)
    await controller.set_chaining(key, Chaining.CONVERSATION)
    await controller.send(key, "stall 30")
    await program.until(lambda: controller.view(key).conversation_id)
    await program.until(
        lambda: any(isinstance(e, ViewChanged) and e.view.conversation_id for e in program.seen)
    )
    again = make(forgetful)
    await again.controller.open(key)
    await again.settled(key)
    assert again.texts(key) == [ONE, "one", "stall 30"]
    assert again.controller.view(key).pending_text == "stall 30"
    controller.interrupt(key)
    await program.settled(key)
