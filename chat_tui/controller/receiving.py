"""The records of a turn under way: what the stream tells becomes records and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from chat_tui.controller.conversation import Conversation
from chat_tui.controller.events import (
    Event,
    ItemAdded,
    ItemGrew,
    ItemRemoved,
    ItemUpdated,
)
from chat_tui.items import Place, RawItem, Record, seen_now, user_message
from chat_tui.planning import TurnPlan
from chat_tui.streaming import Accumulator, Added, Change, Grew, Replaced

SUCCESS = ("completed", "incomplete")
"""Statuses of a response that came to an end of its own."""


class Receiving:
    """A turn's message and the items that answer it."""

    def __init__(
        self, conversation: Conversation, emit: Callable[[Event], None], text: str
    ) -> None:
        self._conversation = conversation
        self._emit = emit
        self._text = text
        self._choices = conversation.choices
        self._plan: TurnPlan
        self._user = seen_now(
            user_message(text), Place.PENDING if self._choices.store else Place.PRIVATE
        )
        self._accumulator = Accumulator()
        self._refs: dict[int, Record] = {}

    def _put(self, record: Record) -> None:
        if record.ref == self._user.ref:
            self._user = record
        self._conversation.put(record)
        self._emit(ItemUpdated(self._conversation.key, record, done=True))

    def _show(self, changes: Sequence[Change]) -> None:
        """Turn changes into records and events; runs of growth become one event each."""
        grown: dict[int, list[str]] = {}
        key = self._conversation.key
        for change in changes:
            if isinstance(change, Grew):
                grown.setdefault(change.index, []).append(change.text)
                continue
            self._flush(grown)
            if isinstance(change, Added):
                record = seen_now(change.raw, self._plan.place, model=self._model())
                self._refs[change.index] = record
                self._conversation.add(record)
                self._emit(ItemAdded(key, record))
            elif isinstance(change, Replaced) and change.index in self._refs:
                record = replace(self._refs[change.index], held=change.raw)
                self._refs[change.index] = record
                self._conversation.put(record)
                self._emit(ItemUpdated(key, record, change.done))
        self._flush(grown)

    def _catch_up(self) -> None:
        """Give growing records the text that came so far: growth alone does not replace them."""
        for index, raw in zip(sorted(self._refs), self._accumulator.items, strict=False):
            self._conversation.put(replace(self._refs[index], held=raw))

    def _flush(self, grown: dict[int, list[str]]) -> None:
        for index, texts in grown.items():
            if index in self._refs:
                ref = self._refs[index].ref
                self._emit(ItemGrew(self._conversation.key, ref, "".join(texts)))
        grown.clear()

    def _model(self) -> str:
        model = self._accumulator.response.get("model")
        return model if isinstance(model, str) else self._choices.model

    def _turn(self) -> list[Record]:
        refs = {self._user.ref, *(record.ref for record in self._refs.values())}
        return self._conversation.chosen(refs)

    def _take_unfinished(self) -> None:
        """Give growing records the text that came; empty ones go."""
        empty: list[int] = []
        items = dict(zip(sorted(self._refs), self._accumulator.items, strict=False))
        for index, raw in items.items():
            record = replace(
                self._refs[index],
                held=raw if self._accumulator.status in SUCCESS else _unfinished(raw),
                response_id=self._accumulator.response_id,
                model=self._model(),
            )
            if not self._accumulator.status and not record.item.text and not record.item.is_call:
                empty.append(index)
                continue
            self._refs[index] = record
            self._conversation.put(record)
        for index in empty:
            ref = self._refs.pop(index).ref
            self._conversation.drop([ref])
            self._emit(ItemRemoved(self._conversation.key, ref))

    def _take_output(self, output: Sequence[RawItem]) -> None:
        """Take the output of a stored response for what the stream told of it."""
        changes: list[Change] = []
        for index, raw in enumerate(output):
            if index not in self._refs:
                changes.append(Added(index, raw))
            changes.append(Replaced(index, raw, done=True))
        self._show(changes)


def _unfinished(raw: RawItem) -> RawItem:
    return {**raw, "status": "incomplete"} if raw.get("status") == "in_progress" else raw
