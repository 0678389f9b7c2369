"""What of a conversation can live on another server, and what has to stay. Pure.

Items travel in groups (a call with its output, reasoning with what it led to) and without their
ids, which would share them between conversations instead of copying them (api A.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat_tui.items import Kind, Place, RawItem, Record, part_text
from chat_tui.moving.document import Document
from chat_tui.replaying import replayable

_FIELDS = {
    "message": ("role", "content", "phase", "status"),
    "reasoning": ("summary", "content", "encrypted_content", "status"),
    "compaction": ("encrypted_content",),
    "function_call": ("call_id", "name", "arguments", "namespace", "caller", "async", "status"),
    "function_call_output": ("call_id", "output", "name", "namespace", "caller", "status"),
    "custom_tool_call": ("call_id", "name", "input", "namespace", "caller", "async"),
    "custom_tool_call_output": ("call_id", "output", "caller", "status"),
}
"""The types that travel, and the fields a server takes back from a client."""
_SOURCES = ("image_url", "file_data", "file_url")
_OWN = ("file_id", "container_id")


@dataclass(frozen=True, slots=True)
class Reach:
    """What the server that is moved to can make of things."""

    home: bool
    """It is the one the items came from: what it encrypted and stored is of use there."""
    embedded: bool
    """It is one of ours, which takes reasoning by its words alone."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that stayed behind: what, and how many."""

    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Load:
    """Items ready to be sent, each with the record it came from, and what is not among them."""

    items: tuple[RawItem, ...]
    records: tuple[Record, ...]
    left: tuple[Left, ...]


def load(document: Document, reach: Reach) -> Load:
    """Return the items of a document that a server can take, bare, oldest first."""
    left: Counter[str] = Counter()
    listed = _listed(document, left)
    kept = _kept(listed, reach)
    refs = {record.ref for record in kept}
    for record in listed:
        if record.ref not in refs:
            left[_reason(record, reach)] += 1
    items = tuple(_bare_item(record, reach, left) for record in kept)
    return Load(items, tuple(kept), tuple(Left(what, left[what]) for what in sorted(left)))


def _listed(document: Document, left: Counter[str]) -> list[Record]:
    """Return what the server holds of the conversation; asides and unsent turns are not its."""
    records = document.records
    inside = document.facts.conversation_id or any(r.place is Place.CONVERSATION for r in records)
    place = Place.CONVERSATION if inside else Place.CHAIN
    for record in records:
        if record.place is not place:
            left[f"items outside of the conversation ({_OUTSIDE[record.place]})"] += 1
    return [record for record in records if record.place is place]


_OUTSIDE = {
    Place.CONVERSATION: "in a conversation",
    Place.CHAIN: "an aside",
    Place.PRIVATE: "off the record",
    Place.PENDING: "unsent",
    Place.STOPPED: "stopped",
}


def _kept(records: Sequence[Record], reach: Reach) -> list[Record]:
    """Return the records that travel.

    ``replayable`` begins at the latest compaction, since a request needs no more; here every
    stretch between two of them is asked for on its own, so that all of the past moves.
    """
    kept: list[Record] = []
    stretch: list[Record] = []
    for record in (_as_usable(record, reach) for record in records):
        if record.item.kind is Kind.COMPACTION:
            if not (reach.home and record.raw.get("encrypted_content")):
                continue
            kept += replayable(stretch)
            stretch = []
        stretch.append(record)
    return _originals(records, [*kept, *replayable(stretch)])


def _originals(records: Sequence[Record], chosen: Iterable[Record]) -> list[Record]:
    refs = {record.ref for record in chosen}
    return [record for record in records if record.ref in refs]


def _as_usable(record: Record, reach: Reach) -> Record:
    """Return a record that counts as sealed reasoning exactly where that reasoning can travel."""
    raw = record.raw
    if raw.get("type") != "reasoning":
        return record
    sealed = reach.home and raw.get("encrypted_content")
    worded = reach.embedded and (raw.get("summary") or raw.get("content"))
    return replace(
        record, held={**raw, "encrypted_content": "usable" if sealed or worded else None}
    )


def _reason(record: Record, reach: Reach) -> str:
    item = record.item
    if item.type == "reasoning":
        return (
            "reasoning that leads to nothing"
            if _as_usable(record, reach).raw["encrypted_content"]
            else "reasoning, which only the server that encrypted it can read"
        )
    if item.kind is Kind.COMPACTION:
        return "compaction, which only the server that made it can read"
    if item.type not in _FIELDS:
        return f"{item.type or 'item of no type'}, which no server takes from a client"
    if item.type == "message":
        return "message without content or with a role of the server's own"
    return "call or output without its other half"


def _bare_item(record: Record, reach: Reach, left: Counter[str]) -> RawItem:
    item = record.item
    found = {name: item.raw[name] for name in _FIELDS[item.type] if name in item.raw}
    bare: RawItem = {"type": item.type, **_without_nulls(found)}
    if bare.get("status") != "incomplete":  # the others a server says by itself
        bare.pop("status", None)
    plain = "output_text" if item.kind is Kind.ASSISTANT else "input_text"
    for name in ("content", "output"):
        if name not in bare or item.type == "reasoning":
            continue
        if isinstance(bare[name], list):
            bare[name] = [part for part in _parts(bare[name], plain, reach, left) if part]
        elif name == "content":
            bare[name] = [{"type": plain, "text": bare[name]}]
    if item.type == "reasoning":
        bare.setdefault("summary", [])
        if not reach.home and bare.pop("encrypted_content", None):
            left["encrypted form of reasoning, whose words went along"] += 1
    return bare


def _parts(parts: list[Any], plain: str, reach: Reach, left: Counter[str]) -> Iterable[RawItem]:
    for part in parts:
        if not isinstance(part, dict) or not part_text(part):
            continue
        kind = part.get("type")
        if kind in ("input_image", "input_file"):
            yield _attachment(part, plain, reach, left)
        elif kind == "output_text":
            yield _cited({k: v for k, v in part.items() if k != "logprobs" or v}, reach, left)
        else:
            yield part


def _attachment(part: RawItem, plain: str, reach: Reach, left: Counter[str]) -> RawItem:
    """Return an image or a file as it can be sent, else a text that names it."""
    if reach.home and part.get("file_id"):
        return part
    if any(part.get(source) for source in _SOURCES):
        return {name: value for name, value in part.items() if name != "file_id"}
    left["file or image that lives on the other server, named in its place"] += 1
    return {"type": plain, "text": part_text(part)}


def _cited(part: RawItem, reach: Reach, left: Counter[str]) -> RawItem:
    notes = part.get("annotations")
    if reach.home or not isinstance(notes, list):
        return part
    kept = [n for n in notes if not (isinstance(n, dict) and any(n.get(name) for name in _OWN))]
    if len(kept) < len(notes):
        left["citation of a file or container of the other server"] += len(notes) - len(kept)
    return {**part, "annotations": kept}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
