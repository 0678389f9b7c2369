"""What the transcript tells the screen it is on. It is told nothing by messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from chat_tui.items import Record
    from chat_tui.tui.transcript.jumps import Target
    from chat_tui.tui.transcript.links import Link


@dataclass
class ItemHighlighted(Message):
    """Sent when the block cursor moved to another item, or away from all (None)."""

    record: Record | None


@dataclass
class OlderWanted(Message):
    """Sent once when the reader comes near the top and there is more to load."""


@dataclass
class FirstWanted(Message):
    """Sent when the reader asked for the first item and there are older ones to load."""


@dataclass
class LinkOpened(Message):
    """Sent when the reader asked to open a link; only http, https and mailto."""

    url: str


@dataclass
class LinksWanted(Message):
    """Sent when the reader asked for the links of an item, which may be none."""

    links: tuple[Link, ...]


@dataclass
class CopyWanted(Message):
    """Sent when the reader asked to copy; ``what`` names the text in a sentence."""

    text: str
    what: str


@dataclass
class JumpMissed(Message):
    """Sent when there is nothing to jump to among the loaded items that way (0: either)."""

    target: Target
    by: int


@dataclass
class FoundChanged(Message):
    """Sent when it changed what was found, or which match is the current one."""


@dataclass
class FindMoved(Message):
    """Sent when the reader asked for the next match (1) or the one before (-1)."""

    by: int
