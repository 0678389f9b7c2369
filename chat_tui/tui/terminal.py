"""What terminals send and Textual does not know: taught once, when the app is made."""

from __future__ import annotations

import codecs
import sys
from enum import Enum
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import Keys


class _Taught(Enum):
    ALT_ENTER = "alt+enter"


def teach_keys() -> None:
    """Tell alt+enter from enter on terminals without the kitty protocol.

    They send ESC CR. Textual 8.2 reports that as plain enter, so that a line meant to be broken
    would be sent.
    """
    sequences = cast("dict[str, tuple[Keys, ...]]", ANSI_SEQUENCES_KEYS)
    for sequence in ("\x1b\r", "\x1b\n"):
        sequences.setdefault(sequence, (cast("Keys", _Taught.ALT_ENTER),))


def read_strange_input() -> None:
    """Let the driver read bytes that are no UTF-8, and pastes with escapes in them.

    Textual 8.2 decodes strictly: one stray byte from a noisy line ends the program with a
    traceback. And it takes what follows an escape in a paste for keys that were pressed.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver  # noqa: PLC0415 - not there on every system

    vars(linux_driver)["getincrementaldecoder"] = lambda _: InputDecoder


_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_PARTS = [_PASTED[:length] for length in range(len(_PASTED) - 1, 0, -1)]


class InputDecoder:
    """Bytes of a terminal to text, in which a paste holds no escape but the one that ends it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pasting = False
        self._tail = ""
        """What a mark may have begun in: already told outside of a paste, held back inside."""

    def decode(self, data: bytes, final: bool = False) -> str:
        """Return the text that ``data`` completes."""
        rest = self._decoder.decode(data, final)
        told = ""
        while rest:
            part, rest = self._pasted(rest) if self._pasting else self._typed(rest)
            told += part
        return told

    def _typed(self, text: str) -> tuple[str, str]:
        """Return ``text`` up to the end of the mark that begins a paste, and what follows."""
        seen = self._tail + text
        at = seen.find(_PASTE)
        if at < 0:
            self._tail = seen[1 - len(_PASTE) :]
            return text, ""
        end = at + len(_PASTE) - len(self._tail)
        self._tail, self._pasting = "", True
        return text[:end], text[end:]

    def _pasted(self, text: str) -> tuple[str, str]:
        """Return ``text`` up to the end of the mark that ends a paste, and what follows."""
        text = self._tail + text
        at = text.find(_PASTED)
        if at < 0:
            self._tail = next((part for part in _PARTS if text.endswith(part)), "")
            return text[: len(text) - len(self._tail)].replace("\x1b", "␛"), ""
        self._tail, self._pasting = "", False
        return text[:at].replace("\x1b", "␛") + _PASTED, text[at + len(_PASTED) :]
