"""ChatGPT's data export: its trees of messages to documents of this program. Pure.

The export describes itself nowhere; every field may be missing or of another type. Of each tree
the branch that was last shown is taken. What is no text becomes a bracketed word in its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat_tui.items import Place, RawItem, Record
from chat_tui.moving.document import BadImport, Document, Facts
from chat_tui.moving.fences import fenced

Json = dict[str, Any]

_MARK = re.compile("\ue200[^\ue201]*\ue201?|[\ue200-\ue20f]")
"""Citations and widgets in answers: private characters that mean something to ChatGPT only."""
_LATEST = 253_402_300_800
_ATTACHED = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "audio",
    "video_container_asset_pointer": "video",
    "real_time_user_audio_video_asset_pointer": "audio and video",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One conversation of the export, not yet read."""

    title: str
    created_at: float
    nodes: int
    """Messages of all its branches, hidden ones included."""
    raw: Json


def entries(value: object) -> list[Entry]:
    """Return the conversations of an export, in its order. Raises BadImport."""
    if not isinstance(value, list) or not all(_looks_right(entry) for entry in value):
        raise BadImport("It is no data export of ChatGPT.", "Give its conversations.json or .zip.")
    return [
        Entry(
            title=_text(entry.get("title")).strip() or "Untitled",
            created_at=_time(entry.get("create_time")),
            nodes=sum(1 for node in _mapping(entry).values() if _message(node)),
            raw=entry,
        )
        for entry in value
    ]


def _looks_right(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("mapping"), dict)


def read_entry(entry: Entry) -> Document:
    """Return the current branch of a conversation as a document."""
    raw = entry.raw
    left: Counter[str] = Counter()
    branch = _branch(raw)
    records = [
        Record(item, Place.CONVERSATION, _time(message.get("create_time")) or None)
        for message in branch
        if (item := _item(message, left)) is not None
    ]
    if others := entry.nodes - len(branch):
        left["message of other branches"] = others
    updated = _time(raw.get("update_time")) or entry.created_at
    identifier = _text(raw.get("conversation_id")) or _text(raw.get("id"))
    metadata = {
        "imported_from": "chatgpt",
        "chatgpt_id": identifier,
        "chatgpt_model": _text(raw.get("default_model_slug")),
        "created": _iso(entry.created_at),
        "updated": _iso(updated),
    }
    return Document(
        facts=Facts(
            title=entry.title,
            named=True,
            created_at=entry.created_at,
            updated_at=updated,
            metadata={name: text for name, text in metadata.items() if text},
        ),
        records=tuple(records),
        source="chatgpt",
        notes=tuple(f"{count} × {what}" for what, count in sorted(left.items())),
    )


def _branch(raw: Json) -> list[Json]:
    """Return the messages from the first to the one last shown."""
    nodes = _mapping(raw)
    at = _text(raw.get("current_node"))
    if at not in nodes:
        at = _latest_leaf(nodes)
    found: list[Json] = []
    seen: set[str] = set()
    while at in nodes and at not in seen:
        seen.add(at)
        node = nodes[at]
        if message := _message(node):
            found.append(message)
        at = _text(node.get("parent")) if isinstance(node, dict) else ""
    return found[::-1]


def _latest_leaf(nodes: Mapping[str, Any]) -> str:
    parents = {_text(node.get("parent")) for node in nodes.values() if isinstance(node, dict)}
    leaves = [name for name in nodes if name not in parents]
    return max(
        leaves, key=lambda name: _time((_message(nodes[name]) or {}).get("create_time")), default=""
    )


def _item(message: Json, left: Counter[str]) -> RawItem | None:
    """Return a message as an item, None for what no reader of ChatGPT saw."""
    author = message.get("author")
    role = _text(author.get("role")) if isinstance(author, dict) else ""
    metadata = message.get("metadata")
    if isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation"):
        left["hidden message"] += 1
        return None
    text = "\n\n".join(part for part in _texts(message, role, left) if part.strip())
    if not text:
        return None
    if role == "user":
        return _said("user", "input_text", text)
    if role in ("assistant", "tool"):
        return _said("assistant", "output_text", text)
    left[f"message of the role {role or 'nobody'}"] += 1
    return None


