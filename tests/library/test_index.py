"""The list of known conversations: found by id, title or the start of an id, latest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat_tui.library import Library, PendingTurn
from tests.library.making import record, row


async def named(library: Library, *targets: str) -> list[list[str]]:
    """The titles of what each target names."""
    return [
        sorted(found.title for found in await library.index.find("local", target))
        for target in targets
    ]


async def test_a_row_comes_back_as_it_was_put_in(library: Library) -> None:
    given = row(
        conversation_id="conv_1",
        response_id="resp_1",
        title="Kyoto",
        named=True,
        created_at=1.5,
        updated_at=2.5,
        model="demo",
        chaining="response",
        store=False,
        compaction="5000",
        instructions="Be brief.",
        metadata={"topic": "travel"},
        usage={"total_tokens": 9, "input_tokens_details": {"cached_tokens": 1}},
        complete=False,
    )
    created = await library.index.create(given)
    assert created.key > 0
    assert await library.index.row(created.key) == created
    assert replace(created, key=0) == given


async def test_a_target_names_an_id_then_a_title_then_the_start_of_an_id(library: Library) -> None:
    await library.index.create(row(conversation_id="conv_abc", title="first"))
    await library.index.create(row(conversation_id="conv_abd", title="second"))
    third = await library.index.create(row(response_id="resp_x9", title="conv_ab"))
    await library.items.note_response(third.key, "resp_x8")
    await library.items.note_response(third.key, "resp_x9")
    assert await named(library, "conv_abc", "resp_x9", "resp_x8", "FIRST", "conv_abd") == [
        ["first"],
        ["conv_ab"],
        ["conv_ab"],
        ["first"],
        ["second"],
    ]
    assert await named(library, "conv_ab", "conv_a", "resp_", "resp_x8") == [
        ["conv_ab"],  # an exact title goes before the start of an id
        ["first", "second"],
        ["conv_ab"],
        ["conv_ab"],
    ]


async def test_nothing_is_named_by_nothing_or_by_wildcards(library: Library) -> None:
    await library.index.create(row())
    await library.index.create(row(conversation_id="conv_1", title="50% off"))
    assert await named(library, "", "%", "conv%", "_onv_1", "50", "\\") == [[]] * 6
    assert await named(library, "50% off") == [["50% off"]]


async def test_profiles_do_not_see_each_other(library: Library) -> None:
    mine = await library.index.create(row(conversation_id="conv_1", title="mine"))
    await library.index.create(row(profile="work", conversation_id="conv_1", title="theirs"))
    assert await named(library, "conv_1", "theirs") == [["mine"], []]
    assert [found.title for found in await library.index.rows("work")] == ["theirs"]
    assert await library.index.last("local") == mine


async def test_the_list_is_latest_first_and_pages_without_gap(library: Library) -> None:
    keys = [
        (await library.index.create(row(title=f"t{n}", updated_at=n + 1))).key for n in range(7)
    ]
    await library.index.change(keys[2], touch=True)
    order = [keys[2], keys[6], keys[5], keys[4], keys[3], keys[1], keys[0]]
    pages = [await library.index.rows("local", limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [found.key for page in pages for found in page] == order


async def test_the_list_is_narrowed_by_title_or_id(library: Library) -> None:
    await library.index.create(row(title="Trip to Kyoto", conversation_id="conv_77"))
    await library.index.create(row(title="Invoices", response_id="resp_kyo"))
    found = await library.index.rows("local", query="KYO")
    assert {hit.title for hit in found} == {"Trip to Kyoto", "Invoices"}
    assert [hit.title for hit in await library.index.rows("local", query="conv_7")] == [
        "Trip to Kyoto"
    ]
    assert await library.index.rows("local", query="100%") == []


async def test_a_conversation_is_listed_from_its_first_trace_on(library: Library) -> None:
    empty = await library.index.create(row())
    drafted = await library.index.create(row())
    await library.journal.save_draft(drafted.key, "half a thought")
    pending = await library.index.create(row())
    await library.journal.write(PendingTurn(pending.key, "sent", "", "", 1.0))
    cached = await library.index.create(row())
    await library.items.append(cached.key, [record("kept")])
    listed = [found.key for found in await library.index.rows("local")]
    assert sorted(listed) == [drafted.key, pending.key, cached.key]
    with_open = await library.index.rows("local", also=[empty.key])
    assert sorted(found.key for found in with_open) == sorted([empty.key, *listed])
    last = await library.index.last("local")
    assert last is not None
    assert last.key == cached.key
    await library.index.prune_empty([empty.key, drafted.key, pending.key, cached.key])
    assert await library.index.row(empty.key) is None
    assert [found.key for found in await library.index.rows("local")] == listed


async def test_an_empty_conversation_of_another_program_is_not_removed(library: Library) -> None:
    mine, theirs = [(await library.index.create(row())).key for _ in range(2)]
    await library.index.prune_empty([mine])
    assert await library.index.row(theirs) is not None
    await library.index.prune_empty([])
    assert await library.index.row(theirs) is not None


async def test_a_row_tells_whether_a_turn_is_pending(library: Library) -> None:
    key = (await library.index.create(row(title="x"))).key
    await library.journal.write(PendingTurn(key, "sent", "", "", 1.0))
    assert [found.pending for found in await library.index.rows("local")] == [True]
    await library.journal.clear(key)
    assert [found.pending for found in await library.index.rows("local")] == [False]


async def test_only_columns_can_be_changed(library: Library) -> None:
    key = (await library.index.create(row())).key
    changed = await library.index.change(key, title="new", metadata={"a": "b"}, store=False)
    assert (changed.title, changed.metadata, changed.store) == ("new", {"a": "b"}, False)
    with pytest.raises(ValueError, match="not columns"):
        await library.index.change(key, colour="red")
    with pytest.raises(ValueError, match="not columns"):
        await library.index.change(key, profile="other")
