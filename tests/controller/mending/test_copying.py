"""Items as text, Markdown and JSON."""

from __future__ import annotations

import json

from markdown_it import MarkdownIt

from chat_tui.controller.mending.copying import as_json, as_markdown, as_text
from tests.controller.mending.making import answer, call, output, thought, user

TALK = [
    user("hello"),
    thought(summary=[{"type": "summary_text", "text": "one\ntwo"}]),
    call("a", arguments='{"x": 1}'),
    output("a", output="```\nfound\n```"),
    answer("# hi"),
]


def test_text() -> None:
    assert as_text(TALK) == (
        'You:\nhello\n\nReasoning:\none\ntwo\n\nCall look:\n{"x": 1}\n\n'
        "Output:\n```\nfound\n```\n\nAssistant:\n# hi"
    )


def test_markdown_keeps_what_is_in_a_fence_in_it() -> None:
    fences = [t for t in MarkdownIt().parse(as_markdown(TALK)) if t.type == "fence"]
    assert [token.content for token in fences] == ['{"x": 1}\n', "```\nfound\n```\n"]
    assert "> one\n> two" in as_markdown(TALK)


def test_a_name_cannot_begin_a_line() -> None:
    assert as_markdown([call("a", name="x\n# y")]).startswith("### Call x # y\n")


def test_json_keeps_everything() -> None:
    assert json.loads(as_json(TALK)) == TALK


def test_an_item_without_words_shows_its_json() -> None:
    odd = {"id": "x_1", "type": "telepathy", "waves": 3}
    assert '"waves": 3' in as_markdown([odd])
    assert '"waves": 3' in as_text([odd])
