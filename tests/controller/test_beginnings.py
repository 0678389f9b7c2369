"""What a program begins with, and two programs on one library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from chat_tui.config import LOCAL, Chaining, Profile, Settings
from chat_tui.controller import Controller, Launch, Notice
from chat_tui.library import Library
from tests.support.server import EmbeddedServer

Program = Callable[[], Controller]


class Local:
    """A LocalServer over a server that the test holds."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server

    async def start(self, profile: Profile) -> Path:
        """Return the socket of the server there is now."""
        assert self.server.uds is not None
        return self.server.uds

    async def stop(self) -> None:
        """Leave it to the test."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
async def program(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Program]:
    """Return a maker of programs that share one library; all are closed at the end."""
    made: list[Controller] = []

    def make() -> Controller:
        library = Library(tmp_path / "library.db")
        library.open()
        controller = Controller(Settings(profile="local"), library, Local(server))
        made.append(controller)
        return controller

    yield make
    for controller in made:
        await controller.close()


async def test_a_first_program_begins_with_a_new_conversation(program: Program) -> None:
    view = await program().launch(Launch())
    assert view.records == ()
    assert view.choices.store
    assert view.choices.model == "demo"


async def test_every_choice_of_a_launch_is_made(program: Program) -> None:
    view = await program().launch(
        Launch(
            new=True,
            model="gpt-5.2",
            instructions="Be brief.",
            store=False,
            chaining=Chaining.RESPONSE,
            compaction=2000,
        )
    )
    choices = view.choices
    assert (choices.model, choices.instructions) == ("gpt-5.2", "Be brief.")
    assert (choices.store, choices.chaining) == (False, Chaining.RESPONSE)
    assert (choices.compaction, choices.window) == (2000, 400_000)


async def test_choices_of_a_launch_are_kept_for_the_conversation_it_names(
    program: Program, server: EmbeddedServer
) -> None:
    made = server.openai().conversations.create(metadata={"title": "Kyoto"})
    first = program()
    await first.launch(Launch(target=made.id, chaining=Chaining.MANUAL))
    await first.close()
    again = program()
    view = await again.launch(Launch(target="kyoto", instructions="Be brief."))
    assert view.conversation_id == made.id
    assert view.choices.chaining is Chaining.MANUAL
    assert view.choices.instructions == "Be brief."
    await again.close()
    last = await program().launch(Launch())
    assert last.conversation_id == made.id


async def test_reading_returns_what_the_server_holds_now(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create()
    controller = program()
    assert (await controller.read(made.id)).records == ()
    client.conversations.items.create(
        made.id, items=[{"type": "message", "role": "user", "content": "from elsewhere"}]
    )
    view = await controller.read(made.id)
    assert [record.item.text for record in view.records] == ["from elsewhere"]


async def test_reading_what_the_server_lost_returns_the_copy_and_says_so(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create(
        items=[{"type": "message", "role": "user", "content": "kept here"}]
    )
    controller = program()
    await controller.read(made.id)
    client.conversations.delete(made.id)
    view = await controller.read(made.id)
    assert [record.item.text for record in view.records] == ["kept here"]
    await controller.close()
    notices = [event async for event in controller.events() if isinstance(event, Notice)]
    assert ["no longer has this conversation" in notice.sentence for notice in notices] == [True]


async def test_a_program_that_ends_leaves_the_empty_conversation_of_another(
    program: Program,
) -> None:
    mine = program()
    view = await mine.new()
    other = program()
    await other.new()
    await other.close()
    await mine.send(view.key, "echo still here\npace 0")
    await mine.close()
    listed = await program().conversations()
    assert [summary.key for summary in listed] == [view.key]


async def test_an_empty_conversation_is_not_the_last_one(program: Program) -> None:
    mine = program()
    kept = await mine.new()
    await mine.rename(kept.key, "Kept")
    await program().new()
    assert (await mine.last()).key == kept.key


async def test_an_off_the_record_conversation_survives_another_new_one(program: Program) -> None:
    controller = program()
    private = await controller.new()
    await controller.set_store(private.key, False)
    await controller.send(private.key, "echo between us\npace 0")
    await controller.new()
    await controller.new()
    view = await controller.open(private.key)
    assert (await controller.set_model(view.key, "demo")).key == private.key


async def test_the_embedded_server_is_asked_for_at_every_use(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    """So that one that died in between is started again."""

    class Counting(Local):
        asked = 0

        async def start(self, profile: Profile) -> Path:
            self.asked += 1
            return await super().start(LOCAL)

    local = Counting(server)
    library = Library(tmp_path / "library.db")
    library.open()
    controller = Controller(Settings(profile="local"), library, local)
    for use in (1, 2):
        assert await controller.models() == ["demo"]
        assert local.asked == use
    await controller.close()
