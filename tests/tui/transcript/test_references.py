"""Links by reference: they look and open like others, whenever their definition comes."""

from __future__ import annotations

import pytest

from chat_tui.tui.transcript.blocks import Format
from chat_tui.tui.transcript.layout import Layout
from chat_tui.tui.transcript.links import Link, links
from chat_tui.tui.transcript.references import definition
from tests.tui.transcript.test_prefixes import body, laid_out


def shown(layout: Layout) -> list[str]:
    return ["".join(segment.text for segment in line) for lines in body(layout) for line in lines]


def opens(layout: Layout) -> dict[str, str]:
    """Return where each word that is a link leads."""
    segments = [segment for lines in body(layout) for line in lines for segment in line]
    return {s.text: s.style.meta["link"] for s in segments if s.style and "link" in s.style.meta}


def test_all_three_ways_to_name_a_definition_are_links() -> None:
    layout = laid_out(
        "[one][1], [Two][], [two]\n\n[1]: http://a.b\n[TWO]: <http://c.d> 'Title'", 80
    )
    assert shown(layout) == [
        "one (http://a.b), Two (http://c.d), two (http://c.d)",
        "",
        "[1]: http://a.b",
        "[TWO]: <http://c.d> 'Title'",
    ]
    assert opens(layout)["one"] == "http://a.b"
    assert opens(layout)["two"] == opens(layout)["Two"] == "http://c.d"
    assert opens(layout)["http://c.d"] == "http://c.d"


@pytest.mark.parametrize("text", ["[a]", "a[i][j]", "[a][b]", "[x] y", "![a][b]"])
def test_what_names_nothing_is_text(text: str) -> None:
    assert shown(laid_out(text, 80)) == [text]
    assert shown(laid_out(f"{text}\n\n[z]: http://a.b", 80))[0] == text


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"]
)
def test_what_is_not_safe_is_shown_and_does_not_open(target: str) -> None:
    layout = laid_out(f"[a]\n\n[a]: {target}", 80)
    assert opens(layout) == {}
    assert shown(layout)[-1] == f"[a]: {target}"
    assert links(f"[a]\n\n[a]: {target}", Format.MARKDOWN) == []


def test_the_first_definition_counts_and_code_defines_nothing() -> None:
    layout = laid_out("[a] [b]\n\n```\n[b]: http://no\n```\n[a]: http://one\n[a]: http://two", 80)
    assert shown(layout)[0] == "a (http://one) [b]"


def test_only_what_names_a_definition_is_drawn_again_when_it_comes() -> None:
    layout = laid_out("# Head\n\n[a] here\n\nother text\n\n", 80)
    before = body(layout)
    serial = layout.serial
    layout.append("[z]: http://nobody.names\n\n")
    assert layout.serial == serial
    assert body(layout)[:3] == before
    layout.append("[a]: http://x.y\n\n")
    assert layout.serial != serial
    assert shown(layout)[3] == "a (http://x.y) here"
    serial = layout.serial
    layout.append("[a]: http://too.late\n\nand more\n\n")
    assert layout.serial == serial


def test_a_definition_in_a_table_widens_the_column_of_every_row() -> None:
    rows = "".join(f"|[a] {n}|x|\n" for n in range(40))
    layout = laid_out(f"|n|m|\n|-|-|\n{rows}\n[a]: http://long.example.org/path\n", 120)
    bars = {line.index("│") for line in shown(layout) if "│" in line}
    assert len(bars) == 1


def test_links_by_reference_are_offered_in_their_order_once() -> None:
    text = "[one][1] and [two], <http://auto.link>\n\n[1]: http://a.b\n[two]: mailto:c@d.e\n"
    assert links(text, Format.MARKDOWN) == [
        Link("http://a.b", "one"),
        Link("mailto:c@d.e", "two"),
        Link("http://auto.link"),
    ]


def test_a_footnote_stands_under_its_mark() -> None:
    layout = laid_out(
        "Said.[^1] `[^a-z]`\n\n[^1]: A note [with](http://a.b) a link,\n    long.\n", 80
    )
    assert shown(layout) == [
        "Said.[^1] [^a-z]",
        "",
        "[^1] A note with (http://a.b) a link,",
        "     long.",
    ]
    assert opens(layout)["with"] == "http://a.b"


@pytest.mark.parametrize(
    "line", ["[]: http://a", "[a] : http://b", "[^1]: http://c", "[a]:", "[a]: b c", "[a]: b 'c"]
)
def test_what_is_almost_a_definition_is_none(line: str) -> None:
    assert definition(line) is None
