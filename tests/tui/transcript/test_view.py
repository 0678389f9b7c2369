"""The window: what the reader sees stays where it is, and the ends are reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.style import Style

from chat_tui.items import Record
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette
from chat_tui.tui.transcript.view import Row, View
from tests.tui.transcript.corpus import DOCUMENTS, message

if TYPE_CHECKING:
    from collections.abc import Callable

PALETTE = Palette({role: Style(color="red") for role in (*ROLES, *MARKS)})
TEXTS = [*DOCUMENTS.values(), "short", "word " * 300]
RECORDS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["user", "assistant"]), st.sampled_from(TEXTS)).map(
            lambda said: message(*said)
        ),
        st.sampled_from(TEXTS).map(
            lambda text: {"type": "function_call_output", "call_id": "c", "output": text}
        ),
    ).map(Record),
    min_size=1,
    max_size=12,
)


def window(records: list[Record], height: int = 10, width: int = 40) -> View:
    document = Document()
    document.load(records)
    document.resize(width, PALETTE)
    view = View(document)
    view.height = height
    return view


def seen(view: View) -> list[str]:
    """Return the words of each line, the heads' details aside."""
    layout = view.document.layout
    return [
        "".join(segment.text for segment in layout(row.entry).lines(row.part)[row.line])
        for row in view.rows()
    ]


def whole(view: View) -> list[str]:
    """Return every line of the document, one entry after the other."""
    document = view.document
    return [
        "".join(segment.text for segment in line)
        for index in range(len(document))
        for part in range(document.layout(index).parts)
        for line in document.layout(index).lines(part)
    ]


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.integers(1, 30), st.lists(st.integers(-40, 40), max_size=12))
def test_moving_walks_the_exact_lines(records: list[Record], height: int, moves: list[int]) -> None:
    lines = whole(window(records))
    view = window(records, height)
    view.to_end()
    at = max(len(lines) - height, 0)
    assert seen(view) == lines[at:]
    for move in moves:
        view.move(move)
        at = min(max(at + move, 0), max(len(lines) - height, 0))
        assert seen(view) == lines[at : at + height]
        assert view.at_end == (at + height >= len(lines))


CHANGES: dict[str, Callable[[View, list[Record], int], None]] = {}


def change(function: Callable[[View, list[Record], int], None]) -> None:
    CHANGES[function.__name__] = function


@change
def append(view: View, records: list[Record], pick: int) -> None:
    view.document.append(Record(records[pick % len(records)].raw))


@change
def prepend(view: View, records: list[Record], pick: int) -> None:
    older = [Record(record.raw) for record in records[: pick % 4]]
    view.document.prepend(older)
    view.anchor = view.anchor._replace(entry=view.anchor.entry + len(older))


@change
def look_elsewhere(view: View, _records: list[Record], pick: int) -> None:
    index = pick % len(view.document)
    layout = view.document.layout(index)
    for part in range(layout.parts):
        layout.height(part)
    view.document.settle(index)


@change
def fold_elsewhere(view: View, _records: list[Record], pick: int) -> None:
    index = pick % len(view.document)
    if not view.anchor.entry <= index <= view.rows()[-1].entry:
        ref = view.document.records[index].ref
        view.document.fold(ref, not view.document.layout(index).folded)


@change
def grow_elsewhere(view: View, _records: list[Record], pick: int) -> None:
    index = pick % len(view.document)
    if not view.anchor.entry <= index <= view.rows()[-1].entry:
        view.document.stream(view.document.records[index].ref, "\n\nmore\n- and more")


@change
def colour(view: View, _records: list[Record], _pick: int) -> None:
    styles = {role: Style(color="blue") for role in (*ROLES, *MARKS)}
    view.keep(lambda: view.document.resize(40, Palette(styles)))


@change
def there_and_back(view: View, _records: list[Record], _pick: int) -> None:
    before = view.anchor
    view.keep(lambda: view.document.resize(23, PALETTE))
    view.rows()
    assert view.anchor[:2] == before[:2], "another part came to the top"
    view.keep(lambda: view.document.resize(40, PALETTE))
    view.anchor = before


@settings(max_examples=80, deadline=None)
@given(
    RECORDS,
    st.integers(0, 300),
    st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(0, 99)), max_size=8),
)
def test_what_the_reader_sees_stays(
    records: list[Record], down: int, changes: list[tuple[str, int]]
) -> None:
    view = window([*records, *(Record(message("user", "more\nlines")) for _ in range(5))], 6)
    view.move(down % max(len(whole(view)) - 6, 1))
    before = seen(view)
    for name, pick in changes:
        CHANGES[name](view, records, pick)
        after = seen(view)
        closer = name == "prepend" and before[0] == "" and after[:-1] == before[1:]
        assert after == before or closer, name
        before = after
    whole(view)
    for index in range(len(view.document)):
        view.document.settle(index)
    document = view.document
    assert (
        view.top
        == sum(
            len(document.layout(index).lines(part))
            for index in range(view.anchor.entry + 1)
            for part in range(document.layout(index).parts)
            if (index, part) < view.anchor[:2]
        )
        + view.anchor.line
    )


@pytest.mark.parametrize("line", [0, 1, 500, 10**9])
def test_jumping_lands_inside(line: int) -> None:
    view = window([Record(message("user", "word " * 300)) for _ in range(50)])
    view.to_line(line)
    assert len(view.rows()) == 10


def test_text_that_grows_out_of_sight_counts() -> None:
    records = [Record(message("assistant", f"text {n}")) for n in range(30)]
    view = window(records)
    view.to_end()
    total = view.document.heights.total
    view.document.stream(records[0].ref, "\n\nmore")
    before = view.document.heights.total
    view.document.stream(records[0].ref, "\n\nmore\n\nmore")
    assert view.document.heights.total == before + 4
    assert total < before


def test_an_empty_document_has_no_lines() -> None:
    view = window([])
    view.move(5)
    view.move(-5)
    view.to_end()
    assert view.rows() == []
    assert view.anchor == Row(0, 0, 0)


def test_the_top_counts_the_lines_above() -> None:
    view = window([Record(message("user", f"text {n}")) for n in range(20)])
    view.move(7)
    assert view.top == 7
    assert seen(view) == whole(view)[7:17]
