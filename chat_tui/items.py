"""Items: a thin typed view over the raw JSON a server sends, and the border for outside text.

The raw JSON is the truth; everything here is derived from it and never fails on odd input, because
servers send unknown types, missing fields and wrong types. Field names follow the Responses and
Conversations APIs. Pure: no I/O.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

RawItem = dict[str, Any]
"""One item as the server sent it (a JSON object)."""


class Kind(StrEnum):
    """What an item is to a reader; many wire types share one kind."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"
    REASONING = "reasoning"
    CALL = "call"
    OUTPUT = "output"
    HOSTED = "hosted"
    APPROVAL = "approval"
    COMPACTION = "compaction"
    UNKNOWN = "unknown"


_OUTPUT_OF = {
    "function_call": "function_call_output",
    "custom_tool_call": "custom_tool_call_output",
    "computer_call": "computer_call_output",
    "shell_call": "shell_call_output",
    "local_shell_call": "local_shell_call_output",
    "apply_patch_call": "apply_patch_call_output",
    "tool_search_call": "tool_search_output",
    "program": "program_output",
}
"""Which output type answers which call type (api: items, B.4)."""

_KINDS = {
    "reasoning": Kind.REASONING,
    "compaction": Kind.COMPACTION,
    "compaction_trigger": Kind.COMPACTION,
    "mcp_approval_request": Kind.APPROVAL,
    "mcp_approval_response": Kind.APPROVAL,
    "additional_tools": Kind.SYSTEM,
    "configuration_update": Kind.SYSTEM,
    **dict.fromkeys(_OUTPUT_OF, Kind.CALL),
    **dict.fromkeys(_OUTPUT_OF.values(), Kind.OUTPUT),
    **dict.fromkeys(
        (
            "web_search_call",
            "file_search_call",
            "code_interpreter_call",
            "image_generation_call",
            "mcp_list_tools",
            "mcp_call",
        ),
        Kind.HOSTED,
    ),
}

_ROLES = {"user": Kind.USER, "assistant": Kind.ASSISTANT}


@dataclass(frozen=True, slots=True)
class Item:
    """A read-only view of one raw item. Every property tolerates missing or mistyped fields."""

    raw: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The server's id, or an empty string."""
        return _string(self.raw.get("id"))

    @property
    def type(self) -> str:
        """The wire type; a bare ``{role, content}`` is a message."""
        return _string(self.raw.get("type")) or ("message" if "role" in self.raw else "")

    @property
    def kind(self) -> Kind:
        """What the item is to a reader."""
        if self.type == "message":
            return _ROLES.get(self.role, Kind.SYSTEM)
        return _KINDS.get(self.type, Kind.UNKNOWN)

    @property
    def role(self) -> str:
        """A message's role, or an empty string."""
        return _string(self.raw.get("role"))

    @property
    def status(self) -> str:
        """``completed``, ``incomplete`` and so on; many types have none (empty string)."""
        return _string(self.raw.get("status"))

    @property
    def name(self) -> str:
        """The tool's name of a call, or an empty string."""
        return _string(self.raw.get("name"))

    @property
    def call_id(self) -> str:
        """What pairs a call with its output, or an empty string."""
        paired = _string(self.raw.get("call_id"))
        # This one output carries the call's id as its own (api B.4).
        return paired or (self.id if self.type == "local_shell_call_output" else "")

    @property
    def is_call(self) -> bool:
        """Whether the client (not the server) owes an output for this item."""
        if self.type == "tool_search_call":
            return self.raw.get("execution") == "client"
        return self.type in _OUTPUT_OF and self.type != "program"

    @property
    def output_type(self) -> str:
        """The wire type of what answers this item, or an empty string."""
        return _OUTPUT_OF.get(self.type, "")

    @property
    def is_output(self) -> bool:
        """Whether this answers a call."""
        return self.type in _OUTPUT_OF.values()

    @property
    def text(self) -> str:
        """The words a person reads: message text, reasoning summary, tool output. Not cleaned."""
        return item_text(self.raw)


def item_text(raw: Mapping[str, Any]) -> str:
    """Return the readable text of any item, parts joined by blank lines; empty when opaque."""
    kind = raw.get("type", "message")
    if kind == "reasoning":
        return _joined(raw.get("content")) or _joined(raw.get("summary"))
    if kind in _OUTPUT_OF.values():
        output = raw.get("output", raw.get("result"))
        return output if isinstance(output, str) else _joined(output)
    if kind == "custom_tool_call":
        return _string(raw.get("input"))
    return _joined(raw.get("content"))


def part_text(part: object) -> str:
    """Return the text of one content part, a bracketed label for what is not text."""
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return ""
    kind = part.get("type")
    if kind == "refusal":
        return _string(part.get("refusal"))
    if kind in ("input_image", "computer_screenshot"):
        source = _string(part.get("image_url")) or _string(part.get("file_id"))
        label = "inline data" if source.startswith("data:") else source or "not included"
        return f"[image: {label}]"
    if kind == "input_file":
        name = part.get("filename") or part.get("file_id") or part.get("file_url") or "inline data"
        return f"[file: {name}]"
    if isinstance(part.get("stdout"), str):
        return _string(part["stdout"]) + _string(part.get("stderr"))
    return _string(part.get("text"))


