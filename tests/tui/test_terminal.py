"""Keys as terminals without the kitty protocol send them."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from chat_tui.tui.terminal import teach_keys


@pytest.mark.parametrize(
    ("sent", "key"), [("\x1b\r", "alt+enter"), ("\x1b\n", "alt+enter"), ("\r", "enter")]
)
def test_alt_enter_is_told_from_enter(sent: str, key: str) -> None:
    teach_keys()
    told = [event.key for event in XTermParser().feed(sent) if isinstance(event, events.Key)]
    assert told == [key]
