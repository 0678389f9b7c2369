"""What terminals send and Textual does not know: taught once, when the app is made."""

from __future__ import annotations

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
