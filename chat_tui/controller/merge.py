"""Reconciling what is loaded here with a page of what the server lists. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from chat_tui.items import Item, Kind, Place, RawItem, Record


def merge(
    local: Sequence[Record], page: Sequence[RawItem], *, reaches_start: bool
) -> tuple[tuple[Record, ...], bool]:
    """Return the records after taking in the server's newest items, and whether older ones stay.

    ``page`` is the newest items, oldest first; ``reaches_start`` says that there are none before
    them. The server's word holds from the page's first item on: items it no longer lists go, new
    ones come. Records before the page stay when the page's first item is known here; otherwise
    the two do not connect and they are dropped (the second result is then False). Records that do
    not live in the conversation (asides, off the record, stopped, pending) keep their neighbours;
    a stopped one that the server lists after all is one of its items now.
    """
    known = {record.id: record for record in local if _listed(record) and record.id}
    unnamed = [record for record in local if _could_be_listed(record)]
    # From the end, where both meet: texts repeat, and the page may begin in the middle.
    taken = [_matched(raw, known, unnamed) for raw in reversed(page)][::-1]
    refs = {record.ref for record in taken}
    local = _without_superseded(local, taken)
    start = next((i for i, record in enumerate(local) if record.ref in refs), len(local))
    connects = start < len(local) or not page
    before = local[:start]
    if reaches_start or not connects:
        before = [record for record in before if not _listed(record)]
    return (*before, *_weave(local[start:], taken)), connects


def _listed(record: Record) -> bool:
    return record.place is Place.CONVERSATION


def _could_be_listed(record: Record) -> bool:
    """Whether the server may list a record under an id that is not known here."""
    return (_listed(record) and not record.id) or record.place is Place.STOPPED


def _without_superseded(local: Sequence[Record], taken: Sequence[Record]) -> list[Record]:
    """Leave out stopped answers whose message the server kept after all, with what it answered."""
    answered = {record.ref for record in taken[:-1]}
    refs = {record.ref for record in taken}
    kept: list[Record] = []
    superseded = False
    for record in local:
        if record.place is not Place.STOPPED:
            superseded = False
        elif record.kind is Kind.USER:
            superseded = record.ref in answered
        if not superseded or record.ref in refs:
            kept.append(record)
    return kept


def _matched(raw: RawItem, known: dict[str, Record], unnamed: list[Record]) -> Record:
    """Return the local record of a server item, updated, or a new one."""
    identifier = Item(raw).id
    if (record := known.pop(identifier, None)) is not None:
        return record if record.raw == raw else replace(record, held=raw)
    for position in range(len(unnamed) - 1, -1, -1):
        record = unnamed[position]
        if _same(record.item, Item(raw)):
            del unnamed[position]
            return replace(record, held=raw, place=Place.CONVERSATION)
    return Record(raw, Place.CONVERSATION, time.time())


def _same(mine: Item, theirs: Item) -> bool:
    """Whether an item sent without an id is the one the server lists."""
    return (mine.type, mine.role, mine.call_id, mine.text) == (
        theirs.type,
        theirs.role,
        theirs.call_id,
        theirs.text,
    )


def _weave(local: Sequence[Record], taken: Sequence[Record]) -> list[Record]:
    """Put unlisted local records back after the neighbour they followed."""
    followers: dict[int, list[Record]] = {}
    remaining = {record.ref for record in taken}
    anchor = 0
    for record in local:
        if record.ref in remaining:
            anchor = record.ref
        elif not _listed(record):
            followers.setdefault(anchor, []).append(record)
    woven = [*followers.get(0, [])]
    for record in taken:
        woven.append(record)
        woven += followers.get(record.ref, [])
    return woven
