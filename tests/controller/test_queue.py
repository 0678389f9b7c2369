"""Messages sent while an answer comes: in order, kept on interrupt and crash, private ones not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from chat_tui.controller import ItemGrew, QueueChanged
from chat_tui.errors import ChatTuiError
from chat_tui.library import Library
from tests.controller.programs import Program
from tests.support.server import EmbeddedServer

SLOW = "pace 40\nlong 4000"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
async def start(endpoint: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Callable[[], Program]]:
    made: list[Program] = []

    def one() -> Program:
        made.append(Program(endpoint, tmp_path / "library.db"))
        return made[-1]

    yield one
    for program in made:
        await program.end()


async def answering(program: Program, *, store: bool = True) -> int:
    """Return a conversation whose answer comes slowly."""
    key = (await program.controller.new()).key
    if not store:
        await program.controller.set_store(key, store)
    await program.controller.send(key, SLOW)
    await program.until(lambda: any(isinstance(event, ItemGrew) for event in program.seen))
    return key


def waiting(program: Program, key: int) -> list[str]:
    return [queued.text for queued in program.controller.view(key).queued]


async def test_queued_messages_are_sent_in_order_each_after_the_answer_before(
    start: Callable[[], Program],
) -> None:
    program = start()
    key = (await program.controller.new()).key
    await program.controller.send(key, "pace 200\nlong 60")
    for word in ("one", "two", "three"):
        await program.controller.send(key, f"echo {word}")
    assert waiting(program, key) == ["echo one", "echo two", "echo three"]
    await program.until(lambda: not waiting(program, key))
    await program.settled(key)
    assert program.texts(key)[2:] == ["echo one", "one", "echo two", "two", "echo three", "three"]
    assert await program.library.queue.read(key) == []
    told = [event for event in program.seen if isinstance(event, QueueChanged)]
    assert [len(event.queued) for event in told] == [1, 2, 3, 2, 1, 0]


async def test_an_interrupt_keeps_the_queue_until_it_is_let_go(
    start: Callable[[], Program],
) -> None:
    program = start()
    key = await answering(program)
    await program.controller.send(key, "echo later")
    program.controller.interrupt(key)
    await program.settled(key)
    view = program.controller.view(key)
    assert (waiting(program, key), view.queue_waits) == (["echo later"], True)
    await program.say(key, "echo now")
    assert program.texts(key)[-1] == "now"
    assert waiting(program, key) == ["echo later"]
    await program.controller.send_on(key)
    await program.settled(key)
    assert program.texts(key)[-1] == "later"
    with pytest.raises(ChatTuiError, match="Nothing waits"):
        await program.controller.send_on(key)


async def test_a_failed_answer_makes_the_queue_wait(start: Callable[[], Program]) -> None:
    program = start()
    key = (await program.controller.new()).key
    await program.controller.send(key, "stall 0.3\nfail server_error")
    await program.controller.send(key, "echo later")
    await program.settled(key)
    assert (waiting(program, key), program.controller.view(key).queue_waits) == (
        ["echo later"],
        True,
    )


async def test_messages_are_taken_out_one_by_one_and_back_before_the_draft(
    start: Callable[[], Program],
) -> None:
    program = start()
    controller = program.controller
    key = await answering(program)
    for word in ("one", "two", "three"):
        await controller.send(key, word)
    await controller.save_draft(key, "half a thought")
    first, second, _ = controller.view(key).queued
    await controller.remove_queued(key, second.number)
    assert await controller.take_queued(key, first.number) == "one"
    assert waiting(program, key) == ["three"]
    assert await program.library.journal.draft(key) == "one\nhalf a thought"
    with pytest.raises(ChatTuiError, match="not in the queue"):
        await controller.remove_queued(key, second.number)


async def test_after_a_crash_the_queue_is_there_and_sends_nothing_by_itself(
    start: Callable[[], Program], tmp_path: Path
) -> None:
    program = start()
    key = await answering(program)
    await program.controller.send(key, "echo survivor")
    copy = tmp_path / "after-the-crash.db"
    await program.library._db.read(lambda db: db.execute(f"VACUUM INTO '{copy}'"))
    library = Library(copy)
    library.open()
    assert [text for _, text in await library.queue.read(key)] == ["echo survivor"]
    await library.close()
    program.controller.interrupt(key)
    await program.settled(key)

    later = start()
    view = await later.controller.open(key)
    assert [queued.text for queued in view.queued] == ["echo survivor"]
    assert view.queue_waits
    await later.until(lambda: not later.controller._tasks)
    assert waiting(later, key) == ["echo survivor"]
    (summary,) = await later.controller.conversations()
    assert summary.queued
    await later.controller.send_on(key)
    await later.settled(key)
    assert later.texts(key)[-1] == "survivor"
    await program.controller.send_on(key)
    await program.settled(key)
    gone = "Another program has sent or removed that message."
    await program.until(lambda: gone in program.notices())
    assert waiting(program, key) == []


async def test_off_the_record_the_queue_is_in_memory_only_and_never_slips_onto_the_record(
    start: Callable[[], Program], endpoint: EmbeddedServer, tmp_path: Path
) -> None:
    program = start()
    controller = program.controller
    key = await answering(program, store=False)
    await controller.send(key, "echo xylophone")
    assert b"xylophone" not in b"".join(path.read_bytes() for path in tmp_path.glob("library.db*"))
    await controller.set_store(key, True)
    assert controller.view(key).queue_waits
    controller.interrupt(key)
    await program.settled(key)
    assert controller.holds_private
    assert waiting(program, key) == ["echo xylophone"]
    assert b"xylophone" not in endpoint.files()


async def test_going_off_the_record_takes_the_queue_off_the_disk(
    start: Callable[[], Program], tmp_path: Path
) -> None:
    program = start()
    key = await answering(program)
    await program.controller.send(key, "echo marmalade")

    def on_disk() -> bool:
        return b"marmalade" in b"".join(p.read_bytes() for p in tmp_path.glob("library.db*"))

    assert on_disk()
    await program.controller.set_store(key, False)
    assert not on_disk()
    assert waiting(program, key) == ["echo marmalade"]
    program.controller.interrupt(key)
    await program.settled(key)
