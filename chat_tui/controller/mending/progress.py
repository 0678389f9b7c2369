"""How far a long command is: told to whoever gave it, while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Sent by a long command after each of its steps."""

    key: int
    """The conversation it is about; 0 for none."""
    doing: str
    """A word: ``copying``, ``deleting``, ``adding`` or ``comparing``."""
    done: int
    total: int


Told = Callable[[Progress], None]


def untold(_: Progress) -> None:
    """Tell nobody."""
