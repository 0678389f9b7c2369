"""What the library hands out and takes in; plain data."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from chat_tui.items import Record

Order = Literal["recent", "created", "title"]
"""What the list is sorted by: latest change, latest creation, or title."""


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One known conversation. Times are Unix seconds."""

    key: int
    """The library's own number; ids come and go, this stays."""
    profile: str
    conversation_id: str = ""
    response_id: str = ""
    """The last stored response."""
    title: str = ""
    named: bool = False
    """Whether a person chose the title (else it was taken from the first message)."""
    created_at: float = 0.0
    updated_at: float = 0.0
    model: str = ""
    chaining: str = ""
    store: bool = True
    compaction: str = ""
    instructions: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, object] = field(default_factory=dict)
    """The last ``usage`` object the server reported."""
    complete: bool = True
    """Whether the cached items reach back to the first one."""
    pending: bool = False
    """Whether a sent turn has no known outcome."""
    queued: bool = False
    """Whether messages wait to be sent."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of the list, and how the list stands."""

    rows: tuple[ConversationRow, ...]
    first: int
    """Position in the list of the first row."""
    total: int
    places: Mapping[int, int]
    """Where in the list the conversations asked for stand, by key."""


@dataclass(frozen=True, slots=True)
class Window:
    """A run of cached records, oldest first."""

    records: tuple[Record, ...]
    first_rank: int
    """Position of the first record; ask for what lies before it."""
    reaches_start: bool
    """Whether nothing older is cached."""


@dataclass(frozen=True, slots=True)
class PendingTurn:
    """A turn written down before it was sent, so that a crash loses nothing."""

    key: int
    text: str
    response_id: str
    """Known once the server began to answer."""
    after_item: str
    """The last item known to be on the server before this turn; empty for none."""
    at: float
    owner: int = 0
    """The process that runs the turn; 0 when none does any more."""

    @property
    def elsewhere(self) -> bool:
        """Whether another program that is alive runs the turn."""
        return lives(self.owner)


def lives(owner: int) -> bool:
    """Return whether a process is alive and not this one; 0 is nobody."""
    if owner in (0, os.getpid()) or sys.platform == "win32":
        return False
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, and another user's
    return True


class Ranked(NamedTuple):
    """A cached record and where it stands among those of its conversation."""

    rank: int
    record: Record
