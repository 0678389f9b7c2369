"""Finding counts what is read: as often as it is marked, however the lines are broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from chat_tui.items import Record
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.entries import Pairs, entry
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette
from chat_tui.tui.transcript.wording import count, fold, numbers
from tests.tui.transcript.corpus import DOCUMENTS, NASTY, message
from tests.tui.transcript.test_transcript import Bare, output

PALETTE = Palette({role: Style() for role in (*ROLES, *MARKS)})
NEEDLES = ["a", "e", "strong word", "x", "the", "- ", "#", "column a", "日本", "1", "(", "no such"]
CALL = {"type": "function_call", "call_id": "c", "name": "seek_far", "arguments": '{"a": "e x"}'}


def drawn(records: list[Record], width: int) -> Document:
    document = Document()
    document.load(records)
    document.resize(width, PALETTE)
    for record in records:
        document.fold(record.ref, folded=False)
    return document


def marked(document: Document, query: str) -> int:
    """Return how many matches are marked on all lines."""
    seen = set()
    for index in range(len(document)):
        layout = document.layout(index)
        for part in range(layout.parts):
            plain = ["".join(s.text for s in line) for line in layout.lines(part)]
            lines = layout.lines(part, query)
            assert ["".join(s.text for s in line) for line in lines] == plain
            seen |= {(index, part, n) for line in lines for s in line for n in numbers(s.style)}
    return len(seen)


def said(text: str) -> list[Record]:
    return [Record(message("assistant", text)), Record(message("user", text)), output(text)]


TEXTS = st.one_of(
    st.sampled_from([*DOCUMENTS.values(), *NASTY.values()]),
    st.text("ab *_`#-|>[]()&;:/\n\t1.é日", max_size=80),
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.one_of(st.sampled_from(NEEDLES), st.text("ab* é日", max_size=4)), st.data())
def test_what_is_counted_is_what_is_marked(text: str, needle: str, data: st.DataObject) -> None:
    query = fold(" ".join(needle.split()))
    width = data.draw(st.integers(20, 200))
    records = [*said(text), Record(CALL | {"name": needle or "x"})]
    document = drawn(records, width)
    counted = [count(entry(record, Pairs()), query) if query else 0 for record in records]
    assert marked(document, query) == sum(counted)
    if query:
        assert [document.count(index, query) for index in range(len(records))] == counted


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("**strong** word", "strong word", 1),
        ("a **str**ong word", "strong", 1),
        ("# h\n\ntext\n\n---\n", "# h", 0),
        ("text\n\n---\n", "---", 0),
        ("one two\nthree", "two three", 1),
        ("word " * 30 + "the end", "word the end", 1),
        ("|a|b|\n|-|-|\n|x y|z|", "x y", 1),
        ("fish &amp; chips", "fish & chips", 1),
        ("```py\nx = 1\n```", "py", 0),
        ("you", "you", 1),
    ],
)
def test_marks_of_markdown_are_not_read(text: str, query: str, expected: int) -> None:
    record = Record(message("assistant", text))
    assert count(entry(record, Pairs()), query) == expected
    assert marked(drawn([record], 20), query) == expected


def test_the_name_of_a_tool_is_found_and_our_own_words_are_not() -> None:
    record = Record(CALL)
    assert count(entry(record, Pairs()), "seek_far") == 1
    assert count(entry(Record(message("user", "x")), Pairs()), "you") == 0


async def test_what_is_still_written_is_counted() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        record = Record(message("assistant", ""))
        app.transcript.show([Record(message("user", "x")), record], older=False)
        app.transcript.find("needle")
        await app.transcript.searched()
        for expected in range(1, 4):
            app.transcript.stream(record.ref, "a **need**le\n\n")
            app.transcript._flush()
            await pilot.pause()
            assert app.transcript.found[1] == expected


def test_folding_all_holds_for_what_is_loaded_later() -> None:
    document = Document()
    document.load([output("one")])
    document.resize(40, PALETTE)
    assert not document.layout(0).folded
    document.fold_all()
    document.prepend([output("two"), Record(message("user", "x"))])
    assert [document.layout(index).folded for index in range(3)] == [True, False, True]