def unanswered_calls(items: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Return the calls that have no output among ``items``: the next turn would be refused."""
    views = [Item(raw) for raw in items]
    answered = {view.call_id for view in views if view.is_output}
    return [view for view in views if view.is_call and view.call_id not in answered]


def user_message(text: str) -> RawItem:
    """Return the input item for what a person typed."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def _joined(content: object) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return part_text(content)
    if not isinstance(content, Sequence):
        return ""
    return "\n\n".join(text for text in map(part_text, content) if text)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


# --- records: an item plus what only this client knows about it ---------------------------------


class Place(StrEnum):
    """Where an item lives, and so who remembers it."""

    CONVERSATION = "conversation"
    """In the server-side conversation."""
    CHAIN = "chain"
    """Only in a stored response, not in the conversation."""
    PRIVATE = "private"
    """Off the record: in this program's memory only."""
    PENDING = "pending"
    """Sent, outcome not known yet."""
    STOPPED = "stopped"
    """Came before a stop or a failure; the server did not keep it."""


_refs = itertools.count(1)
_PARSED = 512
"""Items kept parsed among those held as JSON: some windows of a conversation."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a conversation as this client holds it.

    An item may be held as its JSON, which takes a fifth of the memory and is parsed when looked
    at. What a walk over all records asks for is therefore kept beside it.
    """

    held: RawItem | str
    """The raw item, or its JSON."""
    place: Place = Place.CONVERSATION
    at: float | None = None
    """When this client first saw it (Unix seconds); items carry no time of their own."""
    response_id: str = ""
    """The response it was an input or output of, when known."""
    model: str = ""
    """The model that made it, when known."""
    ref: int = field(default_factory=lambda: next(_refs))
    """Unique in this process; server ids may repeat, this never does."""
    id: str = field(init=False, compare=False)
    """The id of the item."""
    kind: Kind = field(init=False, compare=False)
    """The kind of the item."""

    def __post_init__(self) -> None:
        item = self.item
        object.__setattr__(self, "id", item.id)
        object.__setattr__(self, "kind", item.kind)

    @property
    def raw(self) -> RawItem:
        """The raw item; nobody may change it."""
        return _parsed(self.held) if isinstance(self.held, str) else self.held

    @property
    def json(self) -> str:
        """The raw item as JSON, in ASCII."""
        return self.held if isinstance(self.held, str) else json.dumps(self.held)

    @property
    def item(self) -> Item:
        """The typed view of the raw item."""
        return Item(self.raw)


@lru_cache(maxsize=_PARSED)
def _parsed(text: str) -> RawItem:
    raw: RawItem = json.loads(text)
    return raw


def seen_now(raw: RawItem, place: Place, response_id: str = "", model: str = "") -> Record:
    """Return a record first seen at this moment."""
    return Record(raw, place, time.time(), response_id, model)


# --- the border -------------------------------------------------------------------------------

_JOINING = "\u0600-\u0dff"  # Arabic and Indic scripts, where joiners are spelling
_EMOJI = "\u2190-\u2bff\u3030-\u3299\U0001f000-\U0001faff"
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f"  # C0 but tab and newline
    "\x80-\x9f"  # C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"  # soft hyphen, Arabic mark, blank letters
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidi
    "\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical formatting
    "\ud800-\udfff"  # lone surrogates: cannot be encoded for the terminal
    "\U000e0000-\U000e0fff"  # tags and supplementary variation selectors: invisible
    "]"
    f"|(?<![{_JOINING}])\u200c"
    f"|(?<![{_JOINING}{_EMOJI}\ufe0f])\u200d"
    f"|(?<![{_JOINING}])\u200d(?![{_EMOJI}])"  # joiner outside an emoji
)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"‹{code:04X}›"


JOINERS = 4
"""Joiners that one emoji may have: the longest ones in use have three."""
_VARIANTS = 3
"""Variation signs and skin tones one of its parts may have."""
_JOINED = re.compile(f"[{_EMOJI}\ufe0f\u200d]*\u200d[{_EMOJI}\ufe0f\u200d]*")


def _capped(match: re.Match[str]) -> str:
    """Return a run of emoji in which no more are joined to one than terminals can draw."""
    shown: list[str] = []
    joiners = variants = 0
    for char in match[0]:
        if char == "\u200d":
            joiners += 1
            good = joiners <= JOINERS and variants <= _VARIANTS
            shown.append(char if good else "‹200D›")
            joiners = joiners if good else 0
        elif char == "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff":
            variants += 1
            shown.append(char)
        else:
            if shown and shown[-1] != "\u200d":
                joiners = 0
            variants = 0
            shown.append(char)
    return "".join(shown)


def visible(text: str) -> str:
    """Return ``text`` with everything that acts or hides replaced by a visible mark.

    C0 and C1 controls, escape introducers, bidi overrides, zero-width and other invisible
    characters, lone surrogates and joiners of overlong emoji are replaced; tab and newline stay;
    CRLF becomes a newline. Idempotent. Every string that came from outside goes through here
    once before it is drawn.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = _HIDDEN.sub(_mark, text)
    return _JOINED.sub(_capped, text) if "\u200d" in text else text


def encodable(text: str) -> str:
    """Return ``text`` with lone surrogates, which no file or wire can carry, replaced by U+FFFD."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def visible_line(text: str) -> str:
    """Return ``text`` made visible and on one line: runs of white space become one space."""
    return " ".join(visible(text).split())
