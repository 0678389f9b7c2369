"""Transcripts: everything said is in them, and nothing said can pass for their structure."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chat_tui.items import Place, Record, visible
from chat_tui.moving import Document, Facts
from chat_tui.moving.markdown import markdown
from chat_tui.moving.page import page
from chat_tui.moving.rendering import render
from tests.moving.making import HOSTILE, Raw, call, document, output, said, thought

COMPACTION = {"type": "compaction", "encrypted_content": "gAAA"}


def everywhere(text: str) -> Document:
    """Return a document that says ``text`` wherever outside text can stand, then one answer."""
    found = document(
        said("user", text),
        thought(text),
        call("1", text, name=text),
        output("1", text),
        said("assistant", text),
        said("system", text),
        {"type": text, "content": text},
        {"type": "web_search_call", "action": {"query": text}},
        said("assistant", "THE END"),
        title=text,
        conversation_id=text,
        profile=text,
        model=text,
    )
    return replace(found, notes=(text,))


HEADINGS = 9


def structure(text: str) -> list[tuple[str, str]]:
    """Return the headings that Markdown sees at the top, and their text."""
    tokens = MarkdownIt("commonmark").parse(text)
    return [
        (token.tag, tokens[n + 1].content)
        for n, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0
    ]


def kinds(tokens: list[Token]) -> set[str]:
    return {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}


def body(text: str) -> str:
    """Return a transcript without its front matter."""
    _, _, rest = text.partition("\n---\n")
    return rest


ANY = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("`~<>#-*_[]()!^:|\\&\n\t =+1.ab\"'$/"), max_size=60),
    st.text(max_size=30),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map("\n".join),
)


@given(ANY)
def test_no_text_forges_a_section_of_the_markdown(text: str) -> None:
    written = markdown(everywhere(text))
    assert written.startswith("---\n")
    found = structure(body(written))
    assert len([tag for tag, _ in found if tag == "h2"]) == HEADINGS
    assert len([tag for tag, _ in found if tag == "h1"]) == 1
    assert written.rstrip().endswith("> THE END")
    env: dict[str, object] = {}
    tokens = MarkdownIt("commonmark").parse(body(written), env)
    assert not env.get("references")
    assert kinds(tokens).isdisjoint({"html_block", "html_inline"})


@given(ANY)
def test_the_front_matter_is_one_line_a_fact_whatever_they_say(text: str) -> None:
    head, _, _ = markdown(everywhere(text)).partition("\n---\n")
    for line in head.split("\n")[1:]:
        name, _, value = line.partition(": ")
        assert re.fullmatch(r"[a-z]+", name)
        json.loads(value)


class Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


SAFE = {
    *("html", "head", "meta", "title", "style", "body", "section", "dl", "dt", "dd", "div", "span"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "code", "a", "em", "strong", "blockquote"),
    *("ul", "ol", "li", "hr", "br", "table", "thead", "tbody", "tr", "th", "td"),
}


@given(ANY)
def test_no_text_acts_in_the_page(text: str) -> None:
    reader = Reader()
    reader.feed(page(everywhere(text)))
    assert set(reader.tags) <= SAFE
    assert reader.tags.count("section") == HEADINGS
    names = {name for name, _ in reader.attributes}
    assert names <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "href", "title", "start",
        "style",
    }  # fmt: skip
    for name, value in reader.attributes:
        if name == "href":
            assert value.startswith(("http://", "https://", "mailto:", "HTTP"))
        if name == "style":
            assert re.fullmatch(r"text-align:(left|right|center)", value)
    assert "THE END" in reader.text


@pytest.mark.parametrize("form", ["markdown", "html", "json"])
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_written_acts_on_a_terminal(form: str, text: str) -> None:
    written = render(everywhere(text), form, "tests")
    assert visible(written) == written
    written.encode()


WHOLE: tuple[Raw, ...] = (
    said("user", "Find a ryokan"),
    thought("Look **around**"),
    call("c1", '{"city": "Kyoto"}', name="search_hotels"),
    output("c1", '{"hotels": ["Yuzu"]}'),
    COMPACTION,
    said("assistant", "*Yuzu* fits."),
)


def whole() -> Document:
    found = document(
        *WHOLE,
        title="Trip to Kyoto",
        conversation_id="conv_1",
        profile="openai",
        model="gpt-5",
        created_at=1_700_000_000.0,
        usage={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    )
    stopped = Record(said("assistant", "half an"), Place.STOPPED, 1_700_000_060.0, "", "gpt-5")
    return replace(found, records=(*found.records, stopped))


def test_a_markdown_transcript_tells_all() -> None:
    written = markdown(whole())
    for line in (
        'title: "Trip to Kyoto"',
        'id: "conv_1"',
        'profile: "openai"',
        'model: "gpt-5"',
        'created: "2023-11-14T22:13:20Z"',
        'usage: {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}',
        "# Trip to Kyoto",
        "> Find a ryokan",
        "## Reasoning",
        "> Look **around**",
        "## Call of search\\_hotels",
        '  "city": "Kyoto"',
        "## Output of c1",
        '    "Yuzu"',
        "## Context compacted here",
        "> *Yuzu* fits.",
        "*gpt\\-5 · 2023\\-11\\-14T22\\:14\\:20Z · stopped\\; the server does not have it*",
    ):
        assert line in written.split("\n"), line
    assert "cost" not in written


def test_a_page_tells_all_and_is_readable_in_dark_and_light() -> None:
    written = page(whole())
    reader = Reader()
    reader.feed(written)
    for words in (
        "Trip to Kyoto", "conv_1", "openai", "gpt-5", "total tokens 15", "Find a ryokan",
        "Call of search_hotels", '"city": "Kyoto"', "Output of c1", "Context compacted here",
        "stopped; the server does not have it",
    ):  # fmt: skip
        assert words in reader.text, words
    assert "<em>Yuzu</em> fits." in written
    assert "prefers-color-scheme: dark" in written
    assert "default-src &#x27;none&#x27;" in written


def test_text_that_keeps_to_itself_stays_readable_markdown_in_the_quote() -> None:
    text = "Use `<b>`:\n\n```html\n<b>\n```\n\n# Not a section"
    written = markdown(document(said("assistant", text)))
    assert "> ```html\n> <b>\n> ```\n>\n> # Not a section" in written


def test_a_document_without_a_title_or_items_is_written() -> None:
    for form in ("markdown", "html", "json"):
        assert render(Document(Facts(), ()), form, "tests")


@pytest.mark.parametrize(
    "text", ["[^1]: a footnote of the whole file", "[You]: https://e.example/", "<!-- gone", "<b>"]
)
def test_text_that_reaches_beyond_its_quote_is_fenced(text: str) -> None:
    assert f"```markdown\n{text}\n```" in markdown(document(said("assistant", text)))


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "data:image/png;base64,x", "file:///etc/passwd", "ftp://a/", "//a/b"],
)
def test_only_links_to_the_web_and_mail_can_be_opened(target: str) -> None:
    written = page(document(said("assistant", f"[a]({target}) [b](https://example.org/)")))
    assert re.findall("<a [^>]*>", written) == ['<a href="https://example.org/">']
