"""Everything the UI can do, without a UI: commands are awaited, facts come as events."""

from chat_tui.controller.controller import Controller
from chat_tui.controller.endpoints import LocalServer
from chat_tui.controller.events import (
    EndpointChanged,
    Event,
    ItemAdded,
    ItemGrew,
    ItemRemoved,
    ItemUpdated,
    ListChanged,
    Notice,
    RecordsChanged,
    Severity,
    TurnEnded,
    TurnStarted,
    ViewChanged,
)
from chat_tui.controller.launch import Launch
from chat_tui.controller.metadata import MAX_KEY, MAX_PAIRS, MAX_VALUE, check_metadata
from chat_tui.controller.view import Summary, TurnReport, View

__all__ = [
    "MAX_KEY",
    "MAX_PAIRS",
    "MAX_VALUE",
    "Controller",
    "EndpointChanged",
    "Event",
    "ItemAdded",
    "ItemGrew",
    "ItemRemoved",
    "ItemUpdated",
    "Launch",
    "ListChanged",
    "LocalServer",
    "Notice",
    "RecordsChanged",
    "Severity",
    "Summary",
    "TurnEnded",
    "TurnReport",
    "TurnStarted",
    "View",
    "ViewChanged",
    "check_metadata",
]
