"""Items: every wire type gets a view that never fails, and no outside text acts or hides."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import (
    Item,
    Kind,
    Place,
    RawItem,
    Record,
    encodable,
    item_text,
    part_text,
    seen_now,
    unanswered_calls,
    user_message,
    visible,
    visible_line,
)

Raw = dict[str, Any]

# One of each type of api.md B: the raw item, its kind, its text.
EVERY_TYPE: list[tuple[Raw, Kind, str]] = [
    (
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
        Kind.USER,
        "Hi",
    ),
    (
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "One", "annotations": []},
                {"type": "refusal", "refusal": "No."},
            ],
        },
        Kind.ASSISTANT,
        "One\n\nNo.",
    ),
    ({"role": "user", "content": "bare"}, Kind.USER, "bare"),
    ({"type": "message", "role": "system", "content": "rules"}, Kind.SYSTEM, "rules"),
    ({"type": "message", "role": "developer", "content": "rules"}, Kind.SYSTEM, "rules"),
    ({"type": "message", "role": "discriminator", "content": "?"}, Kind.SYSTEM, "?"),
    (
        {
            "type": "reasoning",
            "summary": [
                {"type": "summary_text", "text": "First."},
                {"type": "summary_text", "text": "Then."},
            ],
            "encrypted_content": "gAAA",
        },
        Kind.REASONING,
        "First.\n\nThen.",
    ),
    (
        {
            "type": "reasoning",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "raw thoughts"}],
        },
        Kind.REASONING,
        "raw thoughts",
    ),
    ({"type": "compaction", "encrypted_content": "gAAA"}, Kind.COMPACTION, ""),
    ({"type": "compaction_trigger"}, Kind.COMPACTION, ""),
    ({"type": "configuration_update", "reasoning": {"effort": "low"}}, Kind.SYSTEM, ""),
    ({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, Kind.CALL, ""),
    ({"type": "function_call_output", "call_id": "c", "output": "42"}, Kind.OUTPUT, "42"),
    (
        {
            "type": "function_call_output",
            "call_id": "c",
            "output": [
                {"type": "input_text", "text": "see"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            ],
        },
        Kind.OUTPUT,
        "see\n\n[image: inline data]",
    ),
    ({"type": "custom_tool_call", "call_id": "c", "input": "print(1)"}, Kind.CALL, "print(1)"),
    ({"type": "custom_tool_call_output", "call_id": "c", "output": "1"}, Kind.OUTPUT, "1"),
    ({"type": "tool_search_call", "execution": "client", "arguments": {}}, Kind.CALL, ""),
    ({"type": "tool_search_output", "tools": [{}], "execution": "client"}, Kind.OUTPUT, ""),
    ({"type": "additional_tools", "role": "developer", "tools": [{}]}, Kind.SYSTEM, ""),
    ({"type": "program", "call_id": "c", "code": "1+1", "fingerprint": "f"}, Kind.CALL, ""),
    ({"type": "program_output", "call_id": "c", "result": "2"}, Kind.OUTPUT, "2"),
    ({"type": "web_search_call", "action": {"type": "search", "query": "q"}}, Kind.HOSTED, ""),
    ({"type": "file_search_call", "queries": ["q"], "results": None}, Kind.HOSTED, ""),
    ({"type": "code_interpreter_call", "code": "1", "outputs": None}, Kind.HOSTED, ""),
    ({"type": "image_generation_call", "result": "iVBOR"}, Kind.HOSTED, ""),
    ({"type": "computer_call", "call_id": "c", "action": {"type": "wait"}}, Kind.CALL, ""),
    (
        {
            "type": "computer_call_output",
            "call_id": "c",
            "output": {"type": "computer_screenshot", "file_id": "file_1"},
        },
        Kind.OUTPUT,
        "[image: file_1]",
    ),
    ({"type": "local_shell_call", "call_id": "c", "action": {"env": {}}}, Kind.CALL, ""),
    ({"type": "local_shell_call_output", "id": "c", "output": "done"}, Kind.OUTPUT, "done"),
    ({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}}, Kind.CALL, ""),
    (
        {
            "type": "shell_call_output",
            "call_id": "c",
            "output": [
                {"stdout": "a\n", "stderr": "b", "outcome": {"type": "exit", "exit_code": 0}},
                {"stdout": "c", "stderr": "", "outcome": {"type": "timeout"}},
            ],
        },
        Kind.OUTPUT,
        "a\nb\n\nc",
    ),
    ({"type": "apply_patch_call", "call_id": "c", "operation": {}}, Kind.CALL, ""),
    ({"type": "apply_patch_call_output", "call_id": "c", "output": None}, Kind.OUTPUT, ""),
    ({"type": "mcp_list_tools", "server_label": "s", "tools": []}, Kind.HOSTED, ""),
    ({"type": "mcp_approval_request", "name": "f", "arguments": "{}"}, Kind.APPROVAL, ""),
    ({"type": "mcp_approval_response", "approve": True}, Kind.APPROVAL, ""),
    ({"type": "mcp_call", "name": "f", "arguments": "{}", "output": None}, Kind.HOSTED, ""),
    ({"type": "item_reference", "id": "msg_1"}, Kind.UNKNOWN, ""),
    ({"type": "hologram", "content": [{"type": "text", "text": "?"}]}, Kind.UNKNOWN, "?"),
    ({}, Kind.UNKNOWN, ""),
]


@pytest.mark.parametrize(
    ("raw", "kind", "text"), EVERY_TYPE, ids=[str(raw.get("type", "-")) for raw, _, _ in EVERY_TYPE]
)
def test_every_type_has_a_kind_and_its_readable_text(raw: Raw, kind: Kind, text: str) -> None:
    assert Item(raw).kind is kind
    assert Item(raw).text == text


def test_types_without_a_status_read_as_an_empty_one() -> None:
    assert Item({"type": "compaction"}).status == ""
    assert Item({"type": "message", "role": "user", "status": None}).status == ""
    assert Item({"type": "message", "role": "user", "status": "incomplete"}).status == "incomplete"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "input_text", "text": "a"}, "a"),
        ({"type": "text", "text": "a"}, "a"),
        ({"type": "refusal", "refusal": "no"}, "no"),
        ({"type": "input_image", "image_url": "https://x/y.png"}, "[image: https://x/y.png]"),
        ({"type": "input_image", "image_url": None}, "[image: not included]"),
        ({"type": "input_file", "filename": "a.pdf", "file_data": "AAAA"}, "[file: a.pdf]"),
        ({"type": "input_file", "file_data": "AAAA"}, "[file: inline data]"),
        ("a string", "a string"),
        (None, ""),
        (7, ""),
        ({"type": "output_text", "text": {"not": "text"}}, ""),
        ({"type": "a kind of the future"}, ""),
    ],
)
def test_a_part_reads_as_text_or_as_a_label(part: object, text: str) -> None:
    assert part_text(part) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ["id", "type", "role", "status", "name", "call_id", "content", "summary", "output"]
FIELDS += ["result", "input", "arguments", "execution", "action", "text", "refusal", "stdout"]
ODD_ITEMS = st.dictionaries(
    st.sampled_from(FIELDS),
    JSON | st.sampled_from([str(raw.get("type")) for raw, _, _ in EVERY_TYPE]),
    max_size=8,
)


@given(ODD_ITEMS)
def test_no_item_however_odd_makes_a_view_fail(raw: Raw) -> None:
    item = Item(raw)
    for name in ("id", "type", "role", "status", "name", "call_id", "text"):
        assert isinstance(getattr(item, name), str)
    assert isinstance(item.kind, Kind)
    assert item.is_call in (True, False)
    assert item.is_output in (True, False)
    assert item_text(raw) == item.text
    unanswered_calls([raw, raw])


def test_a_call_is_unanswered_until_an_output_names_it() -> None:
    call = {"type": "function_call", "call_id": "one", "name": "f", "arguments": "{}"}
    other = {"type": "custom_tool_call", "call_id": "two", "name": "g", "input": ""}
    output = {"type": "function_call_output", "call_id": "one", "output": ""}
    assert [item.call_id for item in unanswered_calls([call, other])] == ["one", "two"]
    assert [item.call_id for item in unanswered_calls([call, other, output])] == ["two"]


def test_a_local_shell_call_is_answered_by_the_output_that_carries_its_call_id_as_id() -> None:
    call = {"type": "local_shell_call", "id": "lsh_1", "call_id": "c", "action": {}}
    assert unanswered_calls([call])
    assert not unanswered_calls([call, {"type": "local_shell_call_output", "id": "c"}])


def test_calls_that_the_server_runs_itself_wait_for_nothing_from_here() -> None:
    hosted = [
        {"type": "web_search_call"},
        {"type": "program", "call_id": "c", "code": ""},
        {"type": "tool_search_call", "call_id": "d", "execution": "server"},
        {"type": "mcp_call"},
    ]
    assert not unanswered_calls(hosted)
    assert unanswered_calls([{"type": "tool_search_call", "call_id": "d", "execution": "client"}])


def test_what_a_person_typed_becomes_a_user_message() -> None:
    item = Item(user_message("hello\nthere"))
    assert (item.kind, item.text, item.id) == (Kind.USER, "hello\nthere", "")


def test_no_two_records_share_a_ref_even_when_their_ids_are_equal() -> None:
    raw: Raw = {"type": "message", "role": "assistant", "id": "msg_0", "content": []}
    records = [Record(raw), Record(raw), seen_now(raw, Place.CHAIN, "resp_1", "demo")]
    assert len({record.ref for record in records}) == 3
    assert records[2].at is not None
    assert (records[2].response_id, records[2].model) == ("resp_1", "demo")


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("plain 日本 😀", "plain 日本 😀"),
        ("half \ud83d", "half \ufffd"),
        ("\udc00 other half", "\ufffd other half"),
        ("two halves \ud83d\ude00", "two halves 😀"),
        ("a byte that is no UTF-8 \udcff", "a byte that is no UTF-8 \ufffd"),
    ],
)
def test_what_no_wire_can_carry_is_replaced(text: str, carried: str) -> None:
    assert encodable(text) == carried
    encodable(text).encode()


# --- the border -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, tab\tand\nnewline", "plain text, tab\tand\nnewline"),
        ("", ""),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a␍b"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;aGk=\x1b\\", "␛]52;c;aGk=␛\\"),
        ("\x9b31m", "‹009B›31m"),
        ("\x00\x7f", "␀␡"),
        ("user\u202egpj.exe", "user‹202E›gpj.exe"),
        ("a\u2066b\u2069", "a‹2066›b‹2069›"),
        ("pass\u200bword", "pass‹200B›word"),
        ("\ufeffstart", "‹FEFF›start"),
        ("\u2028line\u2029par", "‹2028›line‹2029›par"),
        ("tag\U000e0041", "tag‹E0041›"),
        ("half \ud83d", "half ‹D83D›"),
        ("blank\u3164", "blank‹3164›"),
        ("a\u200cb a\u200db", "a‹200C›b a‹200D›b"),
        ("[bold]x[/] [@click=app.quit]x[/]", "[bold]x[/] [@click=app.quit]x[/]"),
    ],
)
def test_what_acts_or_hides_is_replaced_by_a_mark(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Grüße, Ελληνικά, русский, 日本語, 한국어, עברית, العربية",
        "می\u200cخواهم",  # Persian, with a non-joiner
        "ශ්\u200dරී ලංකා",  # Sinhala, with a joiner
        "क्\u200dष",  # Devanagari, with a joiner
        "👨\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👩🏽\u200d🚀",
        "❤\ufe0f\u200d🔥 🧑\u200d⚕\ufe0f 🐻\u200d❄\ufe0f",
        "1\ufe0f⃣ ☎\ufe0f ☎\ufe0e",
        "e\u0301 n\u0303",
        "∑ ∫ → ⟨x⟩ ½ ﬁ",
    ],
)
def test_honest_writing_of_any_script_passes_unchanged(text: str) -> None:
    assert visible(text) == text


# Signs of Arabic, Syriac and Kaithi and the joiners of hieroglyphs: formats, but they are seen.
SEEN_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
SEEN_FORMATS |= {*range(0x13430, 0x13440)}


def test_no_control_format_or_separator_character_of_unicode_survives() -> None:
    acting = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    survivors = {
        code
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in acting and visible(chr(code)) == chr(code)
    }
    assert survivors - SEEN_FORMATS == {ord("\t"), ord("\n")}


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("👩" + "\u200d👩" * 4, 0),
        ("👩" + "\u200d👩" * 5, 1),
        ("👩" + "\u200d👩" * 10, 2),
        ("👨\u200d👩\u200d👧\u200d👦" * 9, 0),
        ("👨🏻\u200d❤\ufe0f\u200d💋\u200d👨🏻" * 9, 0),
        ("👩" + "🏽" * 3 + "\u200d👩", 0),
        ("👩" + "🏽" * 4 + "\u200d👩", 1),
    ],
)
def test_emoji_are_joined_only_as_far_as_terminals_draw_them(text: str, marks: int) -> None:
    shown = visible(text)
    assert shown.count("‹200D›") == marks
    assert shown.replace("‹200D›", "\u200d") == text
    assert all(part.count("\u200d") <= 4 for part in shown.split("‹200D›")) or marks == 0


TRICKY = st.sampled_from(
    "\r\n\t\x1b\x9b\u200b\u200c\u200d\u202e\ufe0f\u2066\ud83d\ude00🏽👩🚀❤م්a ‹›"
)
NASTY = st.text(TRICKY | st.characters(), max_size=30)
FORBIDDEN = {"Cc", "Cs", "Zl", "Zp"}


@given(NASTY)
def test_visible_text_can_be_drawn_and_does_nothing(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    bad = {c for c in shown if unicodedata.category(c) in FORBIDDEN} - {"\t", "\n"}
    assert not bad
    assert not set("\u200b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff") & set(
        shown
    )


@given(NASTY)
def test_making_text_visible_twice_changes_nothing_more(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=40))
def test_letters_numbers_and_signs_are_never_changed(text: str) -> None:
    fillers = set("\u115f\u1160\u3164\uffa0")
    assert visible(text) == text or fillers & set(text)


@given(NASTY)
def test_a_visible_line_is_one_line_without_ragged_space(text: str) -> None:
    shown = visible_line(text)
    assert len(shown.splitlines()) <= 1
    assert shown == shown.strip()
    assert "  " not in shown


# --- records ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw", [{}, {"id": 7}, {"id": "msg_1", "role": "user", "content": "día"}, {"type": "reasoning"}]
)
def test_a_record_held_as_json_says_what_one_held_as_an_item_says(raw: RawItem) -> None:
    as_item, as_json = Record(raw), Record(json.dumps(raw))
    for record in (as_item, as_json):
        assert record.raw == raw
        assert json.loads(record.json) == raw
        assert (record.id, record.kind) == (Item(raw).id, Item(raw).kind)


def test_a_record_that_becomes_another_item_has_its_id_and_kind() -> None:
    before = Record(json.dumps({"type": "reasoning", "id": "rs_1"}))
    after = replace(before, held={"type": "function_call", "id": "fc_1"})
    assert (after.ref, after.id, after.kind) == (before.ref, "fc_1", Kind.CALL)
