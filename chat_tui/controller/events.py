"""What the controller tells: one stream of facts, each with the conversation it belongs to.

Sent by the controller only; read by one consumer (``Controller.events``). Commands never answer
through events, and events never ask for anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat_tui.controller.view import Queued, TurnReport, View
from chat_tui.errors import Severity
from chat_tui.items import Record
from chat_tui.planning import TurnPlan


@dataclass(frozen=True, slots=True)
class ListChanged:
    """Sent when a row of the conversation list came, went or changed."""


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """Sent when facts about an open conversation changed, but none of its records."""

    view: View


@dataclass(frozen=True, slots=True)
class RecordsChanged:
    """Sent when the loaded records of an open conversation were replaced as a whole."""

    view: View


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """Sent when a message was taken; ``record`` is what the user wrote."""

    key: int
    plan: TurnPlan
    record: Record


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """Sent when the server began a new item of the running turn."""

    key: int
    record: Record


@dataclass(frozen=True, slots=True)
class ItemGrew:
    """Sent when text was appended to a growing item, at most once for each network read."""

    key: int
    ref: int
    text: str


@dataclass(frozen=True, slots=True)
class ItemUpdated:
    """Sent when a record is now another one with the same ref."""

    key: int
    record: Record
    done: bool
    """Whether it will not grow any more."""


@dataclass(frozen=True, slots=True)
class ItemRemoved:
    """Sent when a record is gone."""

    key: int
    ref: int


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Sent when a turn is over and its outcome is on disk; the last event of every turn."""

    key: int
    report: TurnReport


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Sent when a message was queued or taken out, or when the queue stopped or went on."""

    key: int
    queued: tuple[Queued, ...]
    waits: bool


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """Sent when the endpoint of a profile was reached or could not be."""

    profile: str
    ready: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Sent to tell the user something: what is, and what can be done about it."""

    sentence: str
    way_out: str = ""
    severity: Severity = Severity.INFORMATION
    key: int = 0
    """The conversation it is about; 0 for none."""


Event = (
    ListChanged
    | ViewChanged
    | RecordsChanged
    | TurnStarted
    | ItemAdded
    | ItemGrew
    | ItemUpdated
    | ItemRemoved
    | TurnEnded
    | QueueChanged
    | EndpointChanged
    | Notice
)
