"""What is said about each kind of item, and that nothing a server sends can break it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_tui.items import Kind, Place, Record, visible
from chat_tui.tui.transcript.blocks import Format
from chat_tui.tui.transcript.entries import Entry, Pairs, clock, entry, lines_about, tight
from chat_tui.tui.transcript.links import links
from tests.tui.transcript.corpus import message


def of(raw: dict[str, Any], *others: dict[str, Any], place: Place = Place.CONVERSATION) -> Entry:
    pairs = Pairs()
    for other in others:
        pairs.add(Record(other))
    record = Record(raw, place)
    pairs.add(record)
    return entry(record, pairs)


def call(**more: Any) -> dict[str, Any]:
    return {"type": "function_call", "call_id": "c", "name": "find", "arguments": "{}", **more}


OUTPUT = {"type": "function_call_output", "call_id": "c", "output": '{"a": [1]}'}


def badges(shown: Entry) -> list[str]:
    return [word for word, _ in shown.badges]


def test_a_user_reads_back_what_they_typed() -> None:
    shown = of(message("user", "# not a heading"))
    assert (shown.title, shown.body, shown.form) == ("you", "# not a heading", Format.TYPED)


def test_an_answer_is_markdown_and_its_sources_follow() -> None:
    raw = message("assistant", "It is **so**.")
    raw["content"][0]["annotations"] = [
        {"type": "url_citation", "url": "https://a.b", "title": "Guide"},
        {"type": "url_citation", "url": "https://a.b", "title": "Guide"},
        {"type": "file_citation", "file_id": "f_1", "filename": "a_b.pdf"},
        {"type": "container_file_citation", "file_id": "f2", "container_id": "c"},
        {"type": "file_path", "file_id": "f_1", "index": 3},
        {"type": "url_citation", "url": "javascript:x", "title": "*[x](y)*"},
        {"type": "url_citation", "url": 7},
        {"type": "unheard_of", "file_id": "f3"},
        "nothing",
    ]
    shown = of(raw)
    assert shown.form is Format.MARKDOWN
    assert shown.body.splitlines() == [
        "It is **so**.",
        "",
        "**Sources**",
        "1. Guide <https://a.b>",
        r"2. a\_b.pdf (f\_1)",
        "3. f2",
        r"4. \*\[x\](y)\* javascript:x",
    ]
    assert [link.url for link in links(shown.body, shown.form)] == ["https://a.b"]


def test_a_refusal_is_marked() -> None:
    raw = message("assistant", "") | {"content": [{"type": "refusal", "refusal": "No."}]}
    shown = of(raw)
    assert (shown.body, badges(shown)) == ("No.", ["refused"])


@pytest.mark.parametrize(("status", "marks"), [("incomplete", ["incomplete"]), ("completed", [])])
def test_an_incomplete_answer_is_marked(status: str, marks: list[str]) -> None:
    assert badges(of(message("assistant", "x", status=status))) == marks


def test_images_and_files_are_labels() -> None:
    parts = [
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
        {"type": "input_file", "filename": "bill.pdf"},
    ]
    raw = {"type": "message", "role": "user", "content": parts}
    assert of(raw).body == "[image: inline data]\n\n[file: bill.pdf]"


def test_reasoning_is_folded_behind_its_first_line() -> None:
    raw = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "**Plan**\n\nDo it"}]}
    shown = of(raw)
    assert (shown.title, shown.detail, shown.folded) == ("reasoning", "Plan", True)


def test_reasoning_without_words_says_what_it_is() -> None:
    shown = of({"type": "reasoning", "summary": [], "encrypted_content": "x" * 5000})
    assert (shown.detail, shown.folds) == ("encrypted, 5 kB", False)


CALLS = [
    ('{"city": "Kyoto", "max": 3}', '(city="Kyoto", max=3)', True),
    ("{}", "()", True),
    ('{"deep": {"a": 1}}', "(deep=…)", False),
    ('{"city": "Kyo', '({"city": "Kyo)', False),
    ("", "()", True),
    (None, "()", True),
]


@pytest.mark.parametrize(("arguments", "detail", "folded"), CALLS)
def test_a_call_shows_its_arguments(arguments: object, detail: str, folded: bool) -> None:
    shown = of(call(arguments=arguments))
    assert (shown.title, shown.detail, shown.folded) == ("find", detail, folded)


def test_arguments_that_are_not_json_are_shown_as_they_are() -> None:
    assert of(call(arguments='{"a": 1')).body == '{"a": 1'
    assert of(call(arguments='{"a":1}')).body == '{\n  "a": 1\n}'


def test_a_call_is_ticked_when_its_output_is_there() -> None:
    assert badges(of(call())) == []
    assert badges(of(call(), OUTPUT)) == ["✓"]


def test_an_output_without_its_call_says_so() -> None:
    assert badges(of(OUTPUT)) == ["no matching call"]
    assert badges(of(OUTPUT, call())) == []


def test_output_that_is_json_is_laid_out() -> None:
    shown = of(OUTPUT, call())
    assert (shown.form, shown.body) == (Format.JSON, '{\n  "a": [\n    1\n  ]\n}')
    text = of(OUTPUT | {"output": "plain\nlines"}, call())
    assert (text.form, text.body) == (Format.VERBATIM, "plain\nlines")


@pytest.mark.parametrize(("lines", "folded"), [(3, False), (100, True)])
def test_long_output_starts_folded(lines: int, folded: bool) -> None:
    shown = of(OUTPUT | {"output": "line\n" * lines})
    assert (shown.folds, shown.folded) == (True, folded)


def test_compaction_says_how_much() -> None:
    shown = of({"type": "compaction", "encrypted_content": "x" * 12_000})
    assert (shown.kind, shown.title, shown.detail) == (
        Kind.COMPACTION,
        "context compacted here",
        "12 kB",
    )


def test_an_approval_waits_for_an_answer_and_tells_it() -> None:
    asked = of(
        {"type": "mcp_approval_request", "server_label": "s", "name": "n", "arguments": "{}"}
    )
    assert badges(asked) == ["needs approval"]
    assert badges(of({"type": "mcp_approval_response", "approve": True})) == ["approved"]
    assert badges(of({"type": "mcp_approval_response", "approve": "true"})) == ["denied"]


def test_a_type_nobody_knows_shows_its_json() -> None:
    shown = of({"type": "quantum_call", "payload": [1]})
    assert (shown.title, shown.form) == ("quantum_call", Format.JSON)
    assert '"payload"' in shown.body


def test_blobs_are_not_printed() -> None:
    shown = of({"type": "image_generation_call", "result": "A" * 100_000, "status": "completed"})
    assert "AAAA" not in shown.body
    assert "100 kB" in shown.body


PLACES = [
    (Place.PRIVATE, "off the record"),
    (Place.CHAIN, "chain only"),
    (Place.PENDING, "pending"),
    (Place.STOPPED, "stopped · not on the server"),
]


@pytest.mark.parametrize(("place", "word"), PLACES)
def test_where_an_item_lives_is_said_in_words(place: Place, word: str) -> None:
    assert word in badges(of(message("user", "x"), place=place))
    assert badges(of(message("user", "x"))) == []


def test_steps_stand_close_together_and_messages_do_not() -> None:
    step, said = Record(call()), Record(message("user", "x"))
    assert tight(step, Record(OUTPUT))
    assert not tight(said, step)
    assert not tight(step, said)


def test_a_clock_tells_the_day_when_it_is_another_one() -> None:
    assert len(clock(0.0).split()) == 3
    assert clock(None) == ""
    assert clock(1e300) == ""


TYPES = """
message reasoning compaction compaction_trigger configuration_update additional_tools
function_call function_call_output custom_tool_call custom_tool_call_output tool_search_call
tool_search_output program program_output web_search_call file_search_call
code_interpreter_call image_generation_call computer_call computer_call_output local_shell_call
local_shell_call_output shell_call shell_call_output apply_patch_call apply_patch_call_output
mcp_list_tools mcp_call mcp_approval_request mcp_approval_response item_reference new_thing
"""
FIELDS = """
role status name call_id arguments input output result content summary encrypted_content action
operation code outputs tools queries results server_label error approve reason phase
"""
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just("\x1b[31m")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["type", "text", "query", "commands", "url", "logs", "path"]), inner
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(TYPES.split()),
    st.dictionaries(st.sampled_from(FIELDS.split()), VALUES, max_size=6),
    st.sampled_from(Place),
)
def test_nothing_a_server_sends_breaks_an_entry(
    kind: str, fields: dict[str, Any], place: Place
) -> None:
    raw = {**fields, "type": kind}
    shown = of(raw, place=place)
    strings = [shown.title, shown.detail, shown.note, shown.source, shown.body, *badges(shown)]
    assert [visible(string) for string in strings] == strings
    assert "\n" not in shown.title + shown.detail
    assert lines_about(Record(raw), 40) > 0


def test_deep_json_does_not_exhaust_the_stack() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert of({"type": "new_thing", "payload": deep}).title == "new_thing"
    assert of(OUTPUT | {"output": "[" * 50_000}).body.startswith("[")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("**What is asked** and *why*", "What is asked and why"),
        ("### `code` in a title", "code in a title"),
        ("- a [link](http://a.b) in a list", "a link in a list"),
        ("**Not closed", "Not closed"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
    ],
)
def test_folded_reasoning_is_told_in_plain_words(line: str, words: str) -> None:
    summary = [{"type": "summary_text", "text": f"{line}\n\nmore"}]
    record = Record({"type": "reasoning", "summary": summary})
    assert entry(record, Pairs()).detail == words
