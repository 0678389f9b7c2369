"""Builds the output items of a response from an upstream's pieces, and tells each step as events.

Pure: it knows no database, no socket and no clock.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from chat_tui.server import ids
from chat_tui.server.upstream import (
    CallDelta,
    Piece,
    ReasoningDelta,
    RefusalDelta,
    SummaryDelta,
    TextDelta,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_tui.server.items import Item
    from chat_tui.server.sse import DeltaWriter, Events


class _Open:
    """An output item that still grows: `index` is its place in the output."""

    def __init__(self, events: Events, index: int, item: Item) -> None:
        self.events = events
        self.index = index
        self.item = item
        events.write("response.output_item.added", {"output_index": index, "item": item})

    @property
    def place(self) -> dict[str, Any]:
        return {"item_id": self.item["id"], "output_index": self.index}

    def finish(self, status: str) -> Item:
        """Close the item's parts and return it as it will stay."""
        self.item = {**self.item, "status": status}
        return self.item


class _Run:
    """One part of an item being written: its text so far, and where its deltas go."""

    def __init__(self, write: DeltaWriter) -> None:
        self._write = write
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        if text:
            self._texts.append(text)
            self._write(text)

    @property
    def text(self) -> str:
        return "".join(self._texts)


class _Message(_Open):
    """An assistant message, of one part of text or refusal after another."""

    def __init__(self, events: Events, index: int) -> None:
        item = {
            "id": ids.new_item("message"),
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        super().__init__(events, index, item)
        self._content: list[Item] = []
        self._run: _Run | None = None
        self._kind = ""

    def add(self, kind: str, text: str) -> None:
        if self._run is None or kind != self._kind:
            self._close_part()
            self._kind = kind
            self._run = self._open_part()
        self._run.add(text)

    def _part(self, text: str) -> Item:
        if self._kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}

    def _open_part(self) -> _Run:
        where = {**self.place, "content_index": len(self._content)}
        self.events.write("response.content_part.added", {**where, "part": self._part("")})
        tail: dict[str, Any] = {"logprobs": []} if self._kind == "output_text" else {}
        return _Run(self.events.deltas(f"response.{self._kind}.delta", where, tail))

    def _close_part(self) -> None:
        if self._run is None:
            return
        where = {**self.place, "content_index": len(self._content)}
        part = self._part(self._run.text)
        if self._kind == "refusal":
            done = {"refusal": part["refusal"]}
        else:
            done = {"text": part["text"], "logprobs": []}
        self.events.write(f"response.{self._kind}.done", {**where, **done})
        self.events.write("response.content_part.done", {**where, "part": part})
        self._content.append(part)
        self._run = None

    def finish(self, status: str) -> Item:
        self._close_part()
        self.item = {**self.item, "content": self._content}
        return super().finish(status)


class _Reasoning(_Open):
    """A reasoning item: paragraphs of summary, and the reasoning itself where a model shows it."""

    def __init__(self, events: Events, index: int) -> None:
        item = {
            "id": ids.new_item("reasoning"),
            "type": "reasoning",
            "summary": [],
            "status": "in_progress",
        }
        super().__init__(events, index, item)
        self._summary: list[Item] = []
        self._summary_run: _Run | None = None
        self._part = -1
        self._content_run: _Run | None = None

    def add_summary(self, part: int, text: str) -> None:
        if self._summary_run is None or part != self._part:
            self._close_summary("completed")
            self._part = part
            where = {**self.place, "summary_index": len(self._summary)}
            self.events.write(
                "response.reasoning_summary_part.added",
                {**where, "part": {"type": "summary_text", "text": ""}},
            )
            self._summary_run = _Run(
                self.events.deltas("response.reasoning_summary_text.delta", where, {})
            )
        self._summary_run.add(text)

    def add_content(self, text: str) -> None:
        if self._content_run is None:
            where = {**self.place, "content_index": 0}
            self.events.write(
                "response.content_part.added",
                {**where, "part": {"type": "reasoning_text", "text": ""}},
            )
            self._content_run = _Run(self.events.deltas("response.reasoning_text.delta", where, {}))
        self._content_run.add(text)

    def _close_summary(self, status: str) -> None:
        if self._summary_run is None:
            return
        where = {**self.place, "summary_index": len(self._summary)}
        part = {"type": "summary_text", "text": self._summary_run.text}
        self.events.write("response.reasoning_summary_text.done", {**where, "text": part["text"]})
        broken = {"status": "incomplete"} if status == "incomplete" else {}
        self.events.write("response.reasoning_summary_part.done", {**where, "part": part, **broken})
        self._summary.append(part)
        self._summary_run = None

    def finish(self, status: str) -> Item:
        self._close_summary(status)
        self.item = {**self.item, "summary": self._summary}
        if self._content_run is not None:
            where = {**self.place, "content_index": 0}
            part = {"type": "reasoning_text", "text": self._content_run.text}
            self.events.write("response.reasoning_text.done", {**where, "text": part["text"]})
            self.events.write("response.content_part.done", {**where, "part": part})
            self.item["content"] = [part]
        return super().finish(status)


