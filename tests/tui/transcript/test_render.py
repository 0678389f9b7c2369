"""Drawn blocks: as wide as the pane at most, nothing lost, nothing that acts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from chat_tui.items import visible
from chat_tui.tui.transcript import render
from chat_tui.tui.transcript.blocks import Blocks, Format
from chat_tui.tui.transcript.inline import Look, Span, safe_link, spans
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette
from chat_tui.tui.transcript.wrap import wrap
from tests.tui.transcript.corpus import DOCUMENTS, LONG_CODE

PALETTE = Palette(
    {role: Style(color=f"color({n})") for n, role in enumerate((*ROLES, *MARKS), 16)}
    | {"code": Style(bgcolor="color(1)")}
)
WIDTHS = [20, 33, 80, 120, 200]
Drawn = list[list[Segment]]


def draw(text: str, width: int, form: Format = Format.MARKDOWN) -> Drawn:
    return draw_clean(visible(text), width, form)


def draw_clean(text: str, width: int, form: Format = Format.MARKDOWN) -> Drawn:
    blocks = Blocks(form)
    blocks.feed(text)
    return drawn(blocks, width)


def drawn(blocks: Blocks, width: int) -> Drawn:
    found = [*blocks.closed, *blocks.tail()]
    return [line for block in found for line in render.draw(block, width, PALETTE)]


def text_of(lines: Drawn) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=DOCUMENTS)
def test_streaming_ends_with_what_is_drawn_at_once(text: str, width: int) -> None:
    blocks = Blocks()
    for at in range(0, len(text), 3):
        blocks.feed(text[at : at + 3])
        assert drawn(blocks, width) == draw_clean(text[: at + 3], width)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([*DOCUMENTS.values()]), min_size=1, max_size=3).map("".join),
    st.text(st.characters(blacklist_categories=[]), max_size=40),
    st.integers(0, 500),
    st.integers(20, 200),
    st.sampled_from(Format),
)
def test_no_line_is_wider_than_the_pane(
    text: str, odd: str, at: int, width: int, form: Format
) -> None:
    for line in draw(text[:at] + odd + text[at:], width, form):
        assert sum(cell_len(segment.text) for segment in line) <= width
        for segment in line:
            assert segment.text == visible(segment.text)
            assert "\n" not in segment.text
            assert "\t" not in segment.text


HOSTILE = {
    "quotes": ">" * 5000,
    "brackets": "[" * 5000,
    "half links": "[a](" * 3000,
    "images": "![" * 3000,
    "stars": "**a " * 3000,
    "ticks": "".join("`" * n + " " for n in range(1, 150)),
    "item in item": "- " * 5000,
    "nested items": "\n".join("  " * n + "- x" for n in range(1000)),
    "a megabyte": "x" * 1_000_000,
    "a megabyte of code": "```python\n" + "x" * 1_000_000,
    "bars": "|" * 5000 + "\n" + "|-" * 2500 + "\n" + "|" * 5000,
    "formulas": "\\(" * 3000,
    "nothing": "\0" * 5000,
    "surrogates": "\ud800x" * 500,
    "entities": "&#x202e;&#27;&#155;&#x200b;" * 200,
    "encoded target": "<http://a/%1b%5b31m%e2%80%ae> [x](http://a/%1b)" * 20,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", Format)
def test_hostile_text_is_drawn_inert(text: str, form: Format) -> None:
    lines = draw(text, 60, form)
    assert lines
    for line in lines:
        assert sum(cell_len(segment.text) for segment in line) <= 60
        for segment in line:
            assert segment.text == visible(segment.text)
            assert segment.control is None
            assert segment.style is None or segment.style.link is None


@pytest.mark.parametrize(
    "text",
    ["[bold]x[/]", "[@click=app.quit]x[/]", "[link=file:///x]y[/link]", "<b onclick=x>y</b>"],
)
def test_markup_of_other_kinds_is_text(text: str) -> None:
    assert text_of(draw(text, 60)) == [text]


PICTURES = [
    ("# One", 40, ["One", "━━━"]),
    ("a **b** `c`\nd", 40, ["a b c", "d"]),
    ("- a\n  - b\n- c", 40, [" • a", "    ◦ b", " • c"]),
    ("9. a\n10. b", 40, ["9. a", "10. b"]),
    ("- a\n\n- b", 40, [" • a", "", " • b"]),
    ("- [ ] a\n- [x] b", 40, [" ☐ a", " ☑ b"]),
    ("> a\n>\n> > b", 40, ["▎ a", "▎", "▎ ▎ b"]),
    ("aaa bbb ccc", 7, ["aaa bbb", "ccc"]),
    ("- aaaaa bbbbb ccccc", 16, [" • aaaaa bbbbb", "   ccccc"]),
    ("日本語、日本語", 9, ["日本語、", "日本語"]),
    ("```py\nx\n```", 20, ["                 py", " x"]),
    ("```\n" + "0123456789" * 3 + "\n```", 24, [" 0123456789012345678901", " ↪ 23456789"]),
    ("```\naaaaaaaa bbbbbbbb cccccccc\n```", 24, [" aaaaaaaa bbbbbbbb", " ↪ cccccccc"]),
    ("|a|b|\n|-|-:|\n|xxx|y|", 40, ["a   │ b", "────┼──", "xxx │ y"]),
    ("|a|b|\n|-|-:|\n|xxx|", 40, ["a   │ b", "────┼──", "xxx │"]),
    (
        "|aa|bb|cc|\n|-|-|-|\n|x1|y1|z1|\n|x2|y2|z2|",
        9,
        ["aa: x1", "bb: y1", "cc: z1", "─" * 9, "aa: x2", "bb: y2", "cc: z2"],
    ),
    ("[a](http://b.c) and <http://d.e>", 40, ["a (http://b.c) and http://d.e"]),
    ("[x](javascript:y)", 40, ["[x](javascript:y)"]),
    ("![cat](http://b.c)", 40, ["[image: cat] (http://b.c)"]),
    ("$a_1 * b_2 * c$ costs $5", 40, ["$a_1 * b_2 * c$ costs $5"]),
    ("<div>\n*x*", 40, ["<div>", "*x*"]),
    ("a\n\n---\nb", 12, ["a", "", "─" * 12, "", "b"]),
]


@pytest.mark.parametrize(("text", "width", "lines"), PICTURES, ids=[p[0] for p in PICTURES])
def test_pictures(text: str, width: int, lines: list[str]) -> None:
    assert text_of(draw(text, width)) == lines


def test_typed_text_is_shown_as_typed_but_fences_are_code() -> None:
    lines = text_of(draw("# a *b*\n  c\n```py\nx\n```\n- d", 30, Format.TYPED))
    assert lines == ["# a *b*", "  c", "", " " * 27 + "py", " x", "", "- d"]


def test_nothing_is_lost_from_wide_tables() -> None:
    for width in WIDTHS:
        shown = "".join(text_of(draw(DOCUMENTS["wide table"], width)))
        assert shown.replace(" ", "").count("column") == 14
        assert shown.replace(" ", "").count("avalue") == 14


def test_code_is_coloured_and_an_unknown_language_is_not() -> None:
    roles = {str(s.style) for line in draw("```python\ndef f(): pass\n```", 40) for s in line}
    plain = {str(s.style) for line in draw("```nonsense\ndef f(): pass\n```", 40) for s in line}
    assert len(roles) > len(plain)


def test_long_code_keeps_its_colours_across_windows() -> None:
    lines = draw(LONG_CODE, 60)
    keywords = [s for line in lines for s in line if s.text == "def" and s.style]
    assert len(keywords) == 60
    assert len({str(segment.style) for segment in keywords}) == 1


def test_a_long_quote_in_code_is_one_quote_across_windows() -> None:
    text = '```python\nx = 1\n\nd = """\n' + "words, def, 1\n\n" * 60 + '"""\n```'
    words = [s for line in draw(text, 60) for s in line if "words" in s.text]
    assert len(words) == 60
    assert {str(segment.style) for segment in words} == {
        str(PALETTE.on("string", "code")),
    }


@pytest.mark.parametrize("width", [3, 7, 12])
@pytest.mark.parametrize("more", [" ee  f ", " 日本  ee "])
def test_lines_have_no_spaces_at_their_ends(width: int, more: str) -> None:
    for line in wrap([Span("aa  bb   cc d"), Span(more, Look.CODE)], width):
        text = "".join(span.text for span in line)
        assert text == text.strip()


def test_looks_of_inline_text() -> None:
    assert spans("a **b *c*** `d`") == (
        Span("a "),
        Span("b ", Look.STRONG),
        Span("c", Look.STRONG | Look.EMPHASIS),
        Span(" "),
        Span("d", Look.CODE),
    )
    assert spans("see http://a.b/c_(d).") == (
        Span("see "),
        Span("http://a.b/c_(d)", Look.LINK, "http://a.b/c_(d)"),
        Span("."),
    )


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("https://a.b", True),
        ("HTTP://a.b", True),
        ("mailto:a@b.c", True),
        ("javascript:x", False),
        ("file:///etc/passwd", False),
        ("http://a\x1b[31m", False),
        ("http://a\u202eb", False),
        ("http://a b", False),
    ],
)
def test_only_clean_web_and_mail_links_open(url: str, opens: bool) -> None:
    assert bool(safe_link(url)) is opens


def test_parsers_are_loaded_only_when_needed() -> None:
    code = "import sys, chat_tui.tui.transcript.transcript; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "chat_tui.tui.transcript.inline" in loaded
    assert {"markdown_it", "pygments.lexers"}.isdisjoint(loaded)


def test_a_long_line_of_code_ends_before_a_word_and_not_in_it() -> None:
    shown = text_of(draw("```python\nreturn offers.cheapest(key=lambda offer: price)\n```", 30))
    assert [line.strip() for line in shown[1:]] == [
        "return offers.cheapest(key=",
        "↪ lambda offer: price)",
    ]
    word = "x" * 70
    assert word in "".join(text_of(draw(f"```\n{word}\n```", 30))).replace("↪", "").replace(" ", "")
