"""The exchange format: a conversation with all that is known of it, to JSON and back. Pure.

docs/export.md describes the JSON. Who gathers or uses a document is not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_tui.errors import EXIT_USAGE, ChatTuiError
from chat_tui.items import Place, RawItem, Record

FORMAT = "chat-tui.conversation"
VERSION = 1
"""Raised when an older chat-tui could misread what is written; additions do not raise it."""
_LATEST = 253_402_300_800
"""The end of the year 9999; no calendar here knows later times."""

Json = dict[str, Any]


class BadImport(ChatTuiError):  # noqa: N818 - reads as what it says
    """What was to be imported cannot be read; nothing was sent anywhere."""

    exit_code = EXIT_USAGE


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a conversation besides its items. Times are Unix seconds, 0 when unknown."""

    title: str = ""
    named: bool = False
    """Whether a person chose the title."""
    conversation_id: str = ""
    response_id: str = ""
    """The last stored response."""
    profile: str = ""
    endpoint: str = ""
    """Where the server answered, without credentials; empty for an embedded one."""
    created_at: float = 0.0
    updated_at: float = 0.0
    model: str = ""
    chaining: str = ""
    store: bool = True
    compaction: str = ""
    instructions: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    """The last ``usage`` a server reported."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored response of the conversation; all but its id only as far as the server told."""

    id: str
    model: str = ""
    status: str = ""
    created_at: float = 0.0
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One conversation, whole."""

    facts: Facts
    records: tuple[Record, ...]
    """Oldest first."""
    responses: tuple[Answer, ...] = ()
    source: str = "server"
    """Who told the items: ``server``, or ``cache`` when only the copy here could be read."""
    complete: bool = True
    """Whether ``records`` reach back to the first item."""
    notes: tuple[str, ...] = ()
    """What a reader has to know about how this was made, a sentence each."""
    exported_at: float = 0.0


def write_document(document: Document, program: str) -> Json:
    """Return the JSON of a document; ``program`` names what wrote it."""
    facts = document.facts
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": program,
        "exported_at": document.exported_at,
        "source": document.source,
        "complete": document.complete,
        "notes": list(document.notes),
        "conversation": {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in ((name, getattr(facts, name)) for name in Facts.__slots__)
        },
        "responses": [
            {
                "id": answer.id,
                "model": answer.model,
                "status": answer.status,
                "created_at": answer.created_at,
                "usage": dict(answer.usage),
            }
            for answer in document.responses
        ],
        "items": [
            {
                "place": str(record.place),
                "at": record.at,
                "response_id": record.response_id,
                "model": record.model,
                "item": record.raw,
            }
            for record in document.records
        ],
    }


def read_document(value: object) -> Document:
    """Return the document that JSON describes. Raises BadImport naming the first wrong place."""
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise BadImport(
            "It is no export of chat-tui.", "Export with chat-tui export --format json."
        )
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadImport("It does not say which version of the export format it is.")
    if version > VERSION:
        raise BadImport(
            f"It was written in version {version} of the export format; this program reads "
            f"version {VERSION}.",
            "Update chat-tui.",
        )
    return Document(
        facts=_facts(_get(value, "conversation", dict, {})),
        records=tuple(
            _record(entry, f"items[{n}]") for n, entry in enumerate(_get(value, "items", list, []))
        ),
        responses=tuple(
            _answer(entry, f"responses[{n}]")
            for n, entry in enumerate(_get(value, "responses", list, []))
        ),
        source=_get(value, "source", str, "server"),
        complete=_get(value, "complete", bool, True),
        notes=tuple(note for note in _get(value, "notes", list, []) if isinstance(note, str)),
        exported_at=_time(value, "exported_at"),
    )


def _facts(value: Json) -> Facts:
    where = "conversation."
    texts = {
        name: _get(value, name, str, "", where)
        for name in (
            "title",
            "conversation_id",
            "response_id",
            "profile",
            "endpoint",
            "model",
            "chaining",
            "compaction",
            "instructions",
        )
    }
    metadata = _get(value, "metadata", dict, {}, where)
    for key, text in metadata.items():
        if not isinstance(text, str):
            raise _wrong(f"{where}metadata.{key}", "a string")
    return Facts(
        **texts,
        named=_get(value, "named", bool, False, where),
        store=_get(value, "store", bool, True, where),
        created_at=_time(value, "created_at", where),
        updated_at=_time(value, "updated_at", where),
        metadata=metadata,
        usage=_get(value, "usage", dict, {}, where),
    )


def _answer(value: object, path: str) -> Answer:
    if not isinstance(value, dict):
        raise _wrong(path, "an object")
    where = f"{path}."
    return Answer(
        id=_get(value, "id", str, "", where),
        model=_get(value, "model", str, "", where),
        status=_get(value, "status", str, "", where),
        created_at=_time(value, "created_at", where),
        usage=_get(value, "usage", dict, {}, where),
    )


def _record(value: object, path: str) -> Record:
    if not isinstance(value, dict):
        raise _wrong(path, "an object")
    where = f"{path}."
    raw: RawItem = _get(value, "item", dict, None, where)
    place = _get(value, "place", str, str(Place.CONVERSATION), where)
    if place not in list(Place):
        raise _wrong(f"{where}place", f"one of {', '.join(Place)}")
    return Record(
        raw,
        Place(place),
        _time(value, "at", where) or None,
        _get(value, "response_id", str, "", where),
        _get(value, "model", str, "", where),
    )


_NAMES = {str: "a string", bool: "true or false", list: "a list", dict: "an object"}


def _get(value: Json, name: str, kind: type, default: Any, where: str = "") -> Any:
    """Return a member that may be left out where there is a default."""
    found = value.get(name, default)
    if not isinstance(found, kind):
        raise _wrong(f"{where}{name}", _NAMES[kind])
    return found


def _time(value: Json, name: str, where: str = "") -> float:
    found = value.get(name) or 0.0
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise _wrong(f"{where}{name}", "a number of seconds")
    return float(found) if 0 < found < _LATEST else 0.0


def _wrong(path: str, wanted: str) -> BadImport:
    return BadImport(f"Its {path} is not {wanted}.")
