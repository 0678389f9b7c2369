"""Runs a turn: from the plan through the upstream's pieces to what is stored, on every way out.

A turn outlives the connection it was asked on: when that drops, or the server stops, `interrupt`
ends the generation and the rule for interrupted turns decides what stays.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from chat_tui.server import context, items, locks, store
from chat_tui.server.assembly import Assembly
from chat_tui.server.tokens import count_item, count_items
from chat_tui.server.upstream import (
    Finish,
    Generation,
    Upstream,
    UpstreamError,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat_tui.server.crypt import Sealer
    from chat_tui.server.database import Database
    from chat_tui.server.items import Item
    from chat_tui.server.plan import Compaction, Plan
    from chat_tui.server.sse import Events
    from chat_tui.server.store import Stored

Rule = Literal["keep", "discard"]
"""What stays of an interrupted turn: input and partial output, or nothing."""

log = logging.getLogger(__name__)

_PIECES_AT_A_TIME = 64


def sealed_reasoning(sealer: Sealer, item: Item) -> str:
    """Return a reasoning item's content as the blob a client can carry."""
    content = {key: item[key] for key in ("summary", "content") if item.get(key)}
    return sealer.seal(store.dumps(content).encode(), "reasoning")


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: str
    error: dict[str, str] | None = None
    reason: str | None = None
    usage: Usage | None = None
    interrupted: bool = False

    @property
    def item_status(self) -> str:
        return "completed" if self.status == "completed" else "incomplete"


