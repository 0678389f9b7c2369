"""What the controller shows of its state: frozen snapshots, safe to hold and compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_tui.items import Record
from chat_tui.library import Order
from chat_tui.planning import Choices, TurnPlan


@dataclass(frozen=True, slots=True)
class TurnReport:
    """How a turn went."""

    plan: TurnPlan
    status: str
    """``running``, then ``completed``, ``incomplete``, ``failed``, ``stopped`` or ``cut``."""
    response_id: str = ""
    model: str = ""
    """The model that answered, which may differ from the one asked for."""
    usage: Mapping[str, Any] = field(default_factory=dict)
    started_at: float = 0.0
    seconds: float = 0.0
    kept: bool = False
    """Whether the turn stands: the server holds it, or off the record it came to its end."""
    sentence: str = ""
    """What went wrong, if anything did."""
    way_out: str = ""
    unsent: bool = False
    """Nothing came and the server did not take the message: it waits as pending."""
    unknown: bool = False
    """The server could not be asked what it kept."""
    reason: str = ""
    """Why a response is incomplete, in the server's word."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that waits to be sent."""

    number: int
    """Unlike any other's; later ones are larger."""
    text: str
    kept: bool
    """Whether it is on disk: what was written off the record is in memory only."""


@dataclass(frozen=True, slots=True)
class View:
    """An open conversation, as much of it as is loaded."""

    key: int
    profile: str
    title: str
    conversation_id: str
    response_id: str
    records: tuple[Record, ...]
    older: bool
    """Whether there are records before the first one."""
    choices: Choices
    plan: TurnPlan
    """What the next turn would do."""
    draft: str
    running: bool
    pending_text: str
    """A message whose turn was cut off before its outcome was known; empty for none."""
    turn: TurnReport | None
    usage: Mapping[str, Any]
    metadata: Mapping[str, str]
    created_at: float
    updated_at: float

    @property
    def growing(self) -> int | None:
        """The ref of the record that is being written, None for none."""
        last = self.records[-1] if self.running and self.records else None
        return last.ref if last is not None and last.item.status == "in_progress" else None

    queued: tuple[Queued, ...] = ()
    """Messages that are sent when the answer has come."""
    queue_waits: bool = False
    """Whether the queue goes on only when the user says so."""

    @property
    def context_tokens(self) -> int:
        """Tokens the context held at the end of the last turn, 0 when unknown."""
        total = self.usage.get("total_tokens", 0)
        return total if isinstance(total, int) else 0


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the conversation list."""

    key: int
    title: str
    conversation_id: str
    response_id: str
    updated_at: float
    created_at: float
    stored: bool
    running: bool
    pending: bool
    unread: bool
    failed: bool
    queued: bool
    """Messages wait until the user lets them go on."""
    matched: tuple[int, ...] = ()
    """Which letters of the title a typed query meant."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A window of the conversation list, and how the whole of it stands."""

    rows: tuple[Summary, ...]
    first: int
    """Position in the list of the first row."""
    total: int
    query: str
    order: Order
    places: Mapping[int, int]
    """Positions of the conversations that were asked for, by key."""
