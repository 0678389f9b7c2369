"""The end of a turn: find out what is true now, write it down, say it, learn what is new."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from chat_tui.controller.conversation import Conversation
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import (
    Event,
    ItemUpdated,
    ListChanged,
    Notice,
    RecordsChanged,
    TurnEnded,
    ViewChanged,
)
from chat_tui.controller.kept import kept_items, kept_output, stored_response
from chat_tui.controller.merge import merge
from chat_tui.controller.receiving import SUCCESS, Receiving
from chat_tui.controller.view import TurnReport
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.items import Item, Kind, Place, RawItem, Record, visible_line
from chat_tui.library import KEPT_PLACES, Library
from chat_tui.planning import Outcome, settle

KEPT_CHECKS = (0.1, 0.3, 0.8)
"""Seconds before each look whether the server kept a stopped turn."""
_LOG = logging.getLogger(__name__)


class Settling(Receiving):
    """What follows when the stream is over, however it ended."""

    def __init__(
        self,
        conversation: Conversation,
        library: Library,
        emit: Callable[[Event], None],
        text: str,
    ) -> None:
        super().__init__(conversation, emit, text)
        self._library = library
        self._endpoint: Endpoint
        self._after_item = conversation.last_listed_id()
        self._started = time.time()
        self._sent = False
        self._stopped = False
        self._unknown = False
        self._error: ChatTuiError | None = None

    async def _finish(self) -> bool:
        """Find out what is true now, write it down, and say it; returns whether it was kept."""
        conversation = self._conversation
        self._log_oddities()
        self._take_unfinished()
        kept = self._accumulator.status in SUCCESS
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
            await library.journal.release(conversation.key)
            return
        changes: dict[str, Any] = {"response_id": conversation.state.response_id}
        if report.usage:
            changes["usage"] = dict(report.usage)
        conversation.row = await library.end_turn(
            conversation.key,
            conversation.state.records if anew else self._turn(),
            replaces_from=conversation.first_rank if anew else None,
            # A response may be stored although its conversation lost the turn (api D.3): known
            # here, a purge finds it.
            stored=self._accumulator.response_id,
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
        ids = {record.id for record in self._turn()} - {""}
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
                more, after = True, known.id
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
