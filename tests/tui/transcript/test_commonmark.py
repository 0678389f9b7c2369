"""Where blocks begin and end agrees with markdown-it, but for what ``blocks`` says it does not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat_tui.tui.transcript.blocks import Blocks
from chat_tui.tui.transcript.leaves import Shape
from tests.tui.transcript.corpus import DOCUMENTS

Leaf = tuple[str, str, str]
"""Containers (q and i), what it is, its text."""

PARSER = MarkdownIt("commonmark").enable("table")
SHAPES = {
    "heading_open": Shape.HEADING,
    "paragraph_open": Shape.TEXT,
    "fence": Shape.CODE,
    "code_block": Shape.CODE,
    "html_block": Shape.HTML,
    "hr": Shape.RULE,
    "table_open": Shape.TABLE,
}


def reference(text: str) -> list[Leaf]:
    """Return the leaves markdown-it finds."""
    found: list[Leaf] = []
    boxes = ""
    started: list[int] = []
    tokens = PARSER.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "blockquote_open":
            boxes += "q"
        elif token.type == "list_item_open":
            boxes += "i"
            started.append(len(found))
        elif token.type in ("blockquote_close", "list_item_close"):
            if token.type == "list_item_close" and started.pop() == len(found):
                found.append((boxes, Shape.TEXT, ""))
            boxes = boxes[:-1]
        elif token.type in SHAPES:
            shape = SHAPES[token.type]
            content = token.content
            if shape in (Shape.HEADING, Shape.TEXT):
                content = tokens[at + 1].content
            if shape is Shape.HEADING:
                content = content.replace("\n", " ")
            found.append((boxes, shape, "" if shape is Shape.TABLE else plain(content)))
    return found


def plain(text: str) -> str:
    """Return text without the white space that is not compared."""
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def ours(text: str) -> list[Leaf]:
    blocks = Blocks()
    blocks.feed(text)
    found: list[Leaf] = []
    for block in [*blocks.closed, *blocks.tail()]:
        boxes = "".join("i" if box.marker else "q" for box in block.boxes)
        if block.piece.joined or block.piece.shape is Shape.NOTE:
            continue
        content = "" if block.piece.shape is Shape.TABLE else "\n".join(block.piece.lines)
        found.append((boxes, block.piece.shape, plain(content)))
    return found


@pytest.mark.parametrize(
    "name", [name for name in DOCUMENTS if name not in ("math", "tasks", "long word")]
)
def test_the_corpus_has_the_blocks_commonmark_says(name: str) -> None:
    assert ours(DOCUMENTS[name]) == reference(DOCUMENTS[name])


WORDS = (
    "a/b c/- /- x/* y/1. one/2. two/7) z/> q/>/# h/## i ##/---/===/```/~~~ py/    code///  /<div>/"
    "<b>/***/-/   three/> - n/- > m/- - o/1. - p/  in/   in/      deep/+/\\# x"
)
LINES = st.sampled_from(WORDS.split("/"))
LEADS = st.sampled_from(["", "", "", "", "  ", "> ", "- ", "> > ", "   "])


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.tuples(LEADS, LINES).map("".join), max_size=9).map(
        lambda lines: "\n".join([*lines, ""])
    )
)
def test_any_lines_have_the_blocks_commonmark_says(text: str) -> None:
    expected = reference(text)
    assume(all(len(boxes) < 12 for boxes, _, _ in expected))
    assert filled(ours(text)) == filled(expected)


def filled(leaves: list[Leaf]) -> list[Leaf]:
    """Return the leaves without empty items: we show none for an item with an empty quote."""
    return [leaf for leaf in leaves if leaf[2] or leaf[1] is not Shape.TEXT]
