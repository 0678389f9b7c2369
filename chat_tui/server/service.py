"""What all routes share: the database, the upstream, the rules, and the turns that are running."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server import items, locks
from chat_tui.server.errors import ApiError
from chat_tui.server.kept_events import add_piece
from chat_tui.server.turns import Rule, Turn, sealed_reasoning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat_tui.server.database import Database
    from chat_tui.server.event_log import EventLog
    from chat_tui.server.items import Item
    from chat_tui.server.plan import Plan
    from chat_tui.server.sse import Events
    from chat_tui.server.upstream import Upstream

log = logging.getLogger(__name__)

Finished = asyncio.Task[dict[str, Any]]
"""A running turn; it ends with the Response object, whoever still wants it."""


_LOOK_SECONDS = 0.2
"""How often, while background turns run, to save their events and to look whether another process
wants one to end."""


@dataclass(frozen=True, slots=True)
class Run:
    """A background turn of this process."""

    turn: Turn
    task: Finished
    events: EventLog | None
    """Its events, if it was asked for as a stream."""


@dataclass(slots=True)
class Service:
    """The state of a running server."""

    database: Database
    upstream: Upstream
    interrupted: Rule
    background: dict[str, Run] = field(default_factory=dict)
    """The background turns that run here, by response id."""
    _running: dict[Finished, Turn] = field(default_factory=dict)
    _looking: asyncio.Task[None] | None = None
    _stopping: bool = False

    def check_running(self) -> None:
        """Raise ApiError (503) when no new turn may begin."""
        if self._stopping:
            raise ApiError(
                503, "The server is stopping.", code="server_stopping", kind="server_error"
            )

    def turn(
        self,
        plan: Plan,
        events: Events,
        room: Callable[[], Awaitable[None]],
        event_log: EventLog | None = None,
    ) -> Turn:
        """Return the turn of a plan, ready to be started."""
        return Turn(
            plan,
            self.database,
            self.upstream,
            events,
            rule=self.interrupted,
            room=room,
            event_log=event_log,
        )

    def start(self, turn: Turn) -> Finished:
        """Start a turn; it is interrupted when the server stops."""
        task = asyncio.create_task(turn.run())
        self._running[task] = turn
        task.add_done_callback(self._forget)
        if self._stopping:
            turn.interrupt()
        return task

    def _forget(self, task: Finished) -> None:
        self._running.pop(task, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s in a turn\n%s", type(error).__name__, where)

    def start_in_background(self, response_id: str, turn: Turn, events: EventLog | None) -> None:
        """Start a turn that goes on whether or not anybody waits for it."""
        task = self.start(turn)
        self.background[response_id] = Run(turn, task, events)

        def forget(_: Finished) -> None:
            self.background.pop(response_id, None)
            if events is not None:
                events.close()

        task.add_done_callback(forget)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_after_runs())

    async def _look_after_runs(self) -> None:
        """Save what the background turns send, and end those another process wants to end."""
        while self.background:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._save_events()
                wanted = await self.database.read(
                    lambda db: locks.runs_to_end(db, self.database.owner)
                )
            except sqlite3.Error as error:
                log.error("Could not look after runs: %s", error)  # noqa: TRY400 one line
                continue
            for response_id in wanted:
                if response_id in self.background:
                    self.background[response_id].turn.interrupt("cancelled")

    async def _save_events(self) -> None:
        """Save the new events of all background streams, together and without waiting for disk."""
        logs = [(name, run.events) for name, run in self.background.items() if run.events]
        fresh = [(name, events, *events.unsaved()) for name, events in logs]
        fresh = [piece for piece in fresh if piece[-1]]
        if not fresh:
            return

        def work(db: sqlite3.Connection) -> None:
            for response_id, _, start, _, data in fresh:
                add_piece(db, response_id, start, data)

        await self.database.write(work, durable=False)
        for _, events, _, end, _ in fresh:
            events.mark_saved(end)

    async def stop(self, seconds: float) -> None:
        """Interrupt all turns and give them so long to settle."""
        self._stopping = True
        tasks = list(self._running)
        for turn in list(self._running.values()):
            turn.interrupt()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            if late:
                log.error("%d turns did not settle in time", len(late))

    def shown(self, found: Sequence[Item], include: Sequence[str]) -> list[Item]:
        """Return what a reply carries of stored items."""
        sealer = self.database.sealer
        return [
            items.shown(item, include, lambda raw: sealed_reasoning(sealer, raw)) for item in found
        ]
