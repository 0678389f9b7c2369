"""A document as a reader meets it: sections with a heading and blocks, for every format alike.

Pure. How a section looks in Markdown or HTML is not here; all text has passed ``visible``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from chat_tui.items import Item, Kind, Place, Record, visible, visible_line
from chat_tui.moving.document import Document


class Style(StrEnum):
    """What a block's text is."""

    MARKDOWN = "markdown"
    """Written by a model, in Markdown."""
    PLAIN = "plain"
    """Written by a person: as it is."""
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text."""

    text: str
    style: Style
    language: str = ""
    """Of code, empty when not known."""


@dataclass(frozen=True, slots=True)
class Section:
    """One item."""

    heading: str
    kind: Kind
    facts: tuple[str, ...]
    """Model, time and what is unusual about it; a phrase each."""
    blocks: tuple[Block, ...]


_PLACES = {
    Place.CHAIN: "not in the conversation",
    Place.PRIVATE: "off the record",
    Place.STOPPED: "stopped; the server does not have it",
    Place.PENDING: "unsent",
}


def sections(document: Document) -> list[Section]:
    """Return the items of a document as sections, oldest first."""
    chained = not document.facts.conversation_id
    return [_section(record, chained=chained) for record in document.records]


def front(document: Document) -> dict[str, str | int | float | bool | Mapping[str, int]]:
    """Return the facts that head a transcript; those that are not known are left out."""
    facts = document.facts
    usage = {n: v for n, v in facts.usage.items() if n in _COUNTED and isinstance(v, int)}
    found: dict[str, str | int | float | bool | Mapping[str, int]] = {
        "title": title_of(document),
        "id": visible_line(facts.conversation_id or facts.response_id),
        "profile": visible_line(facts.profile),
        "model": visible_line(facts.model),
        "created": iso(facts.created_at),
        "updated": iso(facts.updated_at),
        "exported": iso(document.exported_at),
        "source": visible_line(document.source),
        "items": len(document.records),
        "responses": len(document.responses),
        "usage": usage,
    }
    if not document.complete:
        found["complete"] = False
    return {name: value for name, value in found.items() if value not in ("", {})}


_COUNTED = ("input_tokens", "output_tokens", "total_tokens")


def title_of(document: Document) -> str:
    """Return what heads a transcript."""
    return visible_line(document.facts.title) or "Untitled"


def iso(seconds: float) -> str:
    """Return a time as text, empty for an unknown one."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds > 0 else ""


def _section(record: Record, *, chained: bool) -> Section:
    item = record.item
    place = "" if chained and record.place is Place.CHAIN else _PLACES.get(record.place, "")
    status = "" if item.status == "completed" else item.status
    when = iso(record.at or 0.0)
    facts = (visible_line(record.model) if item.kind is not Kind.USER else "", when, status, place)
    return Section(
        heading=visible_line(_heading(item)),
        kind=item.kind,
        facts=tuple(visible_line(fact) for fact in facts if fact),
        blocks=tuple(_blocks(item)),
    )


def _heading(item: Item) -> str:
    match item.kind:
        case Kind.USER:
            return "You"
        case Kind.ASSISTANT:
            return "Assistant"
        case Kind.SYSTEM:
            return (item.role or item.type).capitalize()
        case Kind.REASONING:
            return "Reasoning"
        case Kind.CALL:
            return f"Call of {item.name or item.type}"
        case Kind.OUTPUT:
            return f"Output of {item.call_id or 'a call'}"
        case Kind.COMPACTION:
            return "Context compacted here"
        case _:
            return item.type or "Item of no type"


def _blocks(item: Item) -> list[Block]:
    """Return the readable parts of an item; its JSON where it has no text of its own."""
    if item.kind is Kind.COMPACTION:
        return []
    if item.kind is Kind.CALL:
        return [_call(item)]
    if item.kind is Kind.OUTPUT:
        return [_code(item.text)] if item.text else []
    if item.text:
        model = item.kind in (Kind.ASSISTANT, Kind.REASONING)
        style = Style.MARKDOWN if model else Style.PLAIN
        return [Block(visible(item.text), style)]
    if item.kind in (Kind.HOSTED, Kind.APPROVAL, Kind.UNKNOWN):
        return [_json(item.raw)]
    return []


def _call(item: Item) -> Block:
    for name in ("arguments", "input"):
        if isinstance(found := item.raw.get(name), str):
            return _code(found)
    return _json(item.raw)


def _code(text: str) -> Block:
    """Return text as code, laid out where it is JSON."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _json(json.loads(text))
        except (ValueError, RecursionError):
            pass
    return Block(visible(text), Style.CODE)


def _json(value: object) -> Block:
    return Block(visible(json.dumps(value, indent=2, ensure_ascii=False)), Style.CODE, "json")
