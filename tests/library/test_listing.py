"""The list read in pages, in three orders, and what a typed query finds in it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_tui.library import Library, Order
from chat_tui.library.matching import align, fold, terms
from chat_tui.library.titles import Titles
from tests.library.making import row


async def fill(library: Library, *titles: str) -> list[int]:
    """Make conversations, each newer than the one before; return their keys."""
    made = [
        await library.index.create(
            row(
                title=title,
                conversation_id=f"conv_{n:04}",
                created_at=100.0 - n,
                updated_at=1.0 + n,
            )
        )
        for n, title in enumerate(titles)
    ]
    return [one.key for one in made]


@pytest.mark.parametrize(
    ("order", "titles"),
    [
        ("recent", ["apple", "Cherry", "banana"]),
        ("created", ["banana", "Cherry", "apple"]),
        ("title", ["apple", "banana", "Cherry"]),
    ],
)
async def test_each_order_sorts_and_knows_where_everything_stands(
    library: Library, order: Order, titles: list[str]
) -> None:
    keys = await fill(library, "banana", "Cherry", "apple")
    page = await library.listing.page("local", order, first=0, count=2, places=keys)
    assert [found.title for found in page.rows] == titles[:2]
    assert page.total == 3
    assert sorted(keys, key=page.places.__getitem__) == [
        found.key for found in (await library.listing.page("local", order, first=0, count=9)).rows
    ]


@pytest.mark.parametrize("order", ["recent", "created", "title"])
async def test_pages_are_read_from_an_index(library: Library, order: Order) -> None:
    await fill(library, "one")
    statements: list[str] = []
    await library._db.read(lambda db: db.set_trace_callback(statements.append))
    await library.listing.page("local", order, first=0, count=2, places=[1])
    await library._db.read(lambda db: db.set_trace_callback(None))
    for statement in statements:
        plan = await library._db.read(
            lambda db, s=statement: db.execute(f"EXPLAIN QUERY PLAN {s}").fetchall()  # type: ignore[misc]
        )
        told = " ".join(step[3] for step in plan)
        assert "SCAN" not in told, (statement, told)
        assert "TEMP B-TREE" not in told, (statement, told)


async def test_a_page_moves_with_the_row_it_is_held_by(library: Library) -> None:
    keys = await fill(library, *(f"title {n}" for n in range(20)))
    before = await library.listing.page("local", "recent", first=5, count=4, places=keys[:1])
    held = before.rows[1]
    await library.index.change(keys[0], touch=True)
    after = await library.listing.page(
        "local", "recent", first=5, count=4, places=[held.key], near=(held.key, 6)
    )
    assert (after.first, after.rows[1].key) == (6, held.key)


async def test_empty_conversations_are_passed_over_but_for_the_open_ones(library: Library) -> None:
    await fill(library, "one")
    empty = await library.index.create(row())
    assert (await library.listing.page("local", "recent", first=0, count=9)).total == 1
    page = await library.listing.page(
        "local", "recent", first=0, count=9, also=[empty.key], places=[empty.key]
    )
    assert page.rows[0].key == empty.key
    assert (page.total, page.places) == (2, {empty.key: 0})
    await library.journal.save_draft(empty.key, "something")
    assert (await library.listing.page("local", "recent", first=0, count=9)).total == 2
    await library.journal.save_draft(empty.key, "")
    assert (await library.listing.page("local", "recent", first=0, count=9)).total == 1


async def test_a_query_finds_letters_in_order_and_ids_by_their_start(library: Library) -> None:
    keys = await fill(library, "Rust lifetimes", "A girl's world", "Résumé", "Kyoto trip")
    search = library.listing.search
    assert await search("local", "rl") == [keys[0], keys[1]]
    assert await search("local", "RESUME") == [keys[2]]
    assert await search("local", "trip kyo") == [keys[3]]
    assert await search("local", "conv_0001") == [keys[1]]
    assert await search("local", "0002") == [keys[2]]
    assert await search("local", "zq") == []
    assert await search("other", "rl") == []


async def test_what_changes_is_found_at_once_and_the_latest_of_equals_comes_first(
    library: Library,
) -> None:
    first, second = await fill(library, "plan", "plan")
    assert await library.listing.search("local", "plan") == [second, first]
    await library.index.change(first, touch=True)
    assert await library.listing.search("local", "plan") == [first, second]
    await library.index.change(first, title="garden")
    assert await library.listing.search("local", "plan") == [second]
    await library.index.forget(second)
    assert await library.listing.search("local", "plan") == []


async def test_a_query_overtaken_by_a_newer_one_is_not_answered(library: Library) -> None:
    (key,) = await fill(library, "plan")
    asked = [library.listing.search("local", query) for query in ("p", "pl", "pla")]
    assert await asyncio.gather(*asked) == [None, None, [key]]


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("plan", "plan the garden", "a plan"),
        ("plan", "a plan", "explanation"),
        ("plan", "explanation", "spiral fan"),
        ("ii", "Italian invoices", "skiing"),
        ("par", "invoice-parser", "spare"),
    ],
)
def test_words_begun_and_letters_together_rank_higher(query: str, better: str, worse: str) -> None:
    assert Titles([(1, worse), (2, better)]).best(query) == [2, 1]


@given(st.text(max_size=40), st.text(max_size=6))
def test_what_matches_matches_letter_by_letter(title: str, query: str) -> None:
    folded, wanted = fold(title), terms(query)
    assert len(folded) == len(title)
    match = align(wanted, folded)
    letters = {char for term in wanted for char in term}
    if match is not None:
        assert {folded[place] for place in match[1]} == letters
    one = "".join(wanted[:1])
    rest = iter(folded)
    scattered = all(char in rest for char in one)
    assert (align(wanted[:1], folded) is not None) == scattered
    assert (Titles([(7, title)]).best(one) == [7]) == (scattered and bool(one))


TITLES = st.lists(st.text("ab c", max_size=8), max_size=40)


@settings(max_examples=200, deadline=None)
@given(TITLES, st.text("ab c", max_size=6), st.integers(1, 50))
def test_letter_by_letter_it_finds_what_it_finds_at_once(
    titles: list[str], query: str, limit: int
) -> None:
    entries = list(enumerate(titles))
    typed = Titles(entries)
    for end in (*range(len(query) + 1), *range(len(query), 0, -1)):
        assert typed.best(query[:end], limit) == Titles(entries).best(query[:end], limit)
