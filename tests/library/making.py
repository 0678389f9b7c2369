"""Rows and records for the library's tests."""

from __future__ import annotations

from pathlib import Path

from chat_tui.items import Place, Record, user_message
from chat_tui.library import ConversationRow, Library


def row(**fields: object) -> ConversationRow:
    """A conversation of the profile ``local`` that is not in the library yet."""
    return ConversationRow(key=0, **{"profile": "local", **fields})  # type: ignore[arg-type]


def record(text: str, place: Place = Place.CONVERSATION) -> Record:
    """A user message at a place."""
    return Record(user_message(text), place)


def texts(records: tuple[Record, ...]) -> list[str]:
    """What records say."""
    return [record.item.text for record in records]


def files(library: Library) -> bytes:
    """The bytes of the library's file and of those beside it."""
    directory = Path(library.path).parent
    return b"".join(path.read_bytes() for path in sorted(directory.iterdir()))
