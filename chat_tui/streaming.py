"""The accumulator: stream events in, growing items of a turn out.

Pure. Works on raw JSON, keys every slot by ``output_index`` (some servers repeat or change item
ids), lets every ``done`` replace what deltas built, and ignores unknown events (they are counted).
Event names and fields: Responses API, 59 types of SDK 3.54.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_tui.items import RawItem

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
    """The response reached its end; ``error`` is ``{code, message}`` when it failed."""

    status: str
    error: RawItem | None = None


Change = Added | Grew | Replaced | Ended

# Which text grows: event stem -> (list field of the item, index field of the event, part type,
# text field of the part). A stem has ``.delta`` and ``.done``.
_PARTS = {
    "response.output_text": ("content", "content_index", "output_text", "text"),
    "response.refusal": ("content", "content_index", "refusal", "refusal"),
    "response.reasoning_text": ("content", "content_index", "reasoning_text", "text"),
    "response.reasoning_summary_text": ("summary", "summary_index", "summary_text", "text"),
}
# Which plain string field of an item grows, and what ``done`` calls it.
_FIELDS = {
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
    "response.mcp_call_arguments": "arguments",
    "response.code_interpreter_call_code": "code",
}
_PART_EVENTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}
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
    {f"{stem}.{end}" for stem in (*_PARTS, *_FIELDS) for end in ("delta", "done")}
    | {f"{stem}.{end}" for stem in _PART_EVENTS for end in ("added", "done")}
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
    _slots: dict[int, _Slot] = field(default_factory=dict)
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
        """Take one event in and return what changed, in order."""
        kind = event.get("type")
        if not isinstance(kind, str):
            return []
        self._count(event)
        stem, _, end = kind.rpartition(".")
        if stem in _PARTS:
            return self._part(event, _PARTS[stem], end)
        if stem in _FIELDS:
            return self._string(event, _FIELDS[stem], end)
        if stem in _PART_EVENTS:
            return self._whole_part(event, _PART_EVENTS[stem], end)
        if stem == "response.output_item":
            return self._item(event, done=end == "done")
        if kind in _TERMINALS:
            return self._terminal(event, _TERMINALS[kind])
        if kind in _SNAPSHOTS:
            self._take_response(event)
        elif kind == "error":
            return self._fail({key: event.get(key) for key in ("code", "message", "param")})
        elif kind in _STATUS_EVENTS:
            return self._set_status(event, end)
        elif kind not in _SILENT:
            self.unknown[kind] = self.unknown.get(kind, 0) + 1
        return []

    def _count(self, event: Event) -> None:
        number = event.get("sequence_number")
        if isinstance(number, int):
            if self._sequence >= 0 and number > self._sequence + 1:
                self.gaps += number - self._sequence - 1
            self._sequence = max(self._sequence, number)

    def _take_response(self, event: Event) -> None:
        response = event.get("response")
        if isinstance(response, dict):
            self.response = response

    def _slot(self, event: Event) -> tuple[int, _Slot | None]:
        index = event.get("output_index")
        index = index if isinstance(index, int) else 0
        return index, self._slots.get(index)

    def _item(self, event: Event, *, done: bool) -> list[Change]:
        raw = event.get("item")
        if not isinstance(raw, dict):
            return []
        index, known = self._slot(event)
        self._slots[index] = slot = _Slot(raw)
        if known is None:
            added: list[Change] = [Added(index, slot.snapshot())]
            return [*added, Replaced(index, slot.snapshot(), done=True)] if done else added
        return [Replaced(index, slot.snapshot(), done)]

    def _part(self, event: Event, where: tuple[str, str, str, str], end: str) -> list[Change]:
        index, slot = self._slot(event)
        if slot is None:
            return []
        list_field, position_field, kind, text_field = where
        position = event.get(position_field)
        position = position if isinstance(position, int) and 0 <= position < 1000 else 0
        if end == "delta":
            delta = event.get("delta")
            if not isinstance(delta, str) or not delta:
                return []
            first = slot.grow_part(list_field, position, kind, text_field, delta)
            if first and position:
                return [Replaced(index, slot.snapshot(), done=False)]
            return [Grew(index, delta)]
        text = event.get(text_field)
        if isinstance(text, str) and slot.finish_part(list_field, position, kind, text_field, text):
            return [Replaced(index, slot.snapshot(), done=False)]
        return []

    def _whole_part(self, event: Event, where: tuple[str, str], end: str) -> list[Change]:
        index, slot = self._slot(event)
        part = event.get("part")
        position = event.get(where[1])
        if slot is None or not isinstance(part, dict) or not isinstance(position, int):
            return []
        if slot.set_part(where[0], position, part) and end == "done":
            return [Replaced(index, slot.snapshot(), done=False)]
        return []

    def _string(self, event: Event, name: str, end: str) -> list[Change]:
        index, slot = self._slot(event)
        value = event.get("delta" if end == "delta" else name)
        if slot is None or not isinstance(value, str):
            return []
        if end == "delta":
            slot.grow_field(name, value)
            return [Grew(index, value)]
        if slot.finish_field(name, value):
            return [Replaced(index, slot.snapshot(), done=False)]
        return []

    def _set_status(self, event: Event, status: str) -> list[Change]:
        index, slot = self._slot(event)
        if slot is None or slot.raw.get("status") == status:
            return []
        slot.raw["status"] = status
        return [Replaced(index, slot.snapshot(), done=False)]

    def _terminal(self, event: Event, status: str) -> list[Change]:
        self._take_response(event)
        self.status = status
        error = self.response.get("error")
        self.error = error if isinstance(error, dict) else None
        return [*self._final_output(), Ended(status, self.error)]

    def _final_output(self) -> Iterable[Change]:
        """Yield what the terminal's ``output`` says otherwise: it outranks what was assembled."""
        output = self.response.get("output")
        if not isinstance(output, list) or not output:
            return
        for index, raw in enumerate(output):
            if not isinstance(raw, dict):
                continue
            known = self._slots.get(index)
            if known is not None and known.snapshot() == raw:
                continue
            self._slots[index] = _Slot(raw)
            if known is None:
                yield Added(index, raw)
            yield Replaced(index, raw, done=True)

    def _fail(self, error: RawItem) -> list[Change]:
        self.status, self.error = "failed", error
        return [Ended("failed", error)]