class _Call(_Open):
    """A function call whose arguments grow."""

    def __init__(self, events: Events, index: int, name: str, call_id: str) -> None:
        item = {
            "id": ids.new_item("function_call"),
            "type": "function_call",
            "status": "in_progress",
            "arguments": "",
            "call_id": call_id or f"call_{secrets.token_hex(12)}",
            "name": name,
        }
        super().__init__(events, index, item)
        deltas = events.deltas("response.function_call_arguments.delta", self.place, {})
        self._run = _Run(deltas)

    def add(self, text: str) -> None:
        self._run.add(text)

    def finish(self, status: str) -> Item:
        self.item = {**self.item, "arguments": self._run.text}
        self.events.write(
            "response.function_call_arguments.done",
            {**self.place, "name": self.item["name"], "arguments": self.item["arguments"]},
        )
        return super().finish(status)


class Assembly:
    """The output of one response while it grows.

    Items are done when the next one begins, except parallel calls, which may grow side by side.
    `show` turns a finished item into what the events carry of it.
    """

    def __init__(self, events: Events, show: Callable[[Item], Item]) -> None:
        self._events = events
        self._show = show
        self._done: dict[int, Item] = {}
        self._next = 0
        self._message: _Message | None = None
        self._reasoning: _Reasoning | None = None
        self._calls: dict[int, _Call] = {}

    def add(self, piece: Piece) -> None:
        """Take in the next piece; `Usage` and `Finish` are none of its business."""
        match piece:
            case TextDelta(text):
                self._open_message().add("output_text", text)
            case RefusalDelta(text):
                self._open_message().add("refusal", text)
            case SummaryDelta(text, part):
                self._open_reasoning().add_summary(part, text)
            case ReasoningDelta(text):
                self._open_reasoning().add_content(text)
            case CallDelta():
                self._open_call(piece).add(piece.arguments)

    def begin_compaction(self) -> tuple[int, Item]:
        """Announce a compaction item, whose content is still in the making."""
        index = self._take_index()
        item = {"id": ids.new_item("compaction"), "type": "compaction", "encrypted_content": ""}
        self._events.write("response.output_item.added", {"output_index": index, "item": item})
        self._events.write(
            "response.compaction.compacting", {"item_id": item["id"], "output_index": index}
        )
        return index, item

    def finish_compaction(self, index: int, item: Item) -> None:
        """Put the compaction item in its place."""
        self._finish(index, item)

    def close(self, status: str) -> list[Item]:
        """Finish what is open with this status, and return the whole output."""
        for item in (self._reasoning, self._message, *self._calls.values()):
            if item is not None:
                self._finish(item.index, item.finish(status))
        self._reasoning = self._message = None
        self._calls = {}
        return [item for _, item in sorted(self._done.items())]

    def _finish(self, index: int, item: Item) -> None:
        self._done[index] = item
        self._events.write(
            "response.output_item.done", {"output_index": index, "item": self._show(item)}
        )

    def _take_index(self) -> int:
        self._next += 1
        return self._next - 1

    def _open_message(self) -> _Message:
        if self._message is None:
            self.close("completed")
            self._message = _Message(self._events, self._take_index())
        return self._message

    def _open_reasoning(self) -> _Reasoning:
        if self._reasoning is None:
            self.close("completed")
            self._reasoning = _Reasoning(self._events, self._take_index())
        return self._reasoning

    def _open_call(self, piece: CallDelta) -> _Call:
        call = self._calls.get(piece.index)
        if call is None:
            if self._message or self._reasoning:
                self.close("completed")
            call = _Call(self._events, self._take_index(), piece.name, piece.call_id)
            self._calls[piece.index] = call
        return call
