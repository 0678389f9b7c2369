"""Carrying out purges: what the journal says has to go is deleted, confirmed and noted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from chat_tui.controller.mending.progress import Progress, Told, untold
from chat_tui.controller.whole import listed
from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.items import Item
from chat_tui.library import Gone, Library, Purge, Step, StepKind

T = TypeVar("T")
_BATCH = 20
"""Deletions between two notes in the journal; after a crash they are asked for again."""
_PASSING = (
    Trouble.UNREACHABLE,
    Trouble.TIMEOUT,
    Trouble.CUT,
    Trouble.AUTH,
    Trouble.RATE_LIMIT,
    Trouble.QUOTA,
    Trouble.LOCKED,
    Trouble.SERVER,
)
"""What may be otherwise next time: the purge is not over then."""
_RATE_TRIES = 4
_LONGEST_WAIT = 30.0
_UNREACHABLE = "The conversation was gone before this item; no request reaches it any more."
_STILL_THERE = "The server confirmed the deletion and shows it still."


class Erasing:
    """One purge being carried out."""

    def __init__(
        self, library: Library, gateway: Gateway, purge: Purge, told: Told = untold
    ) -> None:
        self._library = library
        self._gateway = gateway
        self._purge = purge
        self._told = told
        self._steps = {(step.kind, step.id): step for step in purge.steps}

    async def run(self) -> Purge:
        """Delete what waits and end the purge; returns its receipt.

        Raises GatewayError when the server cannot be asked now: the rest waits in the journal.
        """
        identifier = self._purge.conversation_id
        if identifier:
            await self._erase_items(identifier)
            await self._each(
                StepKind.CONVERSATION,
                self._gateway.delete_conversation,
                self._gateway.conversation,
            )
        await self._each(StepKind.RESPONSE, self._gateway.delete_response, self._gateway.response)
        kept = self._steps.get((StepKind.CONVERSATION, identifier))
        # Where the server keeps the conversation, the copy here is the way back to it.
        forget = 0 if kept is not None and kept.state is Gone.NO else self._purge.key
        await self._library.purges.end(self._purge.id, forget=forget)
        ended = await self._library.purges.read(self._purge.id)
        return ended or replace(self._purge, steps=tuple(self._steps.values()))

    async def _erase_items(self, identifier: str) -> None:
        """Delete all items, those that came meanwhile too, until the server lists none."""
        while True:
            try:
                found = await _patiently(lambda: listed(self._gateway, identifier))
            except GatewayError as error:
                if error.trouble is not Trouble.NOT_FOUND:
                    raise
                # An item is noted before its conversation goes: these were not deleted by us.
                lost = self._waiting(StepKind.ITEM)
                await self._note([replace(s, state=Gone.NO, reason=_UNREACHABLE) for s in lost])
                return
            news = []
            for name in dict.fromkeys(Item(raw).id for raw in found):
                known = self._steps.get((StepKind.ITEM, name))
                if name and known is None:
                    news.append(Step(StepKind.ITEM, name))
                elif known is not None and known.state is Gone.YES:
                    news.append(replace(known, state=Gone.NO, reason=_STILL_THERE))
            await self._note(news)
            if not self._waiting(StepKind.ITEM):
                return
            await self._each(
                StepKind.ITEM, lambda item_id: self._gateway.delete_item(identifier, item_id)
            )

    async def _each(
        self,
        kind: StepKind,
        delete: Callable[[str], Awaitable[object]],
        look: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        done: list[Step] = []
        try:
            for step in self._waiting(kind):
                done.append(await _erased(step, delete, look))
                if len(done) == _BATCH:
                    await self._note(done)
                    done = []
        finally:
            await self._note(done)

    async def _note(self, steps: Sequence[Step]) -> None:
        if not steps:
            return
        self._steps.update({(step.kind, step.id): step for step in steps})
        await self._library.purges.note(self._purge.id, steps)
        done = len(self._steps) - self._count(Gone.WAITS)
        self._told(Progress(self._purge.key, "deleting", done, len(self._steps)))

    def _waiting(self, kind: StepKind) -> list[Step]:
        return [s for s in self._steps.values() if s.kind is kind and s.state is Gone.WAITS]

    def _count(self, state: Gone) -> int:
        return sum(step.state is state for step in self._steps.values())


async def _erased(
    step: Step,
    delete: Callable[[str], Awaitable[object]],
    look: Callable[[str], Awaitable[object]] | None,
) -> Step:
    """Delete one thing and return what is known of it then. Raises GatewayError to try later."""
    try:
        await _patiently(lambda: delete(step.id))
    except GatewayError as error:
        if error.trouble in _PASSING:
            raise
        if error.trouble is not Trouble.NOT_FOUND:
            return replace(step, state=Gone.NO, reason=error.sentence)
        return replace(step, state=Gone.YES)
    if look is not None and await _is_there(lambda: look(step.id)):
        return replace(step, state=Gone.NO, reason=_STILL_THERE)
    return replace(step, state=Gone.YES)


async def _is_there(look: Callable[[], Awaitable[object]]) -> bool:
    try:
        await _patiently(look)
    except GatewayError as error:
        if error.trouble in _PASSING:
            raise
        return False
    return True


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do something, waiting where the server asks for it."""
    for _ in range(_RATE_TRIES):
        try:
            return await work()
        except GatewayError as error:
            if error.trouble is not Trouble.RATE_LIMIT or error.retry_after > _LONGEST_WAIT:
                raise
            await asyncio.sleep(error.retry_after or 1.0)
    return await work()
