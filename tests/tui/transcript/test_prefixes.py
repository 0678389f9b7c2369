"""Streaming gives at every character what drawing that much at once gives, and never too wide."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.cache import LRUCache

from chat_tui.items import Kind, Place, visible
from chat_tui.tui.transcript.entries import Entry
from chat_tui.tui.transcript.layout import Layout, Lines
from chat_tui.tui.transcript.stream import Stream
from tests.tui.transcript.corpus import DOCUMENTS, NASTY
from tests.tui.transcript.test_render import PALETTE

OWN = [*DOCUMENTS.values(), *NASTY.values()]
GENERATED = 600
LINES = [
    *(line for text in OWN for line in text.split("\n") if len(line) < 60),
    "    ",
    "```",
    "~~~~",
    "$$",
    "> ",
    "- ",
    "| a | b |",
    "|---|:-:|",
    "[1]: http://a.b",
]
SIGNS = [
    *"-*+>#`~|:=_$\\[]()!<x1. \t\n日",
    "- ",
    "> ",
    "```",
    "    ",
    "1. ",
    "$$",
    "<b>",
    "👩‍👧",
    "e\u0301",
]
DOCUMENT = st.one_of(
    st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=9).map("\n".join),
    st.lists(st.sampled_from(SIGNS), max_size=50).map("".join),
)


def laid_out(text: str, width: int) -> Layout:
    """Return an answer with that text, drawn at a width."""
    entry = Entry(Kind.ASSISTANT, Place.CONVERSATION, "assistant", body=text)
    return Layout(entry, width, PALETTE, LRUCache(1000), gap=True, folded=False)


def body(layout: Layout) -> list[Lines]:
    """Return the lines of each part but the head."""
    return [layout.lines(part) for part in range(1, layout.parts)]


def check(text: str, width: int) -> None:
    """Stream a text by the character and compare it, each time, with what is there at once.

    At the end the finished item comes as a whole, as it does from a server.
    """
    stream, layout = Stream(), laid_out("", width)
    taken = ""
    fixed: Fixed = (layout.serial, [])
    for char in text:
        stream.add(char)
        new = stream.take()
        taken += new
        layout.append(new)
        fixed = compare(layout, taken, width, fixed)
    clean = visible(text)
    assert clean.startswith(taken)
    layout.append(clean[len(taken) :])
    compare(layout, clean, width, fixed)


Fixed = tuple[int, list[Lines]]


def compare(layout: Layout, text: str, width: int, before: Fixed) -> Fixed:
    """Compare what grew with the same text drawn at once; return what is fixed now.

    What is fixed stays so unless the definition of a link it names has come.
    """
    now, whole = body(layout), laid_out(text, width)
    assert now == body(whole)
    assert layout.total == whole.total
    serial, fixed = before
    if layout.serial == serial:
        assert now[: len(fixed)] == fixed, "what was fixed has changed"
    else:
        assert "]:" in text
    for line in (line for lines in now for line in lines):
        assert sum(cell_len(segment.text) for segment in line) <= width
    return layout.serial, now[: layout.fixed - 1]


@pytest.mark.parametrize("text", OWN, ids=[*DOCUMENTS, *NASTY])
def test_every_prefix_of_our_own_documents(text: str) -> None:
    for width in (20, random.Random(len(text)).randrange(21, 200), 200):
        check(text, width)


@settings(max_examples=GENERATED, deadline=None)
@given(DOCUMENT, st.integers(20, 200))
def test_every_prefix_of_any_document(text: str, width: int) -> None:
    check(text, width)
