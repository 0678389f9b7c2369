"""Blocks: streaming gives what reading at once gives, and the cut agrees with CommonMark."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_tui.tui.transcript.blocks import Block, Blocks, Format
from tests.tui.transcript.corpus import DOCUMENTS, LONG_CODE, LONG_PROSE

PIECES = st.sampled_from(
    [
        *"-*+>#`~|:=_$\\[]()!<x1. \t\n\n\n日",
        "- ",
        "> ",
        "```",
        "    ",
        "|-|-|\n",
        "1. ",
        "$$",
        "<b>",
    ]
)


def read(text: str, form: Format = Format.MARKDOWN) -> list[Block]:
    blocks = Blocks(form)
    blocks.feed(text)
    return [*blocks.closed, *blocks.tail()]


def stream(text: str, size: int, form: Format = Format.MARKDOWN) -> list[Block]:
    blocks = Blocks(form)
    for at in range(0, len(text), size):
        closed = blocks.closed[:]
        blocks.feed(text[at : at + size])
        blocks.tail()
        assert blocks.closed[: len(closed)] == closed, "a closed block changed"
    return [*blocks.closed, *blocks.tail()]


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("form", Format)
def test_every_prefix_streams_to_what_it_is_at_once(text: str, form: Format) -> None:
    growing = Blocks(form)
    for at, char in enumerate(text):
        assert [*growing.closed, *growing.tail()] == read(text[:at], form)
        growing.feed(char)
    assert [*growing.closed, *growing.tail()] == read(text, form)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.integers(1, 9), st.sampled_from(Format))
def test_any_text_streams_to_what_it_is_at_once(text: str, size: int, form: Format) -> None:
    assert stream(text, size, form) == read(text, form)


@pytest.mark.parametrize("text", [LONG_CODE, LONG_PROSE, DOCUMENTS["long table"] * 5, "x" * 50_000])
def test_what_is_open_stays_small_however_long_the_text(text: str) -> None:
    blocks = Blocks()
    for at in range(0, len(text), 200):
        blocks.feed(text[at : at + 200])
        assert sum(len(line) for block in blocks.tail() for line in block.piece.lines) < 9000
    assert [*blocks.closed, *blocks.tail()] == read(text)
