"""Everything the UI can do, without a UI: commands are awaited, facts come as events."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_tui.controller.arriving import Moved, NotMoved
    from chat_tui.controller.branches import Fork
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
    from chat_tui.controller.mending.choosing import (
        AdditionPlan,
        Deleted,
        DeletionPlan,
        Fate,
        Filter,
        choose,
        read_items,
    )
    from chat_tui.controller.mending.comparing import Comparison
    from chat_tui.controller.mending.copying import COPY_FORMATS
    from chat_tui.controller.mending.health import Ailment, Finding
    from chat_tui.controller.mending.progress import Progress
    from chat_tui.controller.mending.repairs import Remedy, RepairPlan
    from chat_tui.controller.mends import Shelf
    from chat_tui.controller.metadata import MAX_KEY, MAX_PAIRS, MAX_VALUE, check_metadata
    from chat_tui.controller.offering import OFFERED, Neighbours, described
    from chat_tui.controller.purging import PurgePlan, purge_sentence
    from chat_tui.controller.reading import read_import
    from chat_tui.controller.reconciling import Reconciled
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
    "AdditionPlan": "mending.choosing",
    "Ailment": "mending.health",
    "COPY_FORMATS": "mending.copying",
    "Comparison": "mending.comparing",
    "Deleted": "mending.choosing",
    "DeletionPlan": "mending.choosing",
    "Fate": "mending.choosing",
    "Filter": "mending.choosing",
    "Finding": "mending.health",
    "Fork": "branches",
    "Progress": "mending.progress",
    "PurgePlan": "purging",
    "Reconciled": "reconciling",
    "Remedy": "mending.repairs",
    "RepairPlan": "mending.repairs",
    "Shelf": "mends",
    "choose": "mending.choosing",
    "purge_sentence": "purging",
    "read_items": "mending.choosing",
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
    "COPY_FORMATS",
    "MAX_KEY",
    "MAX_PAIRS",
    "MAX_VALUE",
    "OFFERED",
    "AdditionPlan",
    "Ailment",
    "Comparison",
    "Controller",
    "Deleted",
    "DeletionPlan",
    "EndpointChanged",
    "Event",
    "Fate",
    "Filter",
    "Finding",
    "Fork",
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
    "Progress",
    "PurgePlan",
    "QueueChanged",
    "Queued",
    "Reconciled",
    "RecordsChanged",
    "Remedy",
    "RepairPlan",
    "Shelf",
    "Summary",
    "TurnEnded",
    "TurnReport",
    "TurnStarted",
    "View",
    "ViewChanged",
    "Wanted",
    "check_metadata",
    "choose",
    "described",
    "purge_sentence",
    "read_import",
    "read_items",
    "write_file",
]
