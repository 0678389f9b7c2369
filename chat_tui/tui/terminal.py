"""What terminals send and Textual does not know: taught once, when the app is made."""

from __future__ import annotations

import codecs
import sys
from enum import Enum
from functools import partial
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


def tolerate_stray_bytes() -> None:
    """Replace input bytes that are no UTF-8, as a noisy line or an odd paste may send.

    Textual 8.2 decodes strictly: one such byte ends the program with a traceback.
    """
    if sys.platform == "win32":
        return
    from textual.drivers import linux_driver  # noqa: PLC0415 - not there on every system

    def tolerant(encoding: str) -> partial[codecs.IncrementalDecoder]:
        return partial(codecs.getincrementaldecoder(encoding), errors="replace")

    vars(linux_driver)["getincrementaldecoder"] = tolerant
