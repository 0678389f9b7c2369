"""What the program was asked to begin with; where it was asked is not known here."""

from __future__ import annotations

from dataclasses import dataclass

from chat_tui.config import Chaining, Compaction


@dataclass(frozen=True, slots=True)
class Launch:
    """The conversation to begin with and the choices to make for it; None leaves a choice alone.

    With neither ``target`` nor ``new``, the conversation that changed last is meant.
    """

    target: str = ""
    """An id, the start of one, or an exact title; empty for none."""
    new: bool = False
    model: str | None = None
    instructions: str | None = None
    store: bool | None = None
    chaining: Chaining | None = None
    compaction: Compaction | None = None
