"""Keys as terminals without the kitty protocol send them."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from chat_tui.tui.terminal import PASTE_END, PASTE_START, Parser, teach_keys


@pytest.mark.parametrize(
    ("sent", "key"), [("\x1b\r", "alt+enter"), ("\x1b\n", "alt+enter"), ("\r", "enter")]
)
def test_alt_enter_is_told_from_enter(sent: str, key: str) -> None:
    teach_keys()
    told = [event.key for event in XTermParser().feed(sent) if isinstance(event, events.Key)]
    assert told == [key]


PASTED = "abc \x1b[31mred\x1b[0m\ttab\rline2 \x1b]52;c;aGk=\x07 \x1b[201 \x1b[200~ end\x1b"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_nothing_inside_a_paste_is_a_key_wherever_the_reads_cut_it(size: int) -> None:
    sent = f"x{PASTE_START}{PASTED}{PASTE_END}y"
    parser = Parser()
    told = [
        event
        for start in range(0, len(sent), size)
        for event in parser.feed(sent[start : start + size])
    ]
    assert [event.key for event in told if isinstance(event, events.Key)] == ["x", "y"]
    pastes = [event.text for event in told if isinstance(event, events.Paste)]
    assert pastes == [PASTED.replace("\x1b", "␛").replace("\x07", "␇")]
