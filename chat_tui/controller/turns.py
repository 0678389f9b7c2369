"""Running a turn: journal, plan, stream, settle, commit. One ``Turn`` object a turn."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from chat_tui.controller.conversation import Conversation, title_from
from chat_tui.controller.endpoints import Endpoint, learn
from chat_tui.controller.events import (
    Event,
    ListChanged,
    Notice,
    RecordsChanged,
    TurnStarted,
    ViewChanged,
)
from chat_tui.controller.metadata import with_title
from chat_tui.controller.settling import Settling
from chat_tui.controller.sync import load_all, load_seals, seconds, take_in
from chat_tui.controller.view import Queued, TurnReport
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.gateway.errors import from_stream
from chat_tui.items import Place
from chat_tui.library import Library, PendingTurn
from chat_tui.planning import State, TurnPlan, copied, plan_turn
from chat_tui.streaming import Change

_AT_ONCE = 400
"""Events taken in before whatever else waits has its turn: some five milliseconds of work."""
_BREATH = 0.001
"""Seconds left to others then: what follows from a key takes several rounds of the event loop."""
_CREATING_SECONDS = 2.0
"""How long a stop waits for a conversation that is being created."""


class Turn(Settling):
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
        super().__init__(conversation, library, emit, text)
        self._before: State
        self._answering = False
        self._streaming: asyncio.Future[None] | None = None
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
                    self._conversation.key,
                    self._text,
                    "",
                    self._after_item,
                    self._started,
                    os.getpid(),
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
            taken = 0
            async for events in batches:
                changes: list[Change] = []
                for event in events:
                    changes += self._accumulator.apply(event)
                self._show(changes)
                await self._note_answering()
                if self._accumulator.status:
                    break
                taken += len(events)
                if taken >= _AT_ONCE:
                    taken = 0
                    await asyncio.sleep(_BREATH)
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
