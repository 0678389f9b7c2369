"""Items as text, Markdown or JSON, to be copied elsewhere. Pure; nothing is made visible here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from chat_tui.items import Item, Kind, RawItem


def as_json(items: Sequence[RawItem]) -> str:
    """Return items as a JSON array, everything kept."""
    return json.dumps(list(items), indent=2, ensure_ascii=False)


def as_text(items: Sequence[RawItem]) -> str:
    """Return what items say, each behind a line that names who says it."""
    return "\n\n".join(f"{_name(Item(raw))}:\n{_words(Item(raw))}".rstrip() for raw in items)


def as_markdown(items: Sequence[RawItem]) -> str:
    """Return items as Markdown: words as they are, calls and outputs in fences."""
    return "\n\n".join(_section(Item(raw)).rstrip() for raw in items)


COPY_FORMATS: dict[str, Callable[[Sequence[RawItem]], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}
"""By name."""


def _section(item: Item) -> str:
    heading = f"### {_name(item)}"
    words = _words(item)
    if item.type == "message":
        return f"{heading}\n\n{words}"
    if item.kind is Kind.REASONING:
        quoted = "\n".join(f"> {line}".rstrip() for line in words.split("\n")) if words else ""
        return f"{heading}\n\n{quoted}"
    return f"{heading}\n\n{_fenced(words)}" if words else heading


def _fenced(text: str) -> str:
    """Return text in a fence that nothing in it can close."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"


def _name(item: Item) -> str:
    names = {
        Kind.USER: "You",
        Kind.ASSISTANT: "Assistant",
        Kind.SYSTEM: (item.role or item.type).capitalize(),
        Kind.REASONING: "Reasoning",
        Kind.CALL: f"Call {item.name or item.type}",
        Kind.OUTPUT: "Output",
        Kind.COMPACTION: "Compaction",
    }
    # A name goes on one line: nothing in it may begin another.
    return " ".join(names.get(item.kind, item.type or "Item").split())


def _words(item: Item) -> str:
    """Return what an item says; its JSON where it has no words of its own."""
    if item.text:
        return item.text
    arguments = item.raw.get("arguments")
    if isinstance(arguments, str):
        return arguments
    if item.type in ("message", "reasoning", "compaction") or item.is_output:
        return ""
    return json.dumps(dict(item.raw), indent=2, ensure_ascii=False)