class Turn:
    """One response in the making. Call `run` once; `interrupt` may be called at any time."""

    def __init__(
        self,
        plan: Plan,
        database: Database,
        upstream: Upstream,
        events: Events,
        *,
        rule: Rule,
        room: Callable[[], Awaitable[None]],
    ) -> None:
        self._plan = plan
        self._database = database
        self._upstream = upstream
        self._events = events
        self._rule = rule
        self._room = room
        self._assembly = Assembly(events, self._show)
        self._generating: asyncio.Task[_Outcome] | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """End the generation where it is; `run` then settles and returns."""
        self._interrupted = True
        if self._generating is not None:
            self._generating.cancel()

    async def run(self) -> dict[str, Any]:
        """Run to the end, store what is to be stored, and return the Response object."""
        self._events.write("response.created", {"response": self._plan.draft})
        self._events.write("response.in_progress", {"response": self._plan.draft})
        self._generating = asyncio.create_task(self._generate())
        if self._interrupted:
            self._generating.cancel()
        await asyncio.wait([self._generating])
        if self._generating.cancelled():
            outcome = _Outcome("incomplete", interrupted=True)
        else:
            outcome = self._generating.result()
        return await self._settle(outcome)

    async def _generate(self) -> _Outcome:
        try:
            return await self._read_upstream()
        except UpstreamError as error:
            return _Outcome("failed", error={"code": error.code, "message": error.message})
        except Exception as error:  # noqa: BLE001 whatever an upstream does, the turn must settle
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error(  # noqa: TRY400 no messages, which may quote users
                "%s in an upstream\n%s", type(error).__name__, where
            )
            message = "The model behind this server failed in an unexpected way."
            return _Outcome("failed", error={"code": "server_error", "message": message})

    async def _read_upstream(self) -> _Outcome:
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
            raise UpstreamError("server_error", "The model's answer ended without a proper end.")
        if finish.reason == "stop":
            return _Outcome("completed", usage=usage)
        reason = "max_output_tokens" if finish.reason == "length" else finish.reason
        return _Outcome("incomplete", reason=reason, usage=usage)

    async def _compact(self, generation: Generation, compaction: Compaction) -> Generation:
        index, item = self._assembly.begin_compaction()
        older = replace(generation, items=compaction.older)
        summary = await self._upstream.summarise(older, compaction.most_tokens)
        blob = context.seal_compaction(self._database.sealer, summary, compaction.kept)
        self._assembly.finish_compaction(index, {**item, "encrypted_content": blob})
        opened = {"type": context.COMPACTION, "summary": summary}
        left = [opened, *compaction.kept]
        saved = count_items(compaction.older) - count_item(_as_message(summary))
        return replace(generation, items=left, input_tokens=max(1, generation.input_tokens - saved))

    async def _settle(self, outcome: _Outcome) -> dict[str, Any]:
        output = self._assembly.close(outcome.item_status)
        if outcome.interrupted:
            output = [_unhandled(item) for item in output]
        if output and output[-1]["type"] == "reasoning":
            # It led to nothing; as a complete item it would make the context unreadable.
            output[-1] = {**output[-1], "status": "incomplete"}
        response = self._response(outcome, output)
        try:
            await self._persist(outcome, response, output)
        except sqlite3.Error as error:
            log.error(  # noqa: TRY400 no traceback
                "A turn could not be stored: %s", error
            )
            message = "The answer could not be stored."
            failure = {"code": "server_error", "message": message}
            response = self._response(_Outcome("failed", error=failure), output)
            await self._unlock()
        self._events.write(f"response.{response['status']}", {"response": response})
        return response

    async def _persist(
        self, outcome: _Outcome, response: dict[str, Any], output: Sequence[Item]
    ) -> None:
        plan = self._plan
        if not plan.stored:
            return
        if outcome.interrupted and self._rule == "discard":
            await self._unlock()
            return
        made = _with_partners(output)
        body = {key: value for key, value in response.items() if key != "output"}
        row = store.ResponseRow(
            plan.response_id,
            body,
            plan.conversation_id,
            plan.read_up_to,
            response["previous_response_id"],
        )
        whole = outcome.status != "failed"

        def work(db: sqlite3.Connection) -> None:
            locks.release(db, plan.response_id)
            if plan.conversation_id is not None and not store.exists(db, plan.conversation_id):
                return
            store.save_response(db, row, plan.given, made)
            if plan.conversation_id is not None and whole:
                store.enter(db, plan.conversation_id, [*plan.given, *made])

        await self._database.write(work)

    async def _unlock(self) -> None:
        if not self._plan.appends:
            return
        try:
            await self._database.write(
                lambda db: locks.release(db, self._plan.response_id), durable=False
            )
        except sqlite3.Error as error:
            log.error(  # noqa: TRY400 no traceback
                "A lock could not be released: %s", error
            )

    def _show(self, item: Item) -> Item:
        sealer = self._database.sealer
        return items.shown(item, self._plan.include, lambda raw: sealed_reasoning(sealer, raw))

    def _response(self, outcome: _Outcome, output: Sequence[Item]) -> dict[str, Any]:
        done = outcome.status == "completed"
        return {
            **self._plan.draft,
            "status": outcome.status,
            "completed_at": int(time.time()) if done else None,
            "error": outcome.error,
            "incomplete_details": {"reason": outcome.reason} if outcome.reason else None,
            "output": [self._show(item) for item in output],
            "service_tier": "default",
            "usage": self._usage(outcome.usage, output),
        }

    def _usage(self, reported: Usage | None, output: Sequence[Item]) -> dict[str, Any]:
        if reported is None:
            made = [item for item in output if item["type"] != context.COMPACTION]
            thought = count_items(item for item in made if item["type"] == "reasoning")
            reported = Usage(
                self._plan.generation.input_tokens, count_items(made), reasoning_tokens=thought
            )
        return {
            "input_tokens": reported.input_tokens,
            "input_tokens_details": {
                "cached_tokens": reported.cached_tokens,
                "cache_write_tokens": 0,
            },
            "output_tokens": reported.output_tokens,
            "output_tokens_details": {"reasoning_tokens": reported.reasoning_tokens},
            "total_tokens": reported.input_tokens + reported.output_tokens,
        }


def _unhandled(item: Item) -> Item:
    """Mark a call nobody has seen to its end, so that the context does not wait for its output."""
    return {**item, "status": "incomplete"} if item["type"] == "function_call" else item


def _with_partners(output: Sequence[Item]) -> list[Stored]:
    made = []
    for index, item in enumerate(output):
        before = output[index - 1] if index else None
        follows = before is not None and before["type"] == "reasoning"
        made.append(store.stored(item, before["id"] if before and follows else None))
    return made


def _as_message(text: str) -> Item:
    return {"type": "message", "content": text}
