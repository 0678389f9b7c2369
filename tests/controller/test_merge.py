"""Taking in what the server lists: its word holds, and nothing that lives only here is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.controller.merge import merge
from chat_tui.items import Place, RawItem, Record

PLACES = {
    "h": Place.CHAIN,
    "p": Place.PRIVATE,
    "s": Place.STOPPED,
    "w": Place.PENDING,
}


def item(text: str, identifier: str = "", role: str = "user") -> RawItem:
    kind = "output_text" if role == "assistant" else "input_text"
    raw: RawItem = {
        "type": "message",
        "role": role,
        "content": [{"type": kind, "text": text}],
    }
    return {**raw, "id": identifier} if identifier else raw


def local(told: str) -> list[Record]:
    """Records written as words: ``a`` is listed under the id a, ``a?`` has no id yet, ``p:a``
    lives at another place."""
    records = []
    for word in told.split():
        place, _, name = word.rpartition(":")
        text = name.removesuffix("?")
        identifier = "" if name.endswith("?") else f"id_{text}"
        records.append(Record(item(text, identifier), PLACES.get(place, Place.CONVERSATION)))
    return records


def page(told: str) -> list[RawItem]:
    """Items as the server lists them; ``a=b`` says a under the id of b."""
    found = []
    for word in told.split():
        text, _, identifier = word.partition("=")
        found.append(item(text, f"id_{identifier or text}"))
    return found


def told(records: tuple[Record, ...]) -> str:
    names = {place: letter for letter, place in PLACES.items()}
    return " ".join(
        f"{names[r.place]}:{r.item.text}" if r.place in names else r.item.text for r in records
    )


@pytest.mark.parametrize(
    ("here", "there", "reaches_start", "after", "connects"),
    [
        ("", "", True, "", True),
        ("", "a b", True, "a b", False),
        ("a b", "a b", True, "a b", True),
        ("a b", "a b c", True, "a b c", True),
        ("a b c", "b c", True, "b c", True),  # the server lost the first
        ("a b c", "b c", False, "a b c", True),  # the page begins later
        ("a b c d", "b d", False, "a b d", True),
        ("a b", "", True, "", True),  # emptied
        ("a b", "x y", False, "x y", False),  # far behind
        ("a b", "x y", True, "x y", False),
        ("a? b?", "a b", True, "a b", True),  # ids are learned
        ("a b?", "b", False, "a b", True),
        ("a p:x b h:y", "a b c", True, "a p:x b h:y c", True),
        ("p:x a", "a", True, "p:x a", True),
        ("a p:x b", "a", True, "a p:x", True),
        ("p:x", "a", True, "p:x a", False),
        ("a w:x", "a b", True, "a w:x b", True),
        ("a p:x", "y", False, "p:x y", False),
        ("a s:x s:y", "a", True, "a s:x s:y", True),  # not kept
        ("a s:x? s:y?", "a x y", True, "a x y", True),  # kept after all
        ("a s:x s:y", "a x=n y=m", True, "a x y", True),  # under other ids
    ],
)
def test_the_server_has_the_last_word_about_what_it_lists(
    here: str, there: str, reaches_start: bool, after: str, connects: bool
) -> None:
    records, connected = merge(local(here), page(there), reaches_start=reaches_start)
    assert told(records) == after
    assert connected is connects


def test_a_stopped_answer_gives_way_to_the_whole_one_the_server_kept() -> None:
    here = [
        Record(item("a", "id_a")),
        Record(item("question"), Place.STOPPED),
        Record(item("half an ans", "id_h", "assistant"), Place.STOPPED),
    ]
    there = [
        item("a", "id_a"),
        item("question", "id_q"),
        item("half an answer", "id_n", "assistant"),
    ]
    records, _ = merge(here, there, reaches_start=True)
    assert told(records) == "a question half an answer"


def test_a_stopped_answer_stays_when_the_server_kept_the_message_alone() -> None:
    here = [
        Record(item("question"), Place.STOPPED),
        Record(item("half an ans", "id_h", "assistant"), Place.STOPPED),
    ]
    records, _ = merge(here, [item("question", "id_q")], reaches_start=True)
    assert told(records) == "question s:half an ans"


def test_records_keep_their_identity_when_they_are_named() -> None:
    here = local("a b?")
    records, _ = merge(here, page("a b c"), reaches_start=True)
    assert [record.ref for record in records[:2]] == [record.ref for record in here]
    assert [record.item.id for record in records] == ["id_a", "id_b", "id_c"]


def test_what_is_said_again_and_again_is_named_from_the_end() -> None:
    """Copies of a long history: the page holds only the newest, and texts repeat."""
    here = local("ok? one? ok? two? ok? three?")
    records, _ = merge(here, page("ok=5 three=6"), reaches_start=False)
    assert told(records) == "ok one ok two ok three"
    assert [record.item.id for record in records] == ["", "", "", "", "id_5", "id_6"]


WORDS = st.lists(st.sampled_from("abc"), max_size=8)


@given(WORDS, st.integers(0, 8), st.booleans(), st.lists(st.booleans(), min_size=8, max_size=8))
def test_a_page_of_what_is_here_changes_nothing_but_ids(
    words: list[str], start: int, whole: bool, named: list[bool]
) -> None:
    there = [item(word, f"id_{number}") for number, word in enumerate(words)]
    here = [
        Record(raw if named[number] else item(words[number])) for number, raw in enumerate(there)
    ]
    start = 0 if whole else min(start, len(there))
    records, connects = merge(here, there[start:], reaches_start=start == 0)
    if start == len(there) and there:
        return  # an empty page of a list that goes on: no server tells that
    assert connects or not here
    assert [record.raw for record in records[start:]] == there[start:]
    assert [record.ref for record in records] == [record.ref for record in here]


MIXED = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", "", "", "h", "p", "w"])),
    max_size=10,
    unique_by=lambda word: word[0],
)


@given(MIXED, st.lists(st.sampled_from("abcdefxyz"), max_size=8, unique=True), st.booleans())
def test_what_lives_elsewhere_is_never_lost_or_reordered(
    words: list[tuple[str, str]], listed: list[str], reaches_start: bool
) -> None:
    here = [
        replace(Record(item(text, f"id_{text}")), place=PLACES.get(place, Place.CONVERSATION))
        for text, place in words
    ]
    there = [item(text, f"id_{text}") for text in listed]
    records, _ = merge(here, there, reaches_start=reaches_start)
    elsewhere = [record.ref for record in here if record.place is not Place.CONVERSATION]
    kept = [record.ref for record in records if record.place is not Place.CONVERSATION]
    assert sorted(kept) == sorted(elsewhere)
    assert len({record.ref for record in records}) == len(records)
    tail = [record.raw for record in records if record.place is Place.CONVERSATION]
    assert tail[len(tail) - len(there) :] == there
    again, _ = merge(records, there, reaches_start=reaches_start)
    assert again == records
