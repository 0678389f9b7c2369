"""The exchange format: nothing is lost on the way out and back, and odd files are named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Place, Record
from chat_tui.moving import (
    FORMAT,
    VERSION,
    Answer,
    BadImport,
    Document,
    Facts,
    read_document,
    write_document,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIME = st.one_of(st.just(0.0), st.floats(1, 4e9))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=4)
RECORDS = st.builds(
    Record, OBJECT, st.sampled_from(Place), st.one_of(st.none(), st.floats(1, 4e9)), TEXT, TEXT
)
FACTS = st.builds(
    Facts,
    *([TEXT, st.booleans(), TEXT, TEXT, TEXT, TEXT, TIME, TIME, TEXT, TEXT, st.booleans()]),
    compaction=TEXT,
    instructions=TEXT,
    metadata=st.dictionaries(TEXT, TEXT, max_size=3),
    usage=OBJECT,
)
DOCUMENTS = st.builds(
    Document,
    FACTS,
    st.lists(RECORDS, max_size=5).map(tuple),
    st.lists(st.builds(Answer, TEXT, TEXT, TEXT, TIME, OBJECT), max_size=2).map(tuple),
    st.sampled_from(["server", "cache"]),
    st.booleans(),
    st.lists(TEXT, max_size=2).map(tuple),
    TIME,
)


def without_refs(document: Document) -> Document:
    return replace(document, records=tuple(replace(r, ref=0) for r in document.records))


@given(DOCUMENTS)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    text = json.dumps(write_document(document, "tests"))
    assert without_refs(read_document(json.loads(text))) == without_refs(document)


@given(st.one_of(JSON, st.fixed_dictionaries({"format": st.just(FORMAT), "version": JSON}), OBJECT))
def test_no_json_is_more_than_refused(value: Any) -> None:
    refused = ""
    try:
        read_document(value)
    except BadImport as error:
        refused = error.sentence
    assert refused == "" or refused.endswith(".")


def whole(**changes: Any) -> Any:
    return {"format": FORMAT, "version": VERSION, "conversation": {}, "items": [], **changes}


WRONG = {
    "another program's": ({"format": "other"}, "no export of chat-tui"),
    "no version": ({"format": FORMAT}, "which version"),
    "a version of true": (whole(version=True), "which version"),
    "a later version": (whole(version=VERSION + 1), "Update chat-tui"),
    "items that are none": (whole(items={}), "items is not a list"),
    "an item that is none": (whole(items=[{"item": {}}, 3]), r"items\[1\] is not an object"),
    "an item without its JSON": (whole(items=[{}]), r"items\[0\].item is not an object"),
    "a place nobody knows": (whole(items=[{"item": {}, "place": "moon"}]), "place is not one of"),
    "a title that is no text": (whole(conversation={"title": 1}), "conversation.title"),
    "metadata of numbers": (whole(conversation={"metadata": {"a": 1}}), "metadata.a is not a str"),
    "a time that is text": (whole(exported_at="now"), "exported_at is not a number"),
    "a response that is none": (whole(responses=[1]), r"responses\[0\] is not an object"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_told_by_its_first_wrong_place(case: str) -> None:
    value, words = WRONG[case]
    with pytest.raises(BadImport, match=words):
        read_document(value)


def test_what_a_later_version_adds_is_passed_over() -> None:
    item = {"item": {"role": "user"}, "mood": "good"}
    found = read_document(whole(items=[item], weather="fine"))
    assert [record.raw for record in found.records] == [{"role": "user"}]
