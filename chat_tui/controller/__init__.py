"""Everything the UI can do, without a UI: commands are awaited, facts come as events."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_tui.controller.arriving import Moved, NotMoved
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
        QueueChanged,
        RecordsChanged,
        TurnEnded,
        TurnStarted,
        ViewChanged,
    )
    from chat_tui.controller.launch import Launch
    from chat_tui.controller.listing import Wanted
    from chat_tui.controller.metadata import MAX_KEY, MAX_PAIRS, MAX_VALUE, check_metadata
    from chat_tui.controller.offering import OFFERED, Neighbours, described
    from chat_tui.controller.reading import read_import
    from chat_tui.controller.searching import OlderTurn
    from chat_tui.controller.view import Listing, Queued, Summary, TurnReport, View
    from chat_tui.controller.writing import write_file

_HOMES = {
    "Moved": "arriving",
    "NotMoved": "arriving",
    "Controller": "controller",
    "EndpointChanged": "events",
    "Event": "events",
    "ItemAdded": "events",
    "ItemGrew": "events",
    "ItemRemoved": "events",
    "ItemUpdated": "events",
    "Launch": "launch",
    "ListChanged": "events",
    "Listing": "view",
    "LocalServer": "endpoints",
    "Neighbours": "offering",
    "OFFERED": "offering",
    "MAX_KEY": "metadata",
    "MAX_PAIRS": "metadata",
    "MAX_VALUE": "metadata",
    "Notice": "events",
    "OlderTurn": "searching",
    "QueueChanged": "events",
    "Queued": "view",
    "RecordsChanged": "events",
    "Summary": "view",
    "TurnEnded": "events",
    "TurnReport": "view",
    "TurnStarted": "events",
    "View": "view",
    "ViewChanged": "events",
    "Wanted": "listing",
    "check_metadata": "metadata",
    "described": "offering",
    "read_import": "reading",
    "write_file": "writing",
}
"""Which module of this package defines what. Loaded when asked for: the interface paints its first
frame with the light ones only."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "MAX_KEY",
    "MAX_PAIRS",
    "MAX_VALUE",
    "OFFERED",
    "Controller",
    "EndpointChanged",
    "Event",
    "ItemAdded",
    "ItemGrew",
    "ItemRemoved",
    "ItemUpdated",
    "Launch",
    "ListChanged",
    "Listing",
    "LocalServer",
    "Moved",
    "Neighbours",
    "NotMoved",
    "Notice",
    "OlderTurn",
    "QueueChanged",
    "Queued",
    "RecordsChanged",
    "Summary",
    "TurnEnded",
    "TurnReport",
    "TurnStarted",
    "View",
    "ViewChanged",
    "Wanted",
    "check_metadata",
    "described",
    "read_import",
    "write_file",
]
