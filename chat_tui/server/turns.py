"""Runs a turn: from the plan through the upstream's pieces to what is stored, on every way out.

A turn outlives the connection it was asked on: when that drops, or the server stops, `interrupt`
ends the generation and the rule for interrupted turns decides what stays.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import traceback
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from chat_tui.server import context, items, locks, outcome, store
from chat_tui.server.assembly import Assembly
from chat_tui.server.kept_events import add_piece, save_log
from chat_tui.server.outcome import Outcome
from chat_tui.server.tokens import count_items, count_text
from chat_tui.server.upstream import Finish, Generation, Upstream, UpstreamError, Usage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat_tui.server.crypt import Sealer
    from chat_tui.server.database import Database
    from chat_tui.server.event_log import EventLog
    from chat_tui.server.items import Item
    from chat_tui.server.plan import Compaction, Plan
    from chat_tui.server.sse import Events

Rule = Literal["keep", "discard"]
"""What stays of an interrupted turn: input and partial output, or nothing."""

log = logging.getLogger(__name__)

_PIECES_AT_A_TIME = 64


def sealed_reasoning(sealer: Sealer, item: Item) -> str:
    """Return a reasoning item's content as the blob a client can carry."""
    content = {key: item[key] for key in ("summary", "content") if item.get(key)}
    return sealer.seal(store.dumps(content).encode(), "reasoning")


