"""What one can jump to in a transcript, decided from a record alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from chat_tui.items import Kind, Place
from chat_tui.tui.transcript.values import maps

if TYPE_CHECKING:
    from chat_tui.items import Record


_SIGNS = ('"failed"', '"incomplete"', '"error"', '"refusal"')
"""What JSON holds, one of it at least, when something went wrong."""


class Target(StrEnum):
    """A kind of place, in the words of a sentence."""

    CALL = "tool call"
    ERROR = "error"
    CODE = "code block"


def hits(target: Target, record: Record) -> bool:
    """Whether a record is a tool call, or went wrong. Code blocks are inside records."""
    if target is Target.CALL:
        return record.kind in (Kind.CALL, Kind.HOSTED)
    return target is Target.ERROR and went_wrong(record)


def went_wrong(record: Record) -> bool:
    """Whether an item failed, is incomplete, was stopped or refused, or carries an error."""
    if record.place is Place.STOPPED:
        return True
    if isinstance(record.held, str) and not any(sign in record.held for sign in _SIGNS):
        return False  # most records are passed over unparsed
    item = record.item
    if item.status in ("failed", "incomplete"):
        return True
    if item.raw.get("error") or item.type == "error":
        return True
    content = item.raw.get("content")
    parts = maps(content) if isinstance(content, Sequence) else []
    return any(part.get("type") == "refusal" for part in parts)
