"""The accumulator: stream events in, growing items of a turn out.

Pure. Works on raw JSON, keys every slot by ``output_index`` (some servers repeat or change item
ids), lets every ``done`` replace what deltas built, opens an item itself where its ``added`` was
lost, and ignores unknown events (they are counted). Event names and fields: Responses API, 59
types of SDK 3.54.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_tui.items import RawItem
from chat_tui.streaming.slot import Slot

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Added:
    """A new item appeared at ``index``."""

    index: int
    raw: RawItem


@dataclass(frozen=True, slots=True)
class Grew:
    """Text was appended to the item at ``index``, at the end of what a reader sees of it."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The item at ``index`` is now ``raw``; ``done`` when it will not change again."""

    index: int
    raw: RawItem
    done: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The response reached its end; ``error`` is ``{code, message}`` when it failed. Comes once."""

    status: str
    error: RawItem | None = None


Change = Added | Grew | Replaced | Ended


@dataclass(frozen=True, slots=True)
class _Growing:
    """Which text of an item an event family (``.delta``, ``.done``) is about."""

    item: str
    """The type of item it belongs to."""
    field: str
    """The item's field: a plain string, or with ``position`` a list of parts."""
    position: str = ""
    """What the event calls the part's position."""
    part: str = ""
    """The part's type."""
    text: str = ""
    """The part's field that holds the text."""


_TEXTS = {
    "response.output_text": _Growing("message", "content", "content_index", "output_text", "text"),
    "response.refusal": _Growing("message", "content", "content_index", "refusal", "refusal"),
    "response.reasoning_text": _Growing(
        "reasoning", "content", "content_index", "reasoning_text", "text"
    ),
    "response.reasoning_summary_text": _Growing(
        "reasoning", "summary", "summary_index", "summary_text", "text"
    ),
    "response.function_call_arguments": _Growing("function_call", "arguments"),
    "response.custom_tool_call_input": _Growing("custom_tool_call", "input"),
    "response.mcp_call_arguments": _Growing("mcp_call", "arguments"),
    "response.code_interpreter_call_code": _Growing("code_interpreter_call", "code"),
}
_PARTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
_MOST_PARTS = 1000
"""Positions from here on are taken for garbage: the list up to them would have to exist."""
_SNAPSHOTS = {"response.created", "response.in_progress", "response.queued"}
_TERMINALS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
_STATUS_EVENTS = {
    f"response.{call}.{status}"
    for call, statuses in {
        "mcp_call": ("in_progress", "completed", "failed"),
        "mcp_list_tools": ("in_progress", "completed", "failed"),
        "web_search_call": ("in_progress", "searching", "completed"),
        "file_search_call": ("in_progress", "searching", "completed"),
        "code_interpreter_call": ("in_progress", "interpreting", "completed"),
        "image_generation_call": ("in_progress", "generating", "completed"),
    }.items()
    for status in statuses
}
# Known and without effect here: their payload arrives whole on ``output_item.done``.
_SILENT = {
    "response.output_text.annotation.added",
    "response.image_generation_call.partial_image",
    "response.shell_call_command.added",
    "response.shell_call_command.delta",
    "response.shell_call_command.done",
    "response.shell_call_output_content.delta",
    "response.shell_call_output_content.done",
    "response.compaction.compacting",
    "response.audio.delta",
    "response.audio.done",
    "response.audio.transcript.delta",
    "response.audio.transcript.done",
}

KNOWN_EVENTS = frozenset(
    {f"{stem}.{end}" for stem in _TEXTS for end in ("delta", "done")}
    | {f"{stem}.{end}" for stem in _PARTS for end in ("added", "done")}
    | {"response.output_item.added", "response.output_item.done", "error"}
    | _SNAPSHOTS
    | set(_TERMINALS)
    | _STATUS_EVENTS
    | _SILENT
)


