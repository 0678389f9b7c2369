"""The only place on the client side that knows SQL: index, list, item cache, drafts, journal."""

from chat_tui.library.cache import KEPT_PLACES, Cache
from chat_tui.library.counts import Statistics
from chat_tui.library.database import LibraryError, sqlite_version
from chat_tui.library.library import Library
from chat_tui.library.purges import Gone, Purge, Step, StepKind
from chat_tui.library.queue import TakenElsewhereError
from chat_tui.library.rows import ConversationRow, Order, Page, PendingTurn, Window

__all__ = [
    "KEPT_PLACES",
    "Cache",
    "ConversationRow",
    "Gone",
    "Library",
    "LibraryError",
    "Order",
    "Page",
    "PendingTurn",
    "Purge",
    "Statistics",
    "Step",
    "StepKind",
    "TakenElsewhereError",
    "Window",
    "sqlite_version",
]
