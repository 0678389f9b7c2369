"""Replaying: past items as input for a request that stands alone. Pure; who sends them is not here.

Items are kept in groups (a call with its output, reasoning with what it led to) and lose what a
server would refuse: its own ids, statuses, nulls (api A.3, D.4, D.5).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chat_tui.items import Item, Kind, RawItem, Record, part_text

_FIELDS = {
    "message": ("type", "role", "content", "phase"),
    "reasoning": ("type", "summary", "content", "encrypted_content"),
    "compaction": ("type", "encrypted_content"),
    "function_call": ("type", "call_id", "name", "arguments", "namespace"),
    "function_call_output": ("type", "call_id", "output"),
    "custom_tool_call": ("type", "call_id", "name", "input", "namespace"),
    "custom_tool_call_output": ("type", "call_id", "output"),
}
"""The types that can be replayed and the fields a server accepts back."""
_ROLES = ("user", "assistant", "system", "developer")
_DROPPED = ("annotations", "logprobs", "prompt_cache_breakpoint")
_FOLLOWERS = (Kind.ASSISTANT, Kind.CALL)
"""What reasoning leads to; before anything else it would stand alone and be refused."""


def replay(records: Iterable[Record]) -> list[RawItem]:
    """Return records as input items, oldest first: what of them is ``replayable``, cleaned."""
    return [_clean(record.item) for record in replayable(records)]


def cleaned(raw: RawItem) -> RawItem:
    """Return an item as a server takes it from a client: no id, no nulls, nothing only it says.

    What is of a type that cannot be replayed keeps all its other fields.
    """
    item = Item(raw)
    if item.type in _FIELDS:
        return _clean(item)
    bare: RawItem = _bare(raw)
    return {name: value for name, value in bare.items() if name != "id"}


def replayable(records: Iterable[Record]) -> list[Record]:
    """Return the records that can be sent again, oldest first.

    Begins at the latest compaction item. Leaves out hosted calls, unknown types, empty messages,
    calls and outputs without each other, and reasoning that is not encrypted or leads to nothing.
    """
    window = [(record, record.item) for record in _since_compaction(list(records))]
    steps = [item for _, item in window if item.type != "message"]
    calls = {item.call_id for item in steps if item.is_call}
    paired = calls & {item.call_id for item in steps if item.is_output}
    kept: list[Record] = []
    thoughts: list[Record] = []
    for record, item in window:
        if item.type == "reasoning":
            if item.raw.get("encrypted_content"):
                thoughts.append(record)
            continue
        if _can(item, paired):
            if thoughts and item.kind in _FOLLOWERS:
                kept += thoughts
            kept.append(record)
        thoughts = []
    return kept


def _since_compaction(records: list[Record]) -> list[Record]:
    for position in range(len(records) - 1, -1, -1):
        raw = records[position].raw
        if raw.get("type") == "compaction" and raw.get("encrypted_content"):
            return records[position:]
    return records


def _can(item: Item, paired: set[str]) -> bool:
    if item.type == "message":
        return item.role in _ROLES and _says_something(item.raw.get("content"))
    if item.type == "compaction":
        return bool(item.raw.get("encrypted_content"))
    return item.type in _FIELDS and item.call_id in paired


def _clean(item: Item) -> RawItem:
    clean = {name: _bare(item.raw[name]) for name in _FIELDS[item.type] if name in item.raw}
    clean = {name: value for name, value in clean.items() if value is not None}
    clean["type"] = item.type
    if item.type == "message":
        clean["content"] = _content(item)
    elif item.type == "reasoning":
        clean.setdefault("summary", [])
    return clean


def _says_something(content: object) -> bool:
    if isinstance(content, list):
        return any(isinstance(part, dict) and part_text(part) for part in content)
    return isinstance(content, str) and bool(content)


def _content(item: Item) -> list[RawItem]:
    content = item.raw.get("content")
    plain = "output_text" if item.kind is Kind.ASSISTANT else "input_text"
    if isinstance(content, str):
        return [{"type": plain, "text": content}]
    parts = content if isinstance(content, list) else []
    return [_part(part, plain) for part in parts if isinstance(part, dict) and part_text(part)]


def _part(part: RawItem, plain: str) -> RawItem:
    if part.get("type") == "input_image" and not (part.get("image_url") or part.get("file_id")):
        return {"type": plain, "text": part_text(part)}  # lists leave the image itself out
    bare: RawItem = _bare(part)
    return bare


def _bare(value: Any) -> Any:
    """Return JSON without nulls and without what only a server may say."""
    if isinstance(value, dict):
        return {
            name: _bare(inner)
            for name, inner in value.items()
            if inner is not None and name not in _DROPPED
        }
    return [_bare(inner) for inner in value] if isinstance(value, list) else value
