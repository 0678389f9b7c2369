"""What terminals send and Textual does not know: taught once, when the app is made."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable
from enum import Enum
from functools import partial
from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

from chat_tui.items import visible

PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"


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


def guard_input() -> None:
    """Read what terminals may send without ending the program or acting on what was pasted.

    Textual 8.2 decodes strictly, so that one byte that is no UTF-8 ends the program with a
    traceback; and it ends a paste at the first ESC inside it, so that the rest acts as keys.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver  # noqa: PLC0415 - not there on every system

    def tolerant(encoding: str) -> partial[codecs.IncrementalDecoder]:
        return partial(codecs.getincrementaldecoder(encoding), errors="replace")

    vars(linux_driver)["getincrementaldecoder"] = tolerant
    vars(linux_driver)["XTermParser"] = Parser


class Parser(XTermParser):
    """Textual's parser, fed with pastes in which nothing can act."""

    def __init__(self, debug: bool = False) -> None:
        self._pastes = PasteGuard()
        super().__init__(debug)

    def feed(self, data: str) -> Iterable[Message]:
        """Parse what the terminal sent."""
        guarded = self._pastes.guard(data)
        # To the parser an empty string means the end of input.
        return super().feed(guarded) if guarded or not data else ()


class PasteGuard:
    """Makes bracketed pastes inert, wherever the reads cut them."""

    def __init__(self) -> None:
        self._pasting = False
        self._held = ""
        self._trace = ""

    def guard(self, data: str) -> str:
        """Return ``data`` with every control inside a paste replaced by a visible mark."""
        text, self._held = self._held + data, ""
        done: list[str] = []
        while text:
            if self._pasting:
                body, end, rest = text.partition(PASTE_END)
                if not end:
                    cut = _unfinished(body)
                    body, self._held = body[: len(body) - cut], body[len(body) - cut :]
                done.append(_inert(body) + end)
                self._pasting = not end
                text = rest
            else:
                # Nothing is held back here, where a lone ESC is a key: only its trace is kept.
                known = len(self._trace)
                before, start, rest = (self._trace + text).partition(PASTE_START)
                self._pasting = bool(start)
                done.append((before + start)[known:])
                self._trace = "" if start else before[-len(PASTE_START) + 1 :]
                text = rest
        return "".join(done)


def _unfinished(text: str) -> int:
    """Return how many characters at the end may be the beginning of the mark that ends a paste."""
    for length in range(min(len(text), len(PASTE_END) - 1), 0, -1):
        if text.endswith(PASTE_END[:length]):
            return length
    return 0


def _inert(text: str) -> str:
    """Return pasted text with its line ends kept as they are and all else made visible."""
    return "\r".join(visible(part) for part in text.split("\r"))
