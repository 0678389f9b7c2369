"""ChatGPT's export: the branch last shown, as text, with an honest word where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import Item
from chat_tui.moving import BadImport, Reach, load
from chat_tui.moving.chatgpt import choose, entries, read_entry

Json = dict[str, Any]


def message(role: str, *parts: Any, kind: str = "text", **more: Any) -> Json:
    content = more.pop("content", {"content_type": kind, "parts": list(parts)})
    name = more.pop("name", None)
    return {
        "author": {"role": role, "name": name},
        "create_time": 1_700_000_000.5,
        "content": content,
        "recipient": "all",
        "metadata": {},
        **more,
    }


def conversation(*messages: Json, **more: Any) -> Json:
    """Return a conversation of one branch."""
    mapping: Json = {"root": {"id": "root", "message": None, "parent": None}}
    parent = "root"
    for number, said in enumerate(messages):
        mapping[f"n{number}"] = {"id": f"n{number}", "message": said, "parent": parent}
        parent = f"n{number}"
    return {
        "title": "Trip",
        "create_time": 1_700_000_000.0,
        "update_time": 1_700_000_100.0,
        "current_node": parent,
        "conversation_id": "c-1",
        "default_model_slug": "gpt-4o",
        "mapping": mapping,
        **more,
    }


def read(*messages: Json, **more: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Return who said what, and what could not travel."""
    found = read_entry(entries([conversation(*messages, **more)])[0])
    views = [Item(record.raw) for record in found.records]
    return [(view.role, view.text) for view in views], list(found.notes)


def test_a_conversation_with_its_title_and_times() -> None:
    found = read_entry(
        entries([conversation(message("user", "hi"), message("assistant", "ho"))])[0]
    )
    assert found.facts.title == "Trip"
    assert (found.facts.created_at, found.facts.updated_at) == (1_700_000_000.0, 1_700_000_100.0)
    assert found.facts.metadata == {
        "imported_from": "chatgpt",
        "chatgpt_id": "c-1",
        "chatgpt_model": "gpt-4o",
        "created": "2023-11-14T22:13:20Z",
        "updated": "2023-11-14T22:15:00Z",
    }
    assert [record.at for record in found.records] == [1_700_000_000.5] * 2
    cargo = load(found, Reach(home=False, embedded=False))
    assert cargo.items == tuple(record.raw for record in found.records)
    assert cargo.left == ()
    assert found.notes == ()


def test_of_a_tree_the_branch_last_shown_is_taken() -> None:
    raw = conversation(message("user", "a"), message("assistant", "old"))
    raw["mapping"]["again"] = {"parent": "n0", "message": message("assistant", "new")}
    raw["current_node"] = "again"
    found = read_entry(entries([raw])[0])
    assert [record.item.text for record in found.records] == ["a", "new"]
    assert found.notes == ("1 × message of other branches",)


def test_without_a_word_on_what_was_shown_the_latest_leaf_counts() -> None:
    raw = conversation(message("user", "a"), message("assistant", "old"), current_node=None)
    late = message("assistant", "late", create_time=1_800_000_000)
    raw["mapping"]["late"] = {"parent": "n0", "message": late}
    assert [r.item.text for r in read_entry(entries([raw])[0]).records] == ["a", "late"]


def test_a_tree_that_bites_its_tail_ends() -> None:
    raw = conversation(message("user", "a"), message("assistant", "b"))
    raw["mapping"]["n0"]["parent"] = "n1"
    assert len(read_entry(entries([raw])[0]).records) == 2


def test_calls_and_outputs_of_tools_become_texts_that_say_so() -> None:
    code = {"content_type": "code", "language": "unknown", "text": "print('```')"}
    result = {"content_type": "execution_output", "text": "```"}
    said, notes = read(
        message("assistant", content=code, recipient="python"),
        message("tool", content=result, name="python"),
    )
    assert said == [
        ("assistant", "[call of python]\n\n````\nprint('```')\n````"),
        ("assistant", "[output of python]\n\n````\n```\n````"),
    ]
    assert notes == ["1 × call of a tool, as a text", "1 × output of a tool, as a text"]


def test_images_and_sound_are_named_and_spoken_words_kept() -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-abc"}
    sound = {"content_type": "audio_asset_pointer"}
    spoken = {"content_type": "audio_transcription", "text": "hello"}
    said, notes = read(message("user", image, sound, spoken, "look", kind="multimodal_text"))
    assert said[0][0] == "user"
    assert said[0][1].split("\n\n") == [
        "[image: file-abc, not in this conversation]",
        "[audio, not in this conversation]",
        "hello",
        "look",
    ]
    assert notes == ["1 × audio, named in its place", "1 × image, named in its place"]


def test_what_no_reader_saw_or_no_model_can_use_is_counted() -> None:
    hidden = message("user", "secret", metadata={"is_visually_hidden_from_conversation": True})
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "c"}]}
    profile = {"content_type": "user_editable_context", "user_profile": "x"}
    said, notes = read(
        message("system", ""),
        message("system", "be brief"),
        hidden,
        message("assistant", content=thoughts),
        message("user", content=profile),
        message("assistant", "see \ue200cite\ue202turn0search0\ue201 there"),
    )
    assert said == [("assistant", "see  there")]
    assert notes == [
        "1 × citation mark",
        "1 × custom instructions",
        "1 × hidden message",
        "1 × message of the role system",
        "1 × reasoning, of which no model can go on",
    ]


@pytest.mark.parametrize("value", [None, {}, "x", [1], [{}], [{"mapping": []}]])
def test_what_is_no_export_is_refused(value: Any) -> None:
    with pytest.raises(BadImport, match="no data export of ChatGPT"):
        entries(value)


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["parts", "role", "name", "text", "content_type", "language", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
MESSAGES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["author", "content", "metadata", "recipient", "create_time"], ODD),
)
NODES = st.dictionaries(
    st.sampled_from("abcd"),
    st.one_of(
        ODD,
        st.fixed_dictionaries({"parent": st.sampled_from("abcd"), "message": MESSAGES}),
        st.fixed_dictionaries(
            {
                "parent": st.sampled_from("abcd"),
                "message": st.builds(
                    lambda role, parts: message(role, *parts),
                    st.sampled_from(["user", "assistant", "tool"]),
                    st.lists(ODD, max_size=3),
                ),
            }
        ),
    ),
)


@given(
    st.fixed_dictionaries(
        {"mapping": NODES},
        optional={"title": ODD, "create_time": ODD, "current_node": st.sampled_from("abcde")},
    )
)
def test_odd_exports_are_read_as_far_as_they_go(raw: Json) -> None:
    found = read_entry(entries([raw])[0])
    for record in found.records:
        assert record.item.role in ("user", "assistant")
        assert record.item.text.strip()
    assert not load(found, Reach(home=False, embedded=False)).left


def test_conversations_are_chosen_by_number_or_title() -> None:
    found = entries([conversation(title=title) for title in ("Trip", "Trip two", "Tax", "7", "7")])
    assert [e.title for e in choose(found, ["3", "trip"])] == ["Trip", "Tax"]
    assert [e.title for e in choose(found, ["two", "2", "TAX"])] == ["Trip two", "Tax"]
    wrong = {
        "nothing": "no conversation called 'nothing'",
        "7": "names 2",
        "t": "names 3",
        "": "no conversation",
        "99": "no conversation",
    }
    for name, words in wrong.items():
        with pytest.raises(BadImport, match=words):
            choose(found, [name])
