"""What happens at the same time: two sends, a toggle in between, a look at a turn under way."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Chaining
from chat_tui.controller import ItemGrew, RecordsChanged
from chat_tui.errors import ChatTuiError
from chat_tui.items import Kind, Place
from chat_tui.library import PendingTurn
from tests.controller.programs import Program
from tests.support.server import EmbeddedServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
async def make(server: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Callable[[], Program]]:
    made: list[Program] = []

    def one() -> Program:
        made.append(Program(server, tmp_path / "library.db"))
        return made[-1]

    yield one
    for program in made:
        await program.end()


@pytest.fixture
async def program(make: Callable[[], Program]) -> Program:
    return make()


async def test_two_messages_sent_while_the_server_starts_are_two_turns(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    program.local.ready.clear()
    first = asyncio.create_task(controller.send(key, "echo one\npace 0"))
    await asyncio.sleep(0)
    second = asyncio.create_task(controller.send(key, "echo two\npace 0"))
    await asyncio.sleep(0.02)
    program.local.ready.set()
    await first
    await second
    await program.settled(key)
    assert program.texts(key) == ["echo one\npace 0", "one", "echo two\npace 0", "two"]


async def test_what_is_sent_off_the_record_stays_so_whatever_is_toggled_meanwhile(
    program: Program, server: EmbeddedServer
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.set_store(key, False)
    program.local.ready.clear()
    sending = asyncio.create_task(controller.send(key, "echo xylophone\npace 0"))
    await asyncio.sleep(0.02)
    await controller.set_store(key, True)
    program.local.ready.set()
    await sending
    await program.settled(key)
    assert [r.place for r in controller.view(key).records] == [Place.PRIVATE] * 2
    assert b"xylophone" not in server.files()


async def test_a_turn_is_stopped_before_it_began(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    program.local.ready.clear()
    sending = asyncio.create_task(controller.send(key, "echo one\npace 0"))
    await asyncio.sleep(0.02)
    assert controller.interrupt(key)
    program.local.ready.set()
    await sending
    await program.settled(key)
    view = controller.view(key)
    assert view.turn is not None
    assert (view.turn.status, view.turn.unsent) == ("stopped", True)
    assert view.pending_text == "echo one\npace 0"
    assert not view.conversation_id


async def test_a_message_that_waits_for_the_server_survives_a_crash(
    program: Program, make: Callable[[], Program]
) -> None:
    key = (await program.controller.new()).key
    program.local.ready.clear()
    sending = asyncio.create_task(program.controller.send(key, "not to be lost"))
    await asyncio.sleep(0.05)
    assert (await make().controller.open(key)).pending_text == "not to be lost"
    program.local.ready.set()
    await sending


async def test_what_cannot_be_written_down_does_not_block_the_conversation(
    program: Program, make: Callable[[], Program]
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await make().library.index.forget(key)
    with pytest.raises(ChatTuiError):
        await controller.send(key, "hello")
    assert not controller.view(key).running


async def test_a_running_answer_is_whole_when_one_comes_back_to_it(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.send(key, "pace 60\nlong 2000")
    await program.until(lambda: sum(isinstance(e, ItemGrew) for e in program.seen) > 5)
    await controller.new()
    for _ in range(5):
        await asyncio.sleep(0.05)
    await controller.open(key)
    start = len(program.seen)
    await program.until(lambda: any(isinstance(e, ItemGrew) for e in program.seen[start:]))
    shown: dict[int, str] = {}
    for event in program.seen:
        if isinstance(event, RecordsChanged) and event.view.key == key:
            shown = {r.ref: r.item.text for r in event.view.records}
        elif isinstance(event, ItemGrew) and event.ref in shown:
            shown[event.ref] += event.text
    controller.interrupt(key)
    await program.settled(key)
    answer = controller.view(key).records[-1]
    assert answer.item.kind is Kind.ASSISTANT
    assert shown[answer.ref]
    assert answer.item.text.startswith(shown[answer.ref])


async def test_only_one_look_at_a_time_finds_out_about_a_cut_turn(
    program: Program, make: Callable[[], Program], server: EmbeddedServer
) -> None:
    key = (await program.controller.new()).key
    await program.controller.set_chaining(key, Chaining.RESPONSE)
    await program.say(key, "echo one\npace 0")
    await program.say(key, "echo two\npace 0")
    row = await program.library.index.row(key)
    assert row is not None
    # As after a crash: the second turn is on the server, and here only its journal.
    kept = program.controller.view(key).records[:2]
    await program.library.items.replace_from(key, 0, kept, complete=True)
    await program.library.journal.write(
        PendingTurn(key, "echo two\npace 0", row.response_id, "", 1.0)
    )
    again = make()
    again.local.ready.clear()
    await again.controller.open(key)
    await again.controller.open(key)
    await asyncio.sleep(0.02)
    again.local.ready.set()
    await again.settled(key)
    assert again.texts(key) == ["echo one\npace 0", "one", "echo two\npace 0", "two"]


async def test_resending_asks_first_what_the_server_kept(
    program: Program, make: Callable[[], Program], server: EmbeddedServer
) -> None:
    key = (await program.controller.new()).key
    await program.say(key, "echo one\npace 0")
    view = program.controller.view(key)
    after = view.records[-1].item.id
    await program.say(key, "echo two\npace 0")
    await program.library.items.replace_from(key, 0, view.records, complete=True)
    await program.library.journal.write(PendingTurn(key, "echo two\npace 0", "", after, 1.0))
    again = make()
    again.local.ready.clear()
    await again.controller.open(key)
    resending = asyncio.create_task(again.controller.resend(key))
    await asyncio.sleep(0.02)
    again.local.ready.set()
    with pytest.raises(ChatTuiError):
        await resending
    await again.settled(key)
    said = ["echo one\npace 0", "one", "echo two\npace 0", "two"]
    assert again.texts(key) == said
    listed = server.openai().conversations.items.list(view.conversation_id, order="asc").data
    assert len(listed) == len(said)


async def test_a_draft_saved_while_going_off_the_record_is_not_written(
    program: Program, tmp_path: Path
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.save_draft(key, "xylophone 1")
    going = asyncio.create_task(controller.set_store(key, False))
    saving = asyncio.create_task(controller.save_draft(key, "xylophone 2"))
    await asyncio.gather(going, saving)
    assert controller.view(key).draft == "xylophone 2"
    assert b"xylophone" not in b"".join(p.read_bytes() for p in tmp_path.iterdir())


async def test_a_draft_off_the_record_waits_while_another_conversation_is_open(
    program: Program,
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.rename(key, "Kept")
    await controller.set_store(key, False)
    await controller.save_draft(key, "half a thought")
    await controller.new()
    assert (await controller.open(key)).draft == "half a thought"


async def test_a_new_conversation_with_a_draft_stays_in_the_list(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.save_draft(key, "half a thought")
    await controller.new()
    assert key in [row.key for row in await controller.conversations()]


async def test_reasoning_goes_along_off_the_record_also_when_all_is_loaded(
    program: Program,
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await program.say(key, "think 1\npace 0")
    await controller.set_store(key, False)
    await program.say(key, "count\npace 0")
    kinds = [record.item.kind for record in controller.view(key).records]
    assert kinds[:2] == [Kind.USER, Kind.REASONING]
    assert controller.view(key).records[1].raw.get("encrypted_content")
    turn = controller.view(key).turn
    assert turn is not None
    assert len(turn.plan.carries) == 3


async def test_older_records_asked_for_twice_come_once(
    program: Program, server: EmbeddedServer
) -> None:
    client = server.openai()
    made = client.conversations.create()
    said = [str(number) for number in range(240)]
    for start in range(0, len(said), 20):
        items: list[Any] = [{"role": "user", "content": text} for text in said[start : start + 20]]
        client.conversations.items.create(made.id, items=items)
    key = (await program.controller.open(made.id)).key
    await program.settled(key)
    await asyncio.gather(*(program.controller.load_older(key) for _ in range(3)))
    assert program.texts(key) == said


async def test_a_response_of_an_open_conversation_opens_what_is_open(
    program: Program, server: EmbeddedServer
) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await program.say(key, "echo one\npace 0")
    await controller.set_store(key, False)
    await program.say(key, "echo xylophone\npace 0")
    identifier = controller.view(key).conversation_id
    other = server.openai().responses.create(
        model="demo", conversation=identifier, input="echo elsewhere\npace 0"
    )
    assert (await controller.open(other.id)).key == key
    await program.settled(key)
    assert "xylophone" in program.texts(key)
    assert "elsewhere" in program.texts(key)


async def test_text_off_the_record_is_not_lost_without_a_word(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.set_store(key, False)
    assert not controller.holds_private
    await controller.save_draft(key, "half a thought")
    assert controller.holds_private


async def test_a_draft_can_be_saved_for_a_conversation_that_was_left(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await controller.rename(key, "Kept")
    await controller.new()
    await controller.save_draft(key, "typed on")
    assert (await controller.open(key)).draft == "typed on"
    await controller.delete(key, with_items=False)
    await controller.save_draft(key, "too late")


async def test_what_another_window_said_meanwhile_is_shown_in_its_place(
    make: Callable[[], Program],
) -> None:
    one, other = make(), make()
    key = (await one.controller.new()).key
    await one.say(key, "echo first")
    await other.controller.open(key)
    await other.settled(key)
    await other.say(key, "echo from the other")
    await one.say(key, "echo from here")
    expected = ["echo first", "first", "echo from the other", "from the other"]
    expected += ["echo from here", "from here"]
    assert one.texts(key) == expected
    await other.say(key, "echo last")
    assert other.texts(key) == [*expected, "echo last", "last"]


async def test_a_conversation_deleted_elsewhere_is_said_to_be_gone(
    make: Callable[[], Program],
) -> None:
    one, other = make(), make()
    key = (await one.controller.new()).key
    await one.say(key, "echo first")
    await other.controller.open(key)
    await other.settled(key)
    await one.controller.delete(key, with_items=False)
    with pytest.raises(ChatTuiError, match="no longer in the library"):
        await other.controller.send(key, "echo second")


async def test_a_message_that_another_window_settled_is_not_sent_again(
    make: Callable[[], Program], server: EmbeddedServer
) -> None:
    one, other = make(), make()
    key = (await one.controller.new()).key
    await one.say(key, "echo first")
    await one.controller.send(key, "pace 60\nlong 40")
    await other.controller.open(key)
    await other.settled(key)
    assert other.controller.view(key).pending_text
    await one.settled(key)
    await other.controller.resend(key)
    await other.settled(key)
    assert other.texts(key) == one.texts(key)
    identifier = one.controller.view(key).conversation_id
    assert len(server.openai().conversations.items.list(identifier).data) == 4


async def test_a_message_another_living_program_waits_for_is_left_to_it(
    program: Program, make: Callable[[], Program]
) -> None:
    key = (await program.controller.new()).key
    await program.say(key, "echo first")
    living = await asyncio.create_subprocess_exec("cat", stdin=subprocess.PIPE)
    turn = PendingTurn(key, "echo second", "", "", 1.0, living.pid)
    await program.library.journal.write(turn)
    other = make()
    await other.controller.open(key)
    await other.settled(key)
    await other.until(other.notices)
    assert "Another chat-tui is waiting" in other.notices()[-1]
    for command in (other.controller.resend, other.controller.take_back):
        with pytest.raises(ChatTuiError, match="Another chat-tui is waiting"):
            await command(key)
    await living.communicate(b"")
    assert await other.controller.take_back(key) == "echo second"


async def test_a_message_that_stays_unsent_may_be_resent_by_any_program(program: Program) -> None:
    controller = program.controller
    key = (await controller.new()).key
    await program.say(key, "fail server_error")
    pending = await program.library.journal.pending(key)
    assert pending is not None
    assert pending.owner == 0
