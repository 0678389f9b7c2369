"""The transcript: the pane that shows a conversation. See ``transcript`` for the widget."""

from chat_tui.tui.transcript.messages import (
    Copied,
    ItemHighlighted,
    ItemOpened,
    LinkOpened,
    OlderWanted,
)
from chat_tui.tui.transcript.transcript import Transcript

__all__ = [
    "Copied",
    "ItemHighlighted",
    "ItemOpened",
    "LinkOpened",
    "OlderWanted",
    "Transcript",
]
