"""What every command of the controller stands on: the open conversations, tasks and events."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chat_tui.config import Profile, Settings
from chat_tui.controller.conversation import Conversation, row_values
from chat_tui.controller.endpoints import Endpoints, LocalServer
from chat_tui.controller.events import Event
from chat_tui.controller.queue import Queues
from chat_tui.controller.view import View
from chat_tui.errors import ChatTuiError, NotFound
from chat_tui.library import ConversationRow, Library
from chat_tui.planning import Capabilities, Choices

if TYPE_CHECKING:
    from chat_tui.controller.offering import Neighbours

_CLOSING_SECONDS = 3.0
"""How long running turns may take to be settled when the program ends."""


class Core:
    """Owns all state; the commands are in the classes above it."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        local: LocalServer | None = None,
        *,
        profile: Profile | None = None,
        env: Mapping[str, str] = os.environ,
        neighbours: Neighbours | None = None,
    ) -> None:
        self._neighbours = neighbours
        self.settings = settings
        self.profile = profile or settings.choose_profile()
        self._library = library
        self._endpoints = Endpoints(local, env)
        self._open: dict[int, Conversation] = {}
        self._current = 0
        self._unread: set[int] = set()
        self._purging: set[int] = set()
        """Purges that this program took over and is at."""
        self._began = time.time()
        self._queues = Queues(library, self._emit)
        self._closed = False
        self._made: set[int] = set()
        """Conversations that began here, among which empty ones may be removed."""
        self._events: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- life -----------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[Event]:
        """Yield every event until ``close``. One consumer only.

        Raises what no background task was written to expect: a fault of this program.
        """
        while (event := await self._events.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._closed

    async def close(self) -> None:
        """Stop running turns keeping what came, then close everything."""
        if self._closed:
            return
        self._closed = True
        for conversation in self._open.values():
            if conversation.stop is not None:
                conversation.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._endpoints.close()
            with suppress(ChatTuiError):  # empty conversations do no harm
                await self._library.index.prune_empty(self._made)
        finally:
            await self._library.close()
            self._events.put_nowait(None)

    def _emit(self, event: Event) -> None:
        self._events.put_nowait(event)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._events.put_nowait(error)

    @property
    def holds_private(self) -> bool:
        """Whether something said or written off the record would be lost by closing."""
        return any(conversation.only_here for conversation in self._open.values())

    # --- open conversations ---------------------------------------------------------------------

    def view(self, key: int) -> View:
        """Return a snapshot of an open conversation."""
        return self._view(self._conversation(key))

    def _view(self, conversation: Conversation) -> View:
        return conversation.view(self._able(conversation))

    def _able(self, conversation: Conversation) -> Capabilities:
        return self._endpoints.able(self._profile_of(conversation))

    def _profile_of(self, conversation: Conversation) -> Profile:
        return self.settings.profiles.get(conversation.row.profile, self.profile)

    def _blank_row(self, choices: Choices) -> ConversationRow:
        return ConversationRow(key=0, profile=self.profile.name, **row_values(choices))

    def _conversation(self, key: int) -> Conversation:
        if key not in self._open:
            raise NotFound("That conversation is not open.")
        return self._open[key]
