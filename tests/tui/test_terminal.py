"""What terminals send: stray bytes, marks cut in two, and pastes that would press keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from chat_tui.tui.terminal import InputDecoder, teach_keys

START, END = "\x1b[200~", "\x1b[201~"


@pytest.mark.parametrize(
    ("sent", "key"), [("\x1b\r", "alt+enter"), ("\x1b\n", "alt+enter"), ("\r", "enter")]
)
def test_alt_enter_is_told_from_enter(sent: str, key: str) -> None:
    teach_keys()
    told = [event.key for event in XTermParser().feed(sent) if isinstance(event, events.Key)]
    assert told == [key]


def decoded(*chunks: bytes) -> str:
    decoder = InputDecoder()
    return "".join(decoder.decode(chunk) for chunk in chunks)


def test_a_stray_byte_becomes_a_mark() -> None:
    assert decoded(b"a\xff", b"b\xc3", b"\xa9") == "a\ufffdb\u00e9"


def test_keys_pass_as_they_are_and_at_once() -> None:
    decoder = InputDecoder()
    for keys in (b"\x1b", b"\x1b[", b"15~", b"\x1bOP", b"\x1b[20", b"1~"):
        assert decoder.decode(keys) == keys.decode()


@given(st.text(alphabet="ab\x1b[201~\n"), st.data())
def test_no_escape_within_a_paste_reaches_the_keys(pasted: str, data: st.DataObject) -> None:
    pasted = pasted.replace(END, "")
    if any(pasted.endswith(END[:n]) for n in range(1, len(END))):
        pasted += "x"  # else paste and mark could make another mark earlier
    sent = f"k{START}{pasted}{END}\x1b[A{START}\x1b{END}".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=5)))
    chunks = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    inert = pasted.replace("\x1b", "\u241b")
    assert decoded(*chunks) == f"k{START}{inert}{END}\x1b[A{START}\u241b{END}"