def _said(role: str, kind: str, text: str) -> RawItem:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _texts(message: Json, role: str, left: Counter[str]) -> Iterator[str]:
    content = message.get("content")
    content = content if isinstance(content, dict) else {}
    kind = _text(content.get("content_type"))
    recipient = _text(message.get("recipient"))
    author = message.get("author")
    tool = (_text(author.get("name")) if isinstance(author, dict) else "") or "a tool"
    if kind in ("thoughts", "reasoning_recap"):
        left["reasoning, of which no model can go on"] += 1
    elif kind in ("user_editable_context", "model_editable_context"):
        left["custom instructions"] += 1
    elif role == "tool":
        left["output of a tool, as a text"] += 1
        said = "\n\n".join(_parts(content, left))
        yield f"[output of {tool}]" + (f"\n\n{fenced(said)}" if said.strip() else "")
    elif role == "assistant" and (kind == "code" or recipient not in ("", "all")):
        left["call of a tool, as a text"] += 1
        said = "\n\n".join(_parts(content, left))
        language = _text(content.get("language"))
        language = language if language.isalnum() and language != "unknown" else ""
        yield f"[call of {recipient or 'a tool'}]\n\n{fenced(said, language)}"
    else:
        for text in _parts(content, left):
            clean, marks = _MARK.subn("", text)
            if marks:
                left["citation mark"] += marks
            yield clean


def _parts(content: Json, left: Counter[str]) -> Iterator[str]:
    parts = content.get("parts")
    if not isinstance(parts, list):
        text = content.get("text", content.get("result"))
        yield _text(text)
        if not isinstance(text, str):
            left[f"content of type {_text(content.get('content_type')) or 'unknown'}"] += 1
        return
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield _placeholder(part, left)


def _placeholder(part: Json, left: Counter[str]) -> str:
    kind = _text(part.get("content_type"))
    if kind == "audio_transcription" or (not kind and isinstance(part.get("text"), str)):
        return _text(part.get("text"))
    what = _ATTACHED.get(kind, kind or "attachment")
    left[f"{what}, named in its place"] += 1
    pointer = _text(part.get("asset_pointer")) or _text(part.get("audio_asset_pointer"))
    name = pointer.rpartition("/")[2]
    return f"[{what}{f': {name}' if name else ''}, not in this conversation]"


def choose(found: Sequence[Entry], wanted: Sequence[str]) -> list[Entry]:
    """Return the entries that ``wanted`` names, by number (from 1) or title, in their order.

    A title may be given in part and in either case where that names only one. Raises BadImport.
    """
    chosen: set[int] = set()
    for name in wanted:
        chosen.add(_number(found, name))
    return [found[number] for number in sorted(chosen)]


def _number(found: Sequence[Entry], name: str) -> int:
    if name.isdecimal() and 1 <= int(name) <= len(found):
        return int(name) - 1
    folded = name.strip().casefold()
    exact = [n for n, entry in enumerate(found) if entry.title.casefold() == folded]
    matching = exact or [n for n, e in enumerate(found) if folded and folded in e.title.casefold()]
    if not matching:
        raise BadImport(f"It holds no conversation called {name!r}.", "See them with --list.")
    if len(matching) > 1:
        numbers = ", ".join(str(n + 1) for n in matching[:5])
        raise BadImport(f"{name!r} names {len(matching)} conversations: {numbers}.", "Give one.")
    return matching[0]


def _mapping(raw: Json) -> Mapping[str, Any]:
    mapping = raw.get("mapping")
    return mapping if isinstance(mapping, dict) else {}


def _message(node: object) -> Json | None:
    message = node.get("message") if isinstance(node, dict) else None
    return message if isinstance(message, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and 0 < value < _LATEST else 0.0  # type: ignore[operator, arg-type]


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds else ""
