"""What all routes share: the database, the upstream, the rules, and the turns that are running."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server import items
from chat_tui.server.errors import ApiError
from chat_tui.server.turns import Rule, Turn, sealed_reasoning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from chat_tui.server.database import Database
    from chat_tui.server.items import Item
    from chat_tui.server.plan import Plan
    from chat_tui.server.sse import Events
    from chat_tui.server.upstream import Upstream

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Service:
    """The state of a running server."""

    database: Database
    upstream: Upstream
    interrupted: Rule
    _running: dict[asyncio.Task[dict[str, Any]], Turn] = field(default_factory=dict)
    _stopping: bool = False

    def check_running(self) -> None:
        """Raise ApiError (503) when no new turn may begin."""
        if self._stopping:
            raise ApiError(
                503, "The server is stopping.", code="server_stopping", kind="server_error"
            )

    def start(
        self, plan: Plan, events: Events, room: Callable[[], Awaitable[None]]
    ) -> tuple[Turn, asyncio.Task[dict[str, Any]]]:
        """Start a turn; its task ends with the Response object, whoever still wants it."""
        turn = Turn(plan, self.database, self.upstream, events, rule=self.interrupted, room=room)
        task = asyncio.create_task(turn.run())
        self._running[task] = turn
        task.add_done_callback(self._forget)
        if self._stopping:
            turn.interrupt()
        return turn, task

    def _forget(self, task: asyncio.Task[dict[str, Any]]) -> None:
        self._running.pop(task, None)

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
