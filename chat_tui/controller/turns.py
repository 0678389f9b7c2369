"""Running a turn: journal, plan, stream, settle, commit. One ``Turn`` object a turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from chat_tui.controller.conversation import Conversation, title_from
from chat_tui.controller.endpoints import Endpoint, learn
from chat_tui.controller.events import (
    Event,
    ItemAdded,
    ItemGrew,
    ItemRemoved,
    ItemUpdated,
    ListChanged,
    Notice,
    RecordsChanged,
    TurnEnded,
    TurnStarted,
    ViewChanged,
)
from chat_tui.controller.kept import kept_items, kept_output, stored_response
from chat_tui.controller.merge import merge
from chat_tui.controller.metadata import with_title
from chat_tui.controller.sync import load_all, load_seals, seconds, take_in
from chat_tui.controller.view import Queued, TurnReport
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.gateway.errors import from_stream
from chat_tui.items import Item, Kind, Place, RawItem, Record, seen_now, user_message, visible_line
from chat_tui.library import KEPT_PLACES, Library, PendingTurn
from chat_tui.planning import Outcome, State, TurnPlan, copied, plan_turn, settle
from chat_tui.streaming import Accumulator, Added, Change, Grew, Replaced

KEPT_CHECKS = (0.1, 0.3, 0.8)
"""Seconds before each look whether the server kept a stopped turn."""
_CREATING_SECONDS = 2.0
"""How long a stop waits for a conversation that is being created."""
_SUCCESS = ("completed", "incomplete")
_LOG = logging.getLogger(__name__)


class Turn:
    """One user input and what follows from it. ``note``, ``prepare``, ``run``; ``stop`` any time.

    From its making on the conversation is running, and what the user chose until then holds.
    """

    def __init__(
        self,
        conversation: Conversation,
        library: Library,
        emit: Callable[[Event], None],
        text: str,
        queued: Queued | None = None,
    ) -> None:
        self._conversation = conversation
        self._endpoint: Endpoint
        self._library = library
        self._emit = emit
        self._text = text
        self._before: State
        self._choices = conversation.choices
        self._plan: TurnPlan
        self._after_item = conversation.last_listed_id()
        self._user = seen_now(
            user_message(text), Place.PENDING if self._choices.store else Place.PRIVATE
        )
        self._started = time.time()
        self._accumulator = Accumulator()
        self._refs: dict[int, Record] = {}
        self._sent = False
        self._answering = False
        self._streaming: asyncio.Future[None] | None = None
        self._stopped = False
        self._unknown = False
        self._error: ChatTuiError | None = None
        conversation.stop = self.stop
        conversation.catch_up = self._catch_up
        self._queued = queued
        if queued is None:
            conversation.draft = ""

    async def note(self) -> None:
        """Write the message down before anything that may take time or fail."""
        kept = self._queued.number if self._queued and self._queued.kept else 0
        if self._choices.store:
            await self._library.journal.write(
                PendingTurn(
                    self._conversation.key, self._text, "", self._after_item, self._started
                ),
                queued=kept,
            )
        elif kept:
            await self._library.queue.remove([kept])

    async def give_up(self) -> None:
        """Undo ``note`` because the turn cannot start: the message is a draft again."""
        conversation = self._conversation
        conversation.stop = None
        if self._queued is not None:
            return  # it goes back to the queue
        conversation.draft = self._text
        if self._choices.store:
            with suppress(ChatTuiError):
                await self._library.journal.save_draft(conversation.key, self._text)
                await self._library.journal.clear(conversation.key)

    async def prepare(self, endpoint: Endpoint) -> None:
        """Plan, load what the plan needs, and show the message."""
        conversation = self._conversation
        self._endpoint = endpoint
        self._before = conversation.state
        if not self._choices.model:
            chosen = conversation.choices
            self._choices = replace(self._choices, model=chosen.model, window=chosen.window)
        await self._compare_stopped()
        self._plan = await self._planned()
        if self._choices.store:
            await self._name()
        conversation.pending_text = self._text
        conversation.add(self._user)
        conversation.turn = TurnReport(self._plan, "running", started_at=self._started)
        self._emit(TurnStarted(conversation.key, self._plan, self._user))
        self._emit(ListChanged())

    def stop(self) -> None:
        """Stop the answer and keep what came; without effect once the turn is being settled."""
        self._stopped = True
        if self._streaming is not None:
            self._streaming.cancel()

    async def run(self) -> None:
        """Send, receive, settle. Never raises for what a server or network does."""
        try:
            if not self._stopped:
                self._streaming = asyncio.ensure_future(self._stream())
                await self._streaming
        except asyncio.CancelledError:
            if not self._stopped:
                raise
        except ChatTuiError as error:
            self._error = error
        finally:
            self._streaming = None
        if await self._finish():
            await self._learn_ids()

    async def _compare_stopped(self) -> None:
        """Look whether the server kept a stopped turn after all, before it is sent along again."""
        conversation = self._conversation
        identifier, stopped = conversation.state.conversation_id, Place.STOPPED
        if not self._choices.store or not identifier or not conversation.state.placed(stopped):
            return
        if await take_in(
            self._library, conversation, await self._endpoint.gateway.items(identifier)
        ):
            self._emit(RecordsChanged(conversation.view(self._endpoint.able)))
            self._before = conversation.state

    async def _planned(self) -> TurnPlan:
        """Return the plan; what it needs and is not here is loaded first."""
        conversation, able = self._conversation, self._endpoint.able
        plan = plan_turn(self._before, self._choices, able)
        loaded = plan.needs_all
        if plan.needs_all:
            await load_all(self._library, self._endpoint, conversation)
        if not plan.stored and not plan.parent:
            loaded = await load_seals(self._endpoint, conversation) or loaded
        if not loaded:
            return plan
        self._before = conversation.state_without(self._user.ref)
        self._emit(RecordsChanged(conversation.view(able)))
        return plan_turn(self._before, self._choices, able)

    async def _name(self) -> None:
        """Title a conversation by its first message on the record."""
        conversation = self._conversation
        changes: dict[str, Any] = {"touch": True}
        if not conversation.row.title:
            changes["title"] = title_from(self._text)
        conversation.row = await self._library.index.change(conversation.key, **changes)

    # --- sending and receiving ------------------------------------------------------------------

    async def _stream(self) -> None:
        while True:
            try:
                await self._attempt()
            except GatewayError as error:
                lower = learn(self._endpoint.able, error)
                if lower is None or self._answering:
                    raise
                self._endpoint.able = lower
                self._plan = await self._planned()
                self._conversation.turn = TurnReport(
                    self._plan, "running", started_at=self._started
                )
                self._emit(ViewChanged(self._conversation.view(lower)))
            else:
                return

    async def _attempt(self) -> None:
        plan = self._plan
        created = await self._create_unless_stopped() if plan.creates else ""
        body = plan.request(self._before, self._choices, [self._user.raw], created)
        self._sent = True
        async with aclosing(self._endpoint.gateway.stream(body, self._waiting)) as batches:
            async for events in batches:
                changes: list[Change] = []
                for event in events:
                    changes += self._accumulator.apply(event)
                self._show(changes)
                await self._note_answering()
                if self._accumulator.status:
                    break
        if self._accumulator.status == "failed":
            raise from_stream(self._accumulator.error)
        if not self._accumulator.status:
            raise GatewayError(Trouble.CUT, "The stream ended before the answer did.")

    async def _create_unless_stopped(self) -> str:
        """Create the conversation; a stop in between lets it come to its end.

        Else the server would have a conversation that nobody knows of.
        """
        creating = asyncio.ensure_future(self._create())
        try:
            return await asyncio.shield(creating)
        except asyncio.CancelledError:
            await asyncio.wait([creating], timeout=_CREATING_SECONDS)
            creating.cancel()
            raise

    async def _create(self) -> str:
        """Create the conversation this turn goes to, and remember its id at once."""
        conversation, plan = self._conversation, self._plan
        if conversation.state.conversation_id:
            return conversation.state.conversation_id
        metadata = with_title(conversation.row.metadata, conversation.row.title)
        try:
            created = await self._endpoint.gateway.create_conversation(
                plan.seed(self._before), metadata
            )
        except GatewayError as error:
            if error.trouble in (Trouble.NO_ROUTE, Trouble.NOT_FOUND):
                error = GatewayError(
                    Trouble.UNSUPPORTED, error.sentence, param="conversation", nothing_done=True
                )
            raise error from error.__cause__
        identifier = str(created.get("id", ""))
        conversation.state = replace(
            copied(conversation.state, plan.seeds, plan.place), conversation_id=identifier
        )
        conversation.row = await self._library.note_conversation(
            conversation.key,
            conversation.state.records if plan.seeds else None,
            conversation.first_rank,
            conversation_id=identifier,
            metadata=metadata,
            created_at=seconds(created.get("created_at")) or time.time(),
        )
        self._emit(ViewChanged(conversation.view(self._endpoint.able)))
        self._emit(ListChanged())
        return identifier

    def _waiting(self, error: GatewayError, seconds: float) -> None:
        self._emit(
            Notice(
                error.sentence,
                f"Trying again in {seconds:.0f} s; escape stops."
                if seconds >= 1
                else "Trying again.",
                Severity.WARNING,
                self._conversation.key,
            )
        )

    async def _note_answering(self) -> None:
        """Note which response answers the message, once the server took it."""
        if self._answering or not self._accumulator.response_id:
            return
        self._answering = True
        if self._plan.stored:
            await self._library.journal.note_response(
                self._conversation.key, self._accumulator.response_id
            )
        self._put(replace(self._user, place=self._plan.place))

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
                record = replace(self._refs[change.index], raw=change.raw)
                self._refs[change.index] = record
                self._conversation.put(record)
                self._emit(ItemUpdated(key, record, change.done))
        self._flush(grown)

    def _catch_up(self) -> None:
        """Give growing records the text that came so far: growth alone does not replace them."""
        for index, raw in zip(sorted(self._refs), self._accumulator.items, strict=False):
            self._conversation.put(replace(self._refs[index], raw=raw))

    def _flush(self, grown: dict[int, list[str]]) -> None:
        for index, texts in grown.items():
            if index in self._refs:
                ref = self._refs[index].ref
                self._emit(ItemGrew(self._conversation.key, ref, "".join(texts)))
        grown.clear()

    def _model(self) -> str:
        model = self._accumulator.response.get("model")
        return model if isinstance(model, str) else self._choices.model

    # --- afterwards -----------------------------------------------------------------------------

    async def _finish(self) -> bool:
        """Find out what is true now, write it down, and say it; returns whether it was kept."""
        conversation = self._conversation
        self._log_oddities()
        self._take_unfinished()
        kept = self._accumulator.status in _SUCCESS
        if not kept and self._plan.stored and self._reached():
            kept = await self._kept_by_server()
        unsent = not kept and not self._refs
        outcome = Outcome(
            kept, self._accumulator.response_id if kept else "", conversation.state.conversation_id
        )
        turn = [] if unsent else self._turn()
        conversation.state = settle(conversation.state, self._plan, turn, outcome)
        if unsent:
            self._put(replace(self._user, place=Place.PENDING))
        else:
            conversation.pending_text = ""
        report = conversation.turn = self._report(kept=kept, unsent=unsent)
        try:
            await self._commit(outcome, report)
        except ChatTuiError as error:
            self._emit(Notice(error.sentence, error.way_out, Severity.ERROR, conversation.key))
        conversation.stop = None
        for record in self._turn():
            self._emit(ItemUpdated(conversation.key, record, done=True))
        self._emit(TurnEnded(conversation.key, report))
        self._emit(ViewChanged(conversation.view(self._endpoint.able)))
        self._emit(ListChanged())
        return kept

    def _log_oddities(self) -> None:
        """Log what the stream had that nobody here knows: names and numbers, never text."""
        if unknown := self._accumulator.unknown:
            names = {visible_line(name)[:80]: count for name, count in unknown.items()}
            _LOG.warning("ignored stream events of unknown types: %s", names)
        if self._accumulator.gaps:
            _LOG.warning("%d stream events were lost", self._accumulator.gaps)

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
                raw=raw if self._accumulator.status in _SUCCESS else _unfinished(raw),
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

    def _reached(self) -> bool:
        """Whether the server may have done something with the message."""
        return self._sent and not (
            isinstance(self._error, GatewayError) and self._error.nothing_done
        )

    async def _kept_by_server(self) -> bool:
        """Return whether the server kept a turn that did not end well.

        After a stop some servers keep the turn, some lose it (api D.3): only looking tells.
        """
        for pause in KEPT_CHECKS if not self._accumulator.status else (0.0,):
            await asyncio.sleep(pause)
            try:
                if await self._look():
                    return True
            except GatewayError:
                self._unknown = True
                return False
        return False

    async def _look(self) -> bool:
        gateway, response_id = self._endpoint.gateway, self._accumulator.response_id
        if self._plan.place is not Place.CONVERSATION:
            stored = await stored_response(gateway, response_id) if response_id else None
            output = kept_output(stored)
            self._take_output(output or [])
            return output is not None
        identifier = self._conversation.state.conversation_id
        if not identifier:
            return False
        return bool(await kept_items(gateway, identifier, self._after_item, self._text))

    def _take_output(self, output: Sequence[RawItem]) -> None:
        """Take the output of a stored response for what the stream told of it."""
        changes: list[Change] = []
        for index, raw in enumerate(output):
            if index not in self._refs:
                changes.append(Added(index, raw))
            changes.append(Replaced(index, raw, done=True))
        self._show(changes)

    def _report(self, *, kept: bool, unsent: bool) -> TurnReport:
        response = self._accumulator.response
        usage = response.get("usage")
        details = response.get("incomplete_details")
        error = self._error
        status = self._accumulator.status
        if self._stopped and not status and error is None:
            status = "stopped"
        return TurnReport(
            plan=self._plan,
            status=status or ("cut" if self._refs else "failed"),
            response_id=self._accumulator.response_id,
            model=self._model(),
            usage=usage if isinstance(usage, dict) else {},
            started_at=self._started,
            seconds=time.time() - self._started,
            kept=kept,
            sentence=error.sentence if error else "",
            way_out=error.way_out if error else "",
            unsent=unsent,
            unknown=self._unknown,
            reason=str(details.get("reason", "")) if isinstance(details, dict) else "",
        )

    async def _commit(self, outcome: Outcome, report: TurnReport) -> None:
        """Write the turn to the library. Off the record nothing is written."""
        conversation, library = self._conversation, self._library
        if report.usage:
            conversation.row = replace(conversation.row, usage=report.usage)
        if not self._plan.stored:
            return
        anew = bool(self._plan.flushes or self._plan.seeds)
        if report.unsent:
            return  # the journal stays
        changes: dict[str, Any] = {"response_id": conversation.state.response_id}
        if report.usage:
            changes["usage"] = dict(report.usage)
        conversation.row = await library.end_turn(
            conversation.key,
            conversation.state.records if anew else self._turn(),
            replaces_from=conversation.first_rank if anew else None,
            stored=outcome.response_id,
            **changes,
        )

    async def _learn_ids(self) -> None:
        """Take the server's list of the turn: it names the input items and proves them kept."""
        conversation, key = self._conversation, self._conversation.key
        if self._plan.place is not Place.CONVERSATION:
            return
        turn = conversation.turn
        try:
            listed, reaches_start = await self._listed()
        except GatewayError:
            return
        if conversation.stop is not None or conversation.turn is not turn:
            return  # the next turn began, and will learn these too
        if not self._shown_in(listed):
            return  # this server lists late: what came tells more
        before = {record.ref: record for record in conversation.state.records}
        records, _ = merge(
            conversation.state.records,
            listed,
            reaches_start=reaches_start and conversation.state.complete,
        )
        changed = [record for record in records if before.get(record.ref) is not record]
        if not changed and len(records) == len(before):
            return
        conversation.state = replace(conversation.state, records=records)
        if [record.ref for record in records] == list(before):
            for record in changed:
                self._emit(ItemUpdated(key, record, done=True))
        else:
            self._emit(RecordsChanged(conversation.view(self._endpoint.able)))
        try:
            await self._write_changed(changed)
        except ChatTuiError as error:
            self._emit(Notice(error.sentence, error.way_out, Severity.ERROR, key))

    def _shown_in(self, listed: Sequence[RawItem]) -> bool:
        ids = {record.item.id for record in self._turn()} - {""}
        views = [Item(raw) for raw in listed]
        return any(v.id in ids or (v.kind is Kind.USER and v.text == self._text) for v in views)

    async def _listed(self) -> tuple[list[RawItem], bool]:
        """Return what the server lists from the last item before the first unknown, oldest first.

        Others may have written there meanwhile: theirs belong in between. The second result says
        whether the list reaches back to the first item.
        """
        gateway, conversation = self._endpoint.gateway, self._conversation
        identifier = conversation.state.conversation_id
        known = conversation.last_before_unnamed()
        if known is not None:
            try:
                fresh: list[RawItem] = [known.raw]
                more, after = True, known.item.id
                while more:
                    page = await gateway.items(identifier, after=after, order="asc")
                    fresh += page.data
                    more, after = page.has_more, page.last_id
            except GatewayError as error:
                if error.trouble is not Trouble.NOT_FOUND:
                    raise  # else the item was deleted meanwhile: the newest page tells the rest
            else:
                return fresh, False
        newest = await gateway.items(identifier)
        return list(newest.data)[::-1], not newest.has_more

    async def _write_changed(self, changed: Sequence[Record]) -> None:
        """Write the cache anew from the first changed record on."""
        conversation = self._conversation
        kept = conversation.state.placed(*KEPT_PLACES)
        refs = {record.ref for record in changed}
        start = next((i for i, record in enumerate(kept) if record.ref in refs), 0)
        await self._library.items.replace_from(
            conversation.key, conversation.first_rank + start, kept[start:]
        )


def _unfinished(raw: RawItem) -> RawItem:
    return {**raw, "status": "incomplete"} if raw.get("status") == "in_progress" else raw