@dataclass(slots=True)
class Accumulator:
    """One response as it arrives. Feed events to ``apply``; read the rest at any time."""

    response: RawItem = field(default_factory=dict)
    """The latest snapshot of the response object (without what deltas added since)."""
    status: str = ""
    """Empty while running; ``completed``, ``incomplete`` or ``failed`` at the end."""
    error: RawItem | None = None
    unknown: dict[str, int] = field(default_factory=dict)
    """Event types nobody knows here, with how often they came."""
    gaps: int = 0
    """How many sequence numbers were skipped: above 0, events were lost."""
    _slots: dict[int, Slot] = field(default_factory=dict)
    _sequence: int = -1

    @property
    def response_id(self) -> str:
        """The server's id of the response, or an empty string before ``response.created``."""
        value = self.response.get("id")
        return value if isinstance(value, str) else ""

    @property
    def items(self) -> list[RawItem]:
        """The items so far in output order, growing ones included."""
        return [self._slots[index].snapshot() for index in sorted(self._slots)]

    def apply(self, event: Event) -> list[Change]:
        """Take one event in and return what changed, in order. After the end nothing does."""
        kind = event.get("type")
        if self.status:
            return []
        self._count(event)
        if not isinstance(kind, str) or kind not in KNOWN_EVENTS:
            return self._unknown(kind, event)
        stem, _, end = kind.rpartition(".")
        if stem in _TEXTS:
            return self._text(event, _TEXTS[stem], done=end == "done")
        if stem in _PARTS:
            return self._part(event, *_PARTS[stem])
        if stem == "response.output_item":
            return self._item(event, done=end == "done")
        if kind in _TERMINALS:
            return self._terminal(event, _TERMINALS[kind])
        if kind == "error":
            return self._fail(event)
        if kind in _SNAPSHOTS:
            self._take_response(event)
        elif kind in _STATUS_EVENTS:
            return self._set_status(event, end)
        return []

    def _count(self, event: Event) -> None:
        number = event.get("sequence_number")
        if isinstance(number, int):
            if self._sequence >= 0 and number > self._sequence + 1:
                self.gaps += number - self._sequence - 1
            self._sequence = max(self._sequence, number)

    def _unknown(self, kind: object, event: Event) -> list[Change]:
        if event.get("error"):
            return self._fail(event)  # how proxies say it, often without a type
        if isinstance(kind, str):
            self.unknown[kind] = self.unknown.get(kind, 0) + 1
        return []

    def _take_response(self, event: Event) -> None:
        response = event.get("response")
        if isinstance(response, dict):
            self.response = response

    # --- items ----------------------------------------------------------------------------------

    def _item(self, event: Event, *, done: bool) -> list[Change]:
        raw = event.get("item")
        if not isinstance(raw, dict):
            return []
        index = _index(event)
        known = index in self._slots
        self._slots[index] = Slot(dict(raw), done)
        if not known:
            added: list[Change] = [Added(index, dict(raw))]
            return [*added, Replaced(index, dict(raw), done=True)] if done else added
        return [Replaced(index, dict(raw), done)]

    def _opened(self, event: Event, kind: str) -> tuple[int, Slot, list[Change]]:
        """Return the slot an event is about; one that was never announced is opened now."""
        index = _index(event)
        if (slot := self._slots.get(index)) is not None:
            return index, slot, []
        raw: RawItem = {"type": kind, "status": "in_progress"}
        if kind == "message":
            raw |= {"role": "assistant", "content": []}
        if isinstance(identifier := event.get("item_id"), str):
            raw["id"] = identifier
        slot = self._slots[index] = Slot(raw)
        return index, slot, [Added(index, slot.snapshot())]

    def _text(self, event: Event, what: _Growing, *, done: bool) -> list[Change]:
        text = event.get((what.text or what.field) if done else "delta")
        position = _position(event, what.position) if what.position else -1
        if not isinstance(text, str) or position is None or not (text or done):
            return []
        index, slot, changes = self._opened(event, what.item)
        if slot.done:
            return []
        key = (what.field, position, what.text)
        if done:
            if slot.finish(key, what.part, text):
                changes.append(Replaced(index, slot.snapshot(), done=False))
        elif slot.hides(what.field):
            pass
        elif slot.grow(key, what.part, text):
            changes.append(Grew(index, text))
        else:
            changes.append(Replaced(index, slot.snapshot(), done=False))
        return changes

    def _part(self, event: Event, name: str, position_field: str) -> list[Change]:
        part, position = event.get("part"), _position(event, position_field)
        if not isinstance(part, dict) or position is None:
            return []
        thinking = name == "summary" or part.get("type") == "reasoning_text"
        index, slot, changes = self._opened(event, "reasoning" if thinking else "message")
        if not slot.done and slot.put(name, position, part):
            changes.append(Replaced(index, slot.snapshot(), done=False))
        return changes

    def _set_status(self, event: Event, status: str) -> list[Change]:
        index = _index(event)
        slot = self._slots.get(index)
        if slot is None or slot.done or slot.raw.get("status") == status:
            return []
        slot.raw["status"] = status
        return [Replaced(index, slot.snapshot(), done=False)]

    # --- the end --------------------------------------------------------------------------------

    def _terminal(self, event: Event, status: str) -> list[Change]:
        self._take_response(event)
        said = self.response.get("status")
        self.status = next((known for known in _TERMINALS.values() if known == said), status)
        error = self.response.get("error")
        self.error = error if isinstance(error, dict) else None
        return [*self._final_output(), Ended(self.status, self.error)]

    def _final_output(self) -> Iterable[Change]:
        """Yield what the terminal's ``output`` says otherwise: it outranks what was assembled.

        A list shorter than what was streamed tells less, and its positions are others: passed over.
        """
        output = self.response.get("output")
        if not isinstance(output, list) or len(output) < len(self._slots):
            return
        for index, raw in enumerate(output):
            if not isinstance(raw, dict):
                continue
            known = self._slots.get(index)
            if known is not None and known.snapshot() == raw:
                continue
            self._slots[index] = Slot(dict(raw), done=True)
            if known is None:
                yield Added(index, dict(raw))
            yield Replaced(index, dict(raw), done=True)

    def _fail(self, event: Event) -> list[Change]:
        """End as failed: the error is flat, or nested as proxies and WebSockets have it."""
        nested = event.get("error")
        if isinstance(nested, str):
            nested = {"message": nested}
        fields = nested if isinstance(nested, dict) else event
        self.status = "failed"
        self.error = {name: fields.get(name) for name in ("code", "message", "param")}
        return [Ended(self.status, self.error)]


def _index(event: Event) -> int:
    index = event.get("output_index")
    return index if isinstance(index, int) else 0


def _position(event: Event, name: str) -> int | None:
    """Return a part's position, 0 where none is named, None for garbage."""
    position = event.get(name, 0)
    return position if isinstance(position, int) and 0 <= position < _MOST_PARTS else None
