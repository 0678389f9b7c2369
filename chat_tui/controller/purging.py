"""Commands that purge: everything of a conversation goes, there and here, and a receipt stays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from chat_tui.controller.erasing import Erasing
from chat_tui.controller.events import ListChanged, Notice
from chat_tui.controller.mending.progress import Told, untold
from chat_tui.controller.opening import Opening
from chat_tui.controller.whole import listed
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.items import Item, Place
from chat_tui.library import Gone, Purge, Step, StepKind

_UNFINISHED = "The rest is in the journal: the purge goes on at the next start."


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge deletes; nothing has happened yet."""

    key: int
    conversation_id: str
    items: tuple[str, ...]
    """Ids of the items that are known, there or here; those added meanwhile go too."""
    responses: tuple[str, ...]
    shared: tuple[str, ...]
    """Known responses that stay, because another conversation here goes on from them."""
    gone: bool
    """Whether the server no longer has the conversation."""

    @property
    def effect(self) -> tuple[str, ...]:
        """What will follow, one sentence each."""
        parts = []
        if self.conversation_id and not self.gone:
            parts.append(f"{len(self.items)} items and the conversation")
        if self.responses:
            parts.append(f"{len(self.responses)} responses")
        there = f"{', '.join(parts)} on the server, and " if parts else ""
        said = [f"Deletes for good: {there}the copy here with its drafts and notes."]
        if self.gone:
            said.append("The server no longer has the conversation: its items are out of reach.")
        if self.shared:
            said.append(
                f"{len(self.shared)} responses stay: another conversation here goes on from them."
            )
        said.append("Responses that other programs made are not known here and stay.")
        return tuple(said)


class Purging(Opening):
    """Purging conversations, and finishing purges that a crash cut off."""

    async def plan_purge(self, key: int) -> PurgePlan:
        """Return what a purge of a conversation would delete. Changes nothing."""
        conversation = await self._find(key)
        state = conversation.state
        known = dict.fromkeys(await self._library.items.all_ids(key))
        gone = False
        if state.conversation_id:
            endpoint = await self._endpoints.get(self._profile_of(conversation))
            try:
                there = await listed(endpoint.gateway, state.conversation_id)
                known = dict.fromkeys(Item(raw).id for raw in there)
            except GatewayError as error:
                if error.trouble is not Trouble.NOT_FOUND:
                    raise
                gone = True
        placed = state.placed(Place.CONVERSATION, Place.CHAIN, Place.STOPPED)
        responses = dict.fromkeys(
            name
            for name in (
                *await self._library.items.responses(key),
                *(record.response_id for record in placed),
                state.response_id,
                conversation.turn.response_id if conversation.turn else "",
            )
            if name
        )
        shared = await self._library.index.shared_responses(key)
        return PurgePlan(
            key,
            state.conversation_id,
            tuple(name for name in known if name),
            tuple(name for name in responses if name not in shared),
            tuple(name for name in responses if name in shared),
            gone,
        )

    async def purge(self, plan: PurgePlan, told: Told = untold) -> Purge:
        """Delete all of a conversation, there and here; returns the receipt.

        It is in the journal before anything goes. Raises ChatTuiError when the server cannot be
        asked any more: what is left goes at the next start.
        """
        conversation = await self._find(plan.key)
        if conversation.running:
            raise ChatTuiError("An answer is still coming.", "Stop it first, then purge.")
        steps = []
        if plan.conversation_id:
            steps = [Step(StepKind.ITEM, name) for name in plan.items]
            steps.append(Step(StepKind.CONVERSATION, plan.conversation_id))
        steps += [Step(StepKind.RESPONSE, name) for name in plan.responses]
        purge = await self._library.purges.begin(
            conversation.row.profile, plan.conversation_id, steps, owner=os.getpid(), key=plan.key
        )
        conversation.deleting = True
        try:
            return await self._carry_out(purge, told)
        except ChatTuiError as error:
            conversation.deleting = False
            await self._library.purges.release(purge.id)
            raise ChatTuiError(
                f"The purge is not finished. {error.sentence}",
                _UNFINISHED,
                exit_code=error.exit_code,
            ) from error

    async def finish_purges(self, told: Told = untold) -> list[Purge]:
        """Go on with what a crash or a failure cut off; returns the receipts.

        Purges of another program that is alive are left to it. What cannot be finished now stays
        for the next start and is told in a Notice.
        """
        receipts = []
        for purge in await self._library.purges.waiting():
            ours = purge.owner == os.getpid() and purge.begun_at >= self._began
            if ours or purge.id in self._purging or purge.elsewhere:
                continue
            if not await self._library.purges.take(purge, os.getpid()):
                continue
            try:
                receipts.append(await self._carry_out(purge, told))
            except ChatTuiError as error:
                await self._library.purges.release(purge.id)
                sentence = f"A purge is not finished. {error.sentence}"
                self._emit(Notice(sentence, _UNFINISHED, Severity.WARNING))
        return receipts

    async def receipts(self) -> Sequence[Purge]:
        """Return the purges that ended, oldest first."""
        return [purge for purge in await self._library.purges.ended() if purge.key]

    async def _carry_out(self, purge: Purge, told: Told) -> Purge:
        profile = self.settings.choose_profile(purge.profile)
        self._purging.add(purge.id)
        try:
            endpoint = await self._endpoints.get(profile)
            receipt = await Erasing(self._library, endpoint.gateway, purge, told).run()
        finally:
            self._purging.discard(purge.id)
        if not purge.key:  # the remains of a copy that was never finished: nobody asks for these
            await self._library.purges.drop(purge.id)
        elif await self._library.index.row(purge.key) is None:
            self._open.pop(purge.key, None)
            self._unread.discard(purge.key)
        self._emit(ListChanged())
        return receipt

    async def _finish_and_tell(self) -> None:
        """Finish purges in the background and say so."""
        for receipt in await self.finish_purges():
            if receipt.key:
                self._emit(Notice(purge_sentence(receipt)))


def purge_sentence(receipt: Purge) -> str:
    """Return what became of a purge."""
    gone, kept = len(receipt.of(Gone.YES)), len(receipt.of(Gone.NO))
    if kept:
        return f"The purge ended: {gone} confirmed gone, {kept} not."
    return f"The purge is complete: all {gone} are confirmed gone."