class Turn:
    """One response in the making. Call `run` once; `interrupt` may be called at any time.

    `room` is awaited now and then, so that a reader can catch up. `event_log` is where its
    events go, when they are to be read again later.
    """

    def __init__(
        self,
        plan: Plan,
        database: Database,
        upstream: Upstream,
        events: Events,
        *,
        rule: Rule,
        room: Callable[[], Awaitable[None]],
        event_log: EventLog | None = None,
    ) -> None:
        self._plan = plan
        self._database = database
        self._upstream = upstream
        self._events = events
        self._rule = rule
        self._room = room
        self._event_log = event_log
        self._assembly = Assembly(events, self._show)
        self._generating: asyncio.Task[Outcome] | None = None
        self._ended_as = ""

    def interrupt(self, status: Literal["incomplete", "cancelled"] = "incomplete") -> None:
        """End the generation where it is; `run` then settles with this status and returns."""
        self._ended_as = self._ended_as or status
        if self._generating is not None:
            self._generating.cancel()

    async def enqueue(self) -> None:
        """Store a background response before it runs, so that it can be asked for."""
        plan = self._plan
        self._events.write("response.created", {"response": plan.draft})
        self._events.write("response.queued", {"response": plan.draft})

        def work(db: sqlite3.Connection) -> None:
            store.save_response(db, self._row(plan.draft), plan.given, [])
            locks.begin_run(db, self._database.owner, plan.response_id)
            self._save_events(db)

        try:
            await self._database.write(work)
        except sqlite3.Error:
            await self._unlock()
            raise

    async def run(self) -> dict[str, Any]:
        """Run to the end, store what is to be stored, and return the Response object."""
        try:
            return await self._run()
        except BaseException:
            await self._unlock()
            raise

    async def _run(self) -> dict[str, Any]:
        draft = self._plan.draft
        in_progress = {**draft, "status": "in_progress"}
        if not self._plan.background:
            self._events.write("response.created", {"response": draft})
        self._events.write("response.in_progress", {"response": in_progress})
        if self._plan.background:
            await self._note_progress(in_progress)
        self._generating = asyncio.create_task(self._generate())
        if self._ended_as:
            self._generating.cancel()
        await asyncio.wait([self._generating])
        if self._generating.cancelled():
            return await self._settle(Outcome(self._ended_as or "incomplete", interrupted=True))
        return await self._settle(self._generating.result())

    # Generating

    async def _generate(self) -> Outcome:
        try:
            return await self._read_upstream()
        except UpstreamError as error:
            return outcome.failure(error.code, error.message)
        except Exception as error:  # noqa: BLE001 whatever an upstream does, the turn must settle
            # Only where it happened: the message of an exception may hold what a user wrote.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s in an upstream\n%s", type(error).__name__, where)  # noqa: TRY400 see above
            return outcome.failure("server_error", "The model failed in an unexpected way.")

    async def _read_upstream(self) -> Outcome:
        generation = self._plan.generation
        if self._plan.compaction is not None:
            generation = await self._compact(generation, self._plan.compaction)
        add, count = self._assembly.add, 0
        usage: Usage | None = None
        finish: Finish | None = None
        async for piece in self._upstream.generate(generation):
            if isinstance(piece, Usage):
                usage = piece
            elif isinstance(piece, Finish):
                finish = piece
            else:
                add(piece)
                count += 1
                if count % _PIECES_AT_A_TIME == 0:
                    await self._room()
        if finish is None:
            raise UpstreamError("server_error", "The model's answer broke off.")
        if finish.reason == "stop":
            return Outcome("completed", usage=usage)
        reason = "max_output_tokens" if finish.reason == "length" else finish.reason
        return Outcome("incomplete", reason=reason, usage=usage)

    async def _compact(self, generation: Generation, compaction: Compaction) -> Generation:
        index, item = self._assembly.begin_compaction()
        older = replace(generation, items=compaction.older)
        summary = await self._upstream.summarise(older, compaction.most_tokens)
        blob = context.seal_compaction(self._database.sealer, summary, compaction.kept)
        self._assembly.finish_compaction(index, {**item, "encrypted_content": blob})
        opened = {"type": context.COMPACTION, "summary": summary}
        fewer = count_items(compaction.older) - count_text(summary)
        return replace(
            generation,
            items=[opened, *compaction.kept],
            input_tokens=max(1, generation.input_tokens - fewer),
        )

    # Settling

    async def _settle(self, how: Outcome) -> dict[str, Any]:
        output = outcome.tidied(how, self._assembly.close(how.item_status))
        response = self._response(how, output)
        terminal = self._terminal(response)
        try:
            await self._persist(how, response, output, terminal)
        except sqlite3.Error as error:
            log.error("A turn could not be stored: %s", error)  # noqa: TRY400 one line is enough
            failed = outcome.failure("server_error", "The answer could not be stored.")
            response = self._response(failed, output)
            terminal = self._terminal(response)
            await self._unlock()
        if terminal is not None:
            self._events.add(terminal)
        return response

    def _terminal(self, response: dict[str, Any]) -> bytes | None:
        """Return the last event; a cancelled stream just ends."""
        if response["status"] == "cancelled":
            return None
        return self._events.encoded(f"response.{response['status']}", {"response": response})

    async def _persist(
        self,
        how: Outcome,
        response: dict[str, Any],
        output: Sequence[Item],
        terminal: bytes | None,
    ) -> None:
        plan = self._plan
        if not plan.stored:
            return
        discarded = how.interrupted and self._rule == "discard"
        if discarded and not plan.background:
            await self._unlock()
            return
        made = outcome.to_store(output)
        whole = how.status != "failed" and not discarded
        events = None
        if self._event_log is not None:
            recorded = self._event_log.recorded() + (terminal or b"")
            events = await asyncio.to_thread(zlib.compress, recorded)

        def work(db: sqlite3.Connection) -> None:
            locks.release(db, plan.response_id)
            if plan.background:
                locks.end_run(db, plan.response_id)
            deleted = plan.background and store.find_response(db, plan.response_id) is None
            if plan.conversation_id is not None and not store.exists(db, plan.conversation_id):
                # Deleted while the turn ran: what was deleted must not come back.
                if plan.background and not deleted:
                    store.delete_response(db, plan.response_id)
                return
            if deleted:
                return
            store.save_response(db, self._row(response), plan.given, made)
            if events is not None:
                save_log(db, plan.response_id, events)
            if plan.conversation_id is not None and whole:
                store.enter(db, plan.conversation_id, [*plan.given, *made])

        await self._database.write(work)

    def _row(self, response: dict[str, Any]) -> store.ResponseRow:
        plan = self._plan
        return store.ResponseRow(
            plan.response_id,
            {key: value for key, value in response.items() if key != "output"},
            plan.conversation_id,
            plan.read_up_to,
            response["previous_response_id"],
        )

    async def _note_progress(self, in_progress: dict[str, Any]) -> None:
        row = self._row(in_progress)

        def work(db: sqlite3.Connection) -> None:
            store.update_response(db, row.id, row.body)
            self._save_events(db)

        try:
            await self._database.write(work, durable=False)
        except sqlite3.Error as error:
            log.error("A run could not be noted: %s", error)  # noqa: TRY400 one line is enough

    def _save_events(self, db: sqlite3.Connection) -> None:
        """Save the first events at once; the others are saved every now and then."""
        if self._event_log is not None:
            start, _, events = self._event_log.unsaved()
            add_piece(db, self._plan.response_id, start, events)

    async def _unlock(self) -> None:
        plan = self._plan

        def work(db: sqlite3.Connection) -> None:
            locks.release(db, plan.response_id)
            if plan.background:
                locks.fail_run(db, plan.response_id)

        if not (plan.appends or plan.background):
            return
        try:
            await self._database.write(work, durable=False)
        except sqlite3.Error as error:
            log.error("A lock could not be released: %s", error)  # noqa: TRY400 one line is enough

    def _show(self, item: Item) -> Item:
        sealer = self._database.sealer
        return items.shown(item, self._plan.include, lambda raw: sealed_reasoning(sealer, raw))

    def _response(self, how: Outcome, output: Sequence[Item]) -> dict[str, Any]:
        tokens = self._plan.generation.input_tokens
        return outcome.response_of(self._plan.draft, how, output, tokens, self._show)