@dataclass(slots=True)
class _Slot:
    """An item under way. Growing texts are kept as chunks: joining per token would be quadratic."""

    raw: RawItem
    _chunks: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    _texts: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.raw = dict(self.raw)
        for name in ("content", "summary"):
            if isinstance(parts := self.raw.get(name), list):
                self.raw[name] = [dict(p) if isinstance(p, dict) else p for p in parts]

    def grow_part(self, name: str, position: int, kind: str, text: str, delta: str) -> bool:
        """Append to a part; returns whether this was its first text."""
        chunks = self._chunks.get((name, position))
        if chunks is None:
            chunks = [self._part(name, position, kind).get(text) or ""]
            self._chunks[name, position] = chunks
            self._texts[name, position] = (kind, text)
        first = not any(chunks)
        chunks.append(delta)
        return first

    def finish_part(self, name: str, position: int, kind: str, text: str, whole: str) -> bool:
        """Set a part's final text; returns whether a reader sees a difference."""
        before = "".join(self._chunks.pop((name, position), []))
        part = self._part(name, position, kind)
        before = before or str(part.get(text) or "")
        part[text] = whole
        return before != whole

    def set_part(self, name: str, position: int, part: RawItem) -> bool:
        chunks = self._chunks.pop((name, position), None)
        kind, text = self._texts.get((name, position), ("", "text"))
        before = "".join(chunks) if chunks is not None else None
        target = self._part(name, position, kind)
        if before is None:
            before = str(target.get(text) or "")
        target.clear()
        target.update(part)
        return before != str(target.get(text) or "")

    def grow_field(self, name: str, delta: str) -> None:
        chunks = self._chunks.setdefault((name, -1), [str(self.raw.get(name) or "")])
        chunks.append(delta)

    def finish_field(self, name: str, whole: str) -> bool:
        before = "".join(self._chunks.pop((name, -1), [str(self.raw.get(name) or "")]))
        self.raw[name] = whole
        return before != whole

    def snapshot(self) -> RawItem:
        """Return the item as it stands, independent of later growth."""
        raw = dict(self.raw)
        for (name, position), chunks in self._chunks.items():
            if position < 0:
                raw[name] = "".join(chunks)
                continue
            if raw[name] is self.raw[name]:
                raw[name] = list(raw[name])
            _, text = self._texts[name, position]
            raw[name][position] = {**raw[name][position], text: "".join(chunks)}
        return raw

    def _part(self, name: str, position: int, kind: str) -> RawItem:
        parts = self.raw.get(name)
        if not isinstance(parts, list):
            parts = self.raw[name] = []
        while len(parts) <= position:
            parts.append({"type": kind})
        if not isinstance(parts[position], dict):
            parts[position] = {"type": kind}
        part: RawItem = parts[position]
        return part
