"""Records as entries: what is said about an item and which text is its body. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_tui.items import Item, Kind, Place, Record, visible, visible_line
from chat_tui.tui.transcript.blocks import Format
from chat_tui.tui.transcript.citations import sources
from chat_tui.tui.transcript.inline import Look, spans
from chat_tui.tui.transcript.values import (
    DETAIL_LIMIT,
    compact,
    fenced,
    maps,
    parse,
    pretty,
    signature,
    size,
    without_blobs,
)

_START = re.compile(r"^(?:#{1,6}|[-*+>]|\d{1,9}[.)])\s+")
"""What stands before the words of a heading, an item or a quote."""
LONG = 12
"""Lines of a tool's body beyond which it starts folded."""
_STEPS = frozenset({Kind.REASONING, Kind.CALL, Kind.OUTPUT, Kind.HOSTED, Kind.APPROVAL})

_PLACES = {
    Place.CONVERSATION: "",
    Place.CHAIN: "chain only",
    Place.PRIVATE: "off the record",
    Place.PENDING: "pending",
    Place.STOPPED: "stopped · not on the server",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is drawn of one record. Every string is visible text."""

    kind: Kind
    place: Place
    title: str
    detail: str = ""
    """Said after the title, quieter."""
    badges: tuple[tuple[str, str], ...] = ()
    """Words that need to be seen, each with the role of its colour."""
    note: str = ""
    """At the right: when."""
    source: str = ""
    """At the right on demand: by which model."""
    body: str = ""
    form: Format = Format.MARKDOWN
    tone: str = "text"
    accent: str = "assistant"
    folds: bool = False
    """Whether it has a fold sign: messages always show their text."""
    folded: bool = False
    step: bool = False
    """Whether it is one of the steps between messages, which stand close together."""


class Pairs:
    """Which call an output answers, and which calls are answered."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.answered: set[str] = set()

    def add(self, record: Record) -> str:
        """Note a record; return the id of the call it answers, or an empty string."""
        if record.kind not in _STEPS:
            return ""
        item = record.item
        if not item.call_id:
            return ""
        if item.is_output:
            self.answered.add(item.call_id)
            return item.call_id
        self.names[item.call_id] = item.name or item.type.removesuffix("_call")
        return ""


def entry(record: Record, pairs: Pairs) -> Entry:
    """Return what is drawn of ``record``. Never fails, whatever the record holds."""
    item = record.item
    facts = _FACTS[item.kind](item, pairs)
    badges = [*facts.pop("badges", ())]
    if item.status == "incomplete" and record.place is not Place.STOPPED:
        badges.append(("incomplete", "error"))
    elif item.status == "failed":
        badges.append(("failed", "error"))
    if word := _PLACES[record.place]:
        badges.append((word, _PLACE_ROLES[record.place]))
    body = visible(facts.pop("body", "")).lstrip("\n")
    if record.place is Place.PENDING:
        facts["tone"] = "muted"
    facts.setdefault("folded", facts.get("folds", False) and is_long(body))
    return Entry(
        kind=item.kind,
        place=record.place,
        title=visible_line(facts.pop("title"))[:200],
        detail=visible_line(facts.pop("detail", "")[: 4 * DETAIL_LIMIT])[:DETAIL_LIMIT],
        badges=tuple(badges),
        note=clock(record.at),
        source=visible_line(record.model),
        body=body,
        step=item.kind in _STEPS,
        **facts,
    )


_PLACE_ROLES = {
    Place.CHAIN: "aside",
    Place.PRIVATE: "private",
    Place.PENDING: "pending",
    Place.STOPPED: "error",
}


def is_long(body: str) -> bool:
    """Whether a body is too long to be shown unasked."""
    return body.count("\n") >= LONG or len(body) > 80 * LONG


def clock(at: float | None) -> str:
    """Return the local time of day, with the date when it is not today."""
    if at is None:
        return ""
    try:
        then, now = time.localtime(at), time.localtime()
    except (OverflowError, OSError, ValueError):
        return ""
    same_day = then[:3] == now[:3]
    return time.strftime("%H:%M" if same_day else "%d %b %H:%M", then)


def lines_about(record: Record, width: int) -> int:
    """Return roughly how many lines a record takes, at the cost of a glance."""
    kind = record.kind
    if kind in _STEPS or kind is Kind.COMPACTION:
        return 2
    text = record.item.text
    return 3 + text.count("\n") + len(text) // max(width, 1)


def tight(before: Record, record: Record) -> bool:
    """Whether a record stands directly below the one before it."""
    return is_step(before) and is_step(record)


def is_step(record: Record) -> bool:
    """Whether a record is one of the steps between messages."""
    return record.kind in _STEPS


# --- one function a kind ------------------------------------------------------------------------

Facts = dict[str, Any]


def _user(item: Item, _pairs: Pairs) -> Facts:
    return {"title": "you", "body": item.text, "form": Format.TYPED, "accent": "user"}


def _assistant(item: Item, _pairs: Pairs) -> Facts:
    badges = []
    parts = item.raw.get("content")
    if isinstance(parts, Sequence) and not isinstance(parts, str):
        kinds = {part.get("type") for part in parts if isinstance(part, Mapping)}
        if "refusal" in kinds:
            badges.append(("refused", "error"))
    detail = "commentary" if item.raw.get("phase") == "commentary" else ""
    return {
        "title": "assistant",
        "detail": detail,
        "body": item.text + sources(item),
        "badges": badges,
    }


def _system(item: Item, _pairs: Pairs) -> Facts:
    if item.type != "message":
        return _opaque(item, _pairs) | {"accent": "system"}
    return {
        "title": item.role or "system",
        "body": item.text,
        "tone": "muted",
        "accent": "system",
        "folds": True,
        "form": Format.TYPED,
    }


def _reasoning(item: Item, _pairs: Pairs) -> Facts:
    text = item.text
    first = next((line for line in text.splitlines() if line.strip()), "")
    detail = _words(first[: 4 * DETAIL_LIMIT])
    if not text:
        hidden = item.raw.get("encrypted_content")
        detail = f"encrypted, {size(hidden)}" if isinstance(hidden, str) else "no summary"
    return {
        "title": "reasoning",
        "detail": detail,
        "body": text,
        "tone": "muted",
        "accent": "reasoning",
        "folds": bool(text),
        "folded": bool(text),
    }


def _words(line: str) -> str:
    """Return what a line of Markdown says, without its signs and the targets of its links."""
    said = spans(visible(_START.sub("", line.strip())))
    return "".join(span.text for span in said if not span.look & Look.TARGET).replace("**", "")


def _call(item: Item, pairs: Pairs) -> Facts:
    done = item.call_id in pairs.answered
    mark = [("✓", "done")] if done else []
    facts: Facts = {"accent": "tool", "folds": True, "badges": mark, "tone": "muted"}
    if item.type == "custom_tool_call":
        return facts | {
            "title": item.name or item.type,
            "detail": item.text.strip().split("\n")[0],
            "body": item.text,
            "form": Format.VERBATIM,
        }
    arguments = item.raw.get("arguments")
    if item.type == "function_call" or arguments is not None:
        shown, whole = signature(arguments)
        body = pretty(arguments)
        facts |= {"title": item.name or item.type, "detail": shown, "body": body}
        return facts | {"form": Format.JSON, "folded": whole or is_long(body)}
    label, detail, body = _action(item)
    return facts | {"title": label, "detail": detail, "body": body, "form": Format.VERBATIM}


def _action(item: Item) -> tuple[str, str, str]:
    """Return title, detail and body of a call that is not a function call."""
    raw = item.raw
    label = item.type.removesuffix("_call").replace("_", " ")
    action = raw.get("action")
    if isinstance(action, Mapping):
        commands = action.get("commands", action.get("command"))
        if isinstance(commands, Sequence):
            joined = commands if isinstance(commands, str) else "\n".join(map(str, commands))
            if item.type == "local_shell_call":
                joined = " ".join(joined.split("\n"))
            return label, joined.split("\n")[0], joined
        return label, str(action.get("type", "")), pretty(action)
    operation = raw.get("operation")
    if isinstance(operation, Mapping):
        detail = f"{operation.get('type', '')} {operation.get('path', '')}"
        return label, detail, str(operation.get("diff") or "")
    if isinstance(raw.get("code"), str):
        return label, str(raw["code"]).strip().split("\n")[0], str(raw["code"])
    return label, "", pretty(raw)


def _output(item: Item, pairs: Pairs) -> Facts:
    text = item.text or _nothing_said(item)
    name = pairs.names.get(item.call_id, "")
    parsed = parse(text)
    count = text.count("\n") + 1
    badges = [] if name or not item.call_id else [("no matching call", "error")]
    form = Format.JSON if isinstance(parsed, dict | list) else Format.VERBATIM
    body = pretty(parsed) if form is Format.JSON else text
    first = compact(parsed) if form is Format.JSON else text
    return {
        "title": "└ output",
        "detail": (f"{count} lines · " if count > 1 else "") + first[:DETAIL_LIMIT],
        "body": body,
        "form": form,
        "tone": "muted",
        "accent": "tool",
        "badges": badges,
        "folds": True,
        "folded": is_long(body),
    }


def _nothing_said(item: Item) -> str:
    """Return an output that has no text as JSON, or what says that it is empty."""
    for name in ("output", "result", "tools"):
        value = item.raw.get(name)
        if value:
            return pretty(without_blobs(value))
    return "(empty)"


def _hosted(item: Item, _pairs: Pairs) -> Facts:
    label = item.type.removesuffix("_call").replace("_", " ")
    raw = item.raw
    form, body = Format.JSON, pretty(without_blobs(raw))
    if item.type == "code_interpreter_call" and isinstance(raw.get("code"), str):
        detail = raw["code"].strip().split("\n")[0]
        logs = [str(part.get("logs", "")) for part in maps(raw.get("outputs"))]
        form, body = Format.MARKDOWN, "\n".join([fenced(raw["code"], "python"), *map(fenced, logs)])
    elif item.type == "mcp_call":
        label = f"{raw.get('server_label', 'mcp')} · {item.name}"
        detail, _ = signature(raw.get("arguments"))
    elif item.type == "mcp_list_tools":
        tools = maps(raw.get("tools"))
        names = ", ".join(str(tool.get("name", "?")) for tool in tools)
        detail = f"{raw.get('server_label', '')} · {len(tools)} tools: {names}"
    else:
        detail = _wanted(raw)
    badges = [("✓", "done")] if item.status == "completed" else []
    if raw.get("error"):
        badges = [("failed", "error")]
    return {
        "title": label,
        "detail": detail,
        "body": body,
        "form": form,
        "tone": "muted",
        "accent": "tool",
        "badges": badges,
        "folds": True,
        "folded": True,
    }


def _wanted(raw: Mapping[str, Any]) -> str:
    """Return what a hosted call looked for or was asked for."""
    action = raw.get("action")
    if not isinstance(action, Mapping):
        action = {}
    for value in (
        action.get("query"),
        action.get("queries"),
        action.get("url"),
        raw.get("queries"),
        raw.get("revised_prompt"),
    ):
        if isinstance(value, str) and value:
            return value
        if isinstance(value, Sequence) and value:
            return " · ".join(map(str, value))
    return ""


def _approval(item: Item, _pairs: Pairs) -> Facts:
    raw = item.raw
    if item.type == "mcp_approval_response":
        word = "approved" if raw.get("approve") is True else "denied"
        role = "done" if raw.get("approve") is True else "error"
        reason = str(raw.get("reason") or "")
        return {"title": "approval", "badges": [(word, role)], "detail": reason, "accent": "tool"}
    shown, _ = signature(raw.get("arguments"))
    return {
        "title": f"{raw.get('server_label', 'mcp')} · {item.name}",
        "detail": shown,
        "badges": [("needs approval", "wanted")],
        "body": pretty(raw.get("arguments")),
        "form": Format.JSON,
        "tone": "muted",
        "accent": "tool",
        "folds": True,
    }


def _compaction(item: Item, _pairs: Pairs) -> Facts:
    content = item.raw.get("encrypted_content")
    detail = size(content) if isinstance(content, str) else ""
    title = "context compacted here"
    if item.type == "compaction_trigger":
        title = "compaction asked for here"
    return {"title": title, "detail": detail, "accent": "compaction"}


def _opaque(item: Item, _pairs: Pairs) -> Facts:
    return {
        "title": item.type or "item without a type",
        "detail": "not known here, kept as it is" if item.kind is Kind.UNKNOWN else "",
        "body": pretty(without_blobs(item.raw)),
        "form": Format.JSON,
        "tone": "muted",
        "accent": "system",
        "folds": True,
    }


_FACTS: dict[Kind, Callable[[Item, Pairs], Facts]] = {
    Kind.USER: _user,
    Kind.ASSISTANT: _assistant,
    Kind.SYSTEM: _system,
    Kind.REASONING: _reasoning,
    Kind.CALL: _call,
    Kind.OUTPUT: _output,
    Kind.HOSTED: _hosted,
    Kind.APPROVAL: _approval,
    Kind.COMPACTION: _compaction,
    Kind.UNKNOWN: _opaque,
}
