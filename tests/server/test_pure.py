"""The parts without a server: pairing and cutting of contexts, blobs, tokens, chunks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.server import context, store
from chat_tui.server.crypt import ForeignBlobError, Sealer
from chat_tui.server.errors import ApiError
from chat_tui.server.store import Stored
from chat_tui.server.tokens import count_item, count_text
from chat_tui.server.upstream import Piece, ReasoningDelta, TextDelta
from chat_tui.server.upstream.chat_stream import ChunkReader

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]


def user(text: str = "u") -> Json:
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def answer(name: str = "m") -> Json:
    return {"type": "message", "id": name, "role": "assistant", "content": []}


def call(name: str, status: str = "completed") -> Json:
    return {
        "type": "function_call",
        "call_id": name,
        "name": "f",
        "arguments": "",
        "status": status,
    }


def output(name: str) -> Json:
    return {"type": "function_call_output", "call_id": name, "output": "x"}


def thought(name: str = "rs", status: str = "completed") -> Json:
    summary = [{"type": "summary_text", "text": "s"}]
    return {"type": "reasoning", "id": name, "summary": summary, "status": status}


def kept(*items: Json) -> list[str]:
    """Return what of a context a model gets, as short names."""
    found = context.paired([store.stored(item) for item in items])
    return [s.item.get("call_id") or s.item.get("role") or s.item["type"] for s in found]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([user(), answer(), user()], ["user", "assistant", "user"]),
        ([user(), call("a"), call("b"), output("b"), output("a")], ["user", "a", "b", "b", "a"]),
        ([user(), thought(), call("a"), output("a")], ["user", "reasoning", "a", "a"]),
        ([thought(), thought(), answer()], ["reasoning", "reasoning", "assistant"]),
        ([user(), thought(), call("a", "incomplete"), user()], ["user", "user"]),
        ([user(), call("a", "incomplete"), output("a")], ["user", "a", "a"]),
        ([user(), thought(status="incomplete"), user()], ["user", "user"]),
        ([user(), thought(status="incomplete")], ["user"]),
    ],
)
def test_what_belongs_together_stays_together(items: list[Json], expected: list[str]) -> None:
    assert kept(*items) == expected


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([call("a")], "No tool output found for function call a."),
        ([call("a"), call("b"), output("b")], "function call a."),
        ([output("a"), call("a")], "No tool call found for function call output with call_id a."),
        ([output("a")], "No tool call found"),
        ([user(), thought()], "without its required following item"),
        ([thought(), user()], "without its required following item"),
        ([thought(), output("a"), call("a")], "No tool call found"),
    ],
)
def test_what_lacks_its_partner_is_refused(items: list[Json], words: str) -> None:
    with pytest.raises(ApiError) as refused:
        kept(*items)
    assert words in refused.value.message
    assert (refused.value.status, refused.value.param) == (400, "input")


def test_an_answer_wants_the_reasoning_it_came_from() -> None:
    bound = Stored(answer(), 1, requires="rs")
    assert context.paired([store.stored(thought()), bound])
    for items in ([bound], [store.stored(thought("other")), bound]):
        with pytest.raises(ApiError) as refused:
            context.paired(items)
        assert "without its required 'reasoning' item: 'rs'" in refused.value.message


def test_a_context_is_cut_at_the_begin_of_a_turn() -> None:
    items = [Stored(item, 10) for item in (user(), call("a"), output("a"), answer())]
    items += [Stored(item, 10) for item in (user(), answer(), user())]
    assert len(context.cut_to_fit(items, 70)) == 7
    assert len(context.cut_to_fit(items, 69)) == 3
    assert len(context.cut_to_fit(items, 30)) == 3
    assert len(context.cut_to_fit(items, 29)) == 1
    with pytest.raises(ApiError) as refused:
        context.cut_to_fit(items, 9)
    assert refused.value.code == "context_length_exceeded"


@given(content=st.binary(max_size=200), other=st.binary(max_size=200))
def test_a_blob_opens_for_its_purpose_and_key_only(content: bytes, other: bytes) -> None:
    sealer = Sealer(b"k" * 32)
    blob = sealer.seal(content, "one")
    assert sealer.open(blob, "one") == content
    assert sealer.seal(content, "one") == blob
    assert (sealer.seal(other, "one") == blob) is (other == content)
    for stranger, purpose in ((sealer, "two"), (Sealer(b"l" * 32), "one")):
        with pytest.raises(ForeignBlobError):
            stranger.open(blob, purpose)


@given(blob=st.text(max_size=60))
def test_what_is_no_blob_is_foreign(blob: str) -> None:
    with pytest.raises(ForeignBlobError):
        Sealer(b"k" * 32).open(blob, "one")


def test_one_key_for_all_who_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "key"
    blob = Sealer.from_file(path).seal(b"x", "one")
    assert Sealer.from_file(path).open(blob, "one") == b"x"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("世界", 2), (None, 0)]
)
def test_the_estimate(text: str | None, tokens: int) -> None:
    assert count_text(text) == tokens


@given(text=st.text(max_size=300))
def test_a_blob_counts_as_what_it_holds(text: str) -> None:
    blob = Sealer(b"k" * 32).seal(text.encode(), "compaction")
    counted = count_item({"type": "compaction", "encrypted_content": blob})
    assert abs(counted - max(1, count_text(text))) <= 1


def read(chunks: list[Json]) -> list[Piece]:
    reader = ChunkReader()
    found = [piece for chunk in chunks for piece in reader.read(chunk)]
    return [*found, *reader.end(said_so=True)]


def joined(pieces: list[Piece], kind: type[TextDelta | ReasoningDelta]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, kind))


@given(
    text=st.lists(
        st.sampled_from(["<think>", "</think>", "<", "think", "</", ">", "a", "\n", " b"]),
        max_size=8,
    ).map("".join),
    data=st.data(),
)
def test_how_an_answer_is_cut_into_chunks_makes_no_difference(text: str, data: Any) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=5)) | {0, len(text)})
    parts = [text[a:b] for a, b in itertools.pairwise(cuts)]
    whole = read([{"choices": [{"delta": {"content": text}}]}])
    cut = read([{"choices": [{"delta": {"content": part}}]} for part in parts])
    for kind in (TextDelta, ReasoningDelta):
        assert joined(cut, kind) == joined(whole, kind)
