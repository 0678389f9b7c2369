"""What the transcript tells the screen it is on. It is told nothing by messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chat_tui.items import Record


@dataclass
class ItemHighlighted(Message):
    """Sent when the block cursor moved to another item, or away from all (None)."""

    record: Record | None


@dataclass
class ItemOpened(Message):
    """Sent when the reader asked for the details of an item."""

    record: Record


@dataclass
class OlderWanted(Message):
    """Sent once when the reader comes near the top and there is more to load."""


@dataclass
class LinkOpened(Message):
    """Sent when the reader asked to open a link; only http, https and mailto."""

    url: str


@dataclass
class Copied(Message):
    """Sent when text was put on the clipboard; ``what`` names it for the reader."""

    text: str
    what: str
