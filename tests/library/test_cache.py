"""Cached items, drafts and the journal: in order, in windows, and gone when they are to be gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Place, Record
from chat_tui.library import KEPT_PLACES, Library, PendingTurn, Window
from tests.library.making import files, record, row, texts

SECRET = "a-secret-nobody-may-find"


async def made(library: Library) -> int:
    return (await library.index.create(row(title="x"))).key


async def windows(library: Library, key: int, limit: int) -> list[Window]:
    """Every window from the newest to the oldest."""
    found = [await library.items.window(key, limit=limit)]
    while not found[-1].reaches_start:
        found.append(await library.items.window(key, before=found[-1].first_rank, limit=limit))
    return found


async def test_what_is_cached_comes_back_whole(library: Library) -> None:
    key = await made(library)
    raw = {"type": "hologram", "id": "h_1", "deep": [{"n": None, "text": "日本 😀"}]}
    given_record = Record(raw, Place.CHAIN, at=12.5, response_id="resp_1", model="demo")
    await library.items.append(key, [given_record])
    (back,) = (await library.items.window(key)).records
    assert (back.raw, back.place, back.at) == (raw, Place.CHAIN, 12.5)
    assert (back.response_id, back.model) == ("resp_1", "demo")
    assert back.ref != given_record.ref


async def test_windows_go_back_to_the_start_without_gap_or_overlap(library: Library) -> None:
    key = await made(library)
    await library.items.append(key, [record(str(number)) for number in range(10)])
    found = await windows(library, key, 4)
    assert [texts(window.records) for window in found] == [
        ["6", "7", "8", "9"],
        ["2", "3", "4", "5"],
        ["0", "1"],
    ]
    assert [window.first_rank for window in found] == [6, 2, 0]


async def test_an_empty_cache_is_one_empty_window(library: Library) -> None:
    key = await made(library)
    assert await library.items.window(key) == Window((), 0, reaches_start=True)


async def test_older_items_go_before_the_oldest(library: Library) -> None:
    key = await made(library)
    await library.items.append(key, [record("3"), record("4")])
    first = await library.items.prepend(key, [record("1"), record("2")], complete=False)
    assert first == -2
    assert texts((await library.items.window(key)).records) == ["1", "2", "3", "4"]
    assert await library.items.prepend(key, [record("0")], complete=True) == -3
    found = await library.index.row(key)
    assert found is not None
    assert found.complete
    assert texts((await library.items.window(key, before=-1)).records) == ["0", "1"]


async def test_the_newest_can_be_replaced_and_the_older_stay(library: Library) -> None:
    key = await made(library)
    await library.items.append(key, [record(c) for c in "abcd"])
    await library.items.replace_from(key, 2, [record("C")])
    assert texts((await library.items.window(key)).records) == ["a", "b", "C"]
    await library.items.append(key, [record("D")])
    assert [window.first_rank for window in await windows(library, key, 1)] == [3, 2, 1, 0]


async def test_everything_can_be_replaced(library: Library) -> None:
    key = await made(library)
    await library.items.append(key, [record(c) for c in "abcd"])
    await library.items.replace_from(key, 0, [record("Z")], complete=False)
    assert texts((await library.items.window(key)).records) == ["Z"]
    found = await library.index.row(key)
    assert found is not None
    assert not found.complete


async def test_conversations_do_not_mix(library: Library) -> None:
    one, two = await made(library), await made(library)
    await library.items.append(one, [record("one")])
    await library.items.append(two, [record("two")])
    await library.items.replace_from(one, 0, [], complete=True)
    assert texts((await library.items.window(two)).records) == ["two"]


@given(st.lists(st.tuples(st.sampled_from("ap"), st.integers(0, 3)), max_size=8), st.integers(1, 5))
def test_any_growing_at_both_ends_keeps_the_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], limit: int
) -> None:
    async def grow() -> None:
        library = Library(tmp_path_factory.mktemp("grow") / "library.db")
        library.open()
        key = await made(library)
        expected: list[str] = []
        for number, (end, count) in enumerate(steps):
            names = [f"{number}.{index}" for index in range(count)]
            records = [record(name) for name in names]
            if end == "a":
                await library.items.append(key, records)
                expected = expected + names
            else:
                await library.items.prepend(key, records, complete=False)
                expected = names + expected
        found = await windows(library, key, limit)
        assert [text for window in found[::-1] for text in texts(window.records)] == expected
        await library.close()

    asyncio.run(grow())


# --- a turn ---------------------------------------------------------------------------------------


async def test_a_turn_ends_in_one_step(library: Library) -> None:
    key = await made(library)
    await library.items.append(key, [record("before"), record("stopped", Place.STOPPED)])
    await library.journal.write(PendingTurn(key, "question", "", "", 1.0))
    turn = [record("stopped"), record("question"), record("answer")]
    changed = await library.end_turn(
        key, turn, replaces_from=1, response_id="resp_1", usage={"total_tokens": 3}
    )
    assert (changed.usage, changed.pending) == ({"total_tokens": 3}, False)
    found = (await library.items.window(key)).records
    assert texts(found) == ["before", "stopped", "question", "answer"]
    assert {item.place for item in found} == {Place.CONVERSATION}
    assert await library.items.responses(key) == ["resp_1"]
    assert await library.journal.pending(key) is None


async def test_responses_are_known_in_the_order_they_were_made(library: Library) -> None:
    key = await made(library)
    for name in ("resp_b", "resp_a", "resp_b"):
        await library.items.note_response(key, name)
    assert await library.items.responses(key) == ["resp_b", "resp_a"]


async def test_a_draft_becomes_a_pending_turn_and_then_nothing(library: Library) -> None:
    key = await made(library)
    await library.journal.save_draft(key, "first")
    await library.journal.save_draft(key, "second\nline 日本")
    assert await library.journal.draft(key) == "second\nline 日本"
    await library.journal.write(PendingTurn(key, "sent", "", "msg_9", 7.0))
    assert await library.journal.draft(key) == ""
    await library.journal.note_response(key, "resp_1")
    assert await library.journal.pending(key) == PendingTurn(key, "sent", "resp_1", "msg_9", 7.0)
    await library.journal.clear(key)
    assert await library.journal.pending(key) is None


# --- privacy --------------------------------------------------------------------------------------


def test_only_these_places_may_be_on_disk() -> None:
    assert set(Place) - set(KEPT_PLACES) == {Place.PRIVATE, Place.PENDING}


async def test_private_and_pending_records_never_reach_the_disk(library: Library) -> None:
    key = await made(library)
    hidden = [record(SECRET, Place.PRIVATE), record(SECRET, Place.PENDING)]
    await library.items.append(key, [record("a"), *hidden])
    await library.items.prepend(key, [*hidden, record("b")], complete=True)
    await library.items.replace_from(key, 1, [record("c"), *hidden])
    await library.end_turn(key, [*hidden, record("d")], replaces_from=None, response_id="")
    assert texts((await library.items.window(key)).records) == ["b", "a", "c", "d"]
    assert SECRET.encode() not in files(library)


async def test_a_forgotten_draft_leaves_no_bytes(library: Library) -> None:
    key = await made(library)
    await library.journal.save_draft(key, f"{SECRET} ")
    assert SECRET.encode() in files(library)
    await library.journal.save_draft(key, "")
    assert SECRET.encode() not in files(library)


@pytest.mark.parametrize("size", [30, 3_000, 30_000])
async def test_a_forgotten_conversation_leaves_no_bytes(library: Library, size: int) -> None:
    other = await made(library)
    key = (
        await library.index.create(
            row(title=SECRET, instructions=SECRET, metadata={"about": SECRET})
        )
    ).key
    filler = (SECRET + " filling ") * (size // 30)
    for number in range(60):
        await library.items.append(key, [record(f"{filler} {number}")])
        await library.items.append(other, [record(f"other {number} " * 20)])
    await library.items.replace_from(key, 30, [record(f"{filler} again")])
    await library.journal.save_draft(key, SECRET)
    await library.journal.write(PendingTurn(key, SECRET, SECRET, "", 1.0))
    await library.items.note_response(key, SECRET)
    assert SECRET.encode() in files(library)
    await library.index.forget(key)
    assert SECRET.encode() not in files(library)
    assert len((await library.items.window(other)).records) == 60


async def test_what_is_forgotten_stays_forgotten_beside_another_program(tmp_path: Path) -> None:
    mine, theirs = Library(tmp_path / "library.db"), Library(tmp_path / "library.db")
    mine.open()
    theirs.open()
    key = await made(mine)
    await mine.items.append(key, [record(SECRET)])
    assert texts((await theirs.items.window(key)).records) == [SECRET]
    await mine.index.forget(key)
    assert SECRET.encode() not in files(mine)
    assert (await theirs.items.window(key)).records == ()
    await theirs.close()
    await mine.close()
