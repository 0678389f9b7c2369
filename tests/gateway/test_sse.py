"""Server-sent events: the same bytes give the same events, however they are cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.gateway import sse
from chat_tui.gateway.sse import EventParser
from chat_tui.gateway.wire import read_json

Event = dict[str, Any]


def events_of(*chunks: bytes) -> list[Event]:
    parser = EventParser()
    found = [event for chunk in chunks for event in parser.feed(chunk)]
    return found + parser.finish()


@pytest.mark.parametrize(
    "stream",
    [
        b'event: x\ndata: {"type": "x"}\n\n',
        b'data: {"type": "x"}\n\n',
        b'data:{"type": "x"}\n\n',
        b'data: {"type": "x"}\r\n\r\n',
        b'data: {"type": "x"}\r\r',
        b'id: 7\nretry: 10\nevent: other\ndata: {"type": "x"}\n\n',
        b': ping\n\n: ping\n\ndata: {"type": "x"}\n\n: bye\n\n',
        b': [DOC] see the guide\ndata: {"type": "x"}\n: another\n\n',
        b'data: {\ndata: "type": "x"\ndata: }\n\n',
        b'data: {"type": "x"}\n\ndata: [DONE]\n\n',
        b'data: {"type": "x"}\n\ndata:  [DONE] \n\n',
        b'\n\n\ndata: {"type": "x"}\n\n\n\n',
        b'data: {"type": "x"}\n',  # ended without its blank line
        b'data: {"type": "x"}',
        b'data: {"type": "x"}\r',
    ],
)
def test_every_way_to_write_an_event_is_read(stream: bytes) -> None:
    assert events_of(stream) == [{"type": "x"}]


@pytest.mark.parametrize(
    "data", [b"null", b"[1]", b"7", b'"text"', b"{broken", b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_not_a_json_object_is_passed_over_and_counted(data: bytes) -> None:
    parser = EventParser()
    assert parser.feed(b"data: " + data + b'\n\ndata: {"after": 1}\n\n') == [{"after": 1}]
    assert parser.unreadable == 1


@pytest.mark.parametrize("cut", range(len(b'data: {"type": "x"}') - 1))
def test_half_an_event_is_no_event(cut: int) -> None:
    assert events_of(b'data: {"type": "x"}'[:cut]) == []


def test_bytes_and_text_that_could_not_be_sent_on_are_replaced() -> None:
    assert events_of(b'data: {"a": "\xff", "b": "\\ud83d", "c": "\\ud83d\\ude00"}\n\n') == [
        {"a": "\ufffd", "b": "\ufffd", "c": "😀"}
    ]
    assert read_json(b'{"a": NaN, "b": [Infinity], "\\udc00": "\xed\xa0\x80"}') == {
        "a": None,
        "b": [None],
        "\ufffd": "\ufffd\ufffd\ufffd",
    }


def test_an_event_without_end_is_refused_before_memory_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1_000)
    parser = EventParser()
    assert parser.feed(b"data: " + b"x" * 990) == []
    with pytest.raises(ValueError, match="without end"):
        parser.feed(b"x" * 10)


def test_many_events_may_together_be_longer_than_one_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1_000)
    parser = EventParser()
    event = b'data: {"text": "' + b"x" * 500 + b'"}\n\n'
    assert sum(len(parser.feed(event)) for _ in range(100)) == 100


NEWLINES = st.sampled_from([b"\n", b"\r\n", b"\r"])
OBJECTS = st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers(), max_size=3)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[Event]]:
    """A stream in one style of line end, and what it says."""
    newline = draw(NEWLINES)
    stream, told = b"", []
    for event in draw(st.lists(OBJECTS, max_size=5)):
        text = json.dumps(
            event, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
        )
        lines = [b"event: whatever"] if draw(st.booleans()) else []
        lines += [b"data: " + line.encode() for line in text.split("\n")]
        lines += [b": comment"] if draw(st.booleans()) else []
        stream += newline.join(lines) + newline + newline
        told.append(event)
    if draw(st.booleans()):
        stream += b"data: [DONE]" + newline + newline
    return stream, told


@given(streams(), st.data())
def test_any_cutting_of_any_stream_gives_the_same_events(
    stream_and_told: tuple[bytes, list[Event]], data: st.DataObject
) -> None:
    stream, told = stream_and_told
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert events_of(*chunks) == told
    assert events_of(*(stream[i : i + 1] for i in range(len(stream)))) == told


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_no_bytes_make_the_parser_fail(chunks: list[bytes]) -> None:
    assert events_of(*chunks) == events_of(b"".join(chunks))
