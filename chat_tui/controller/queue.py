"""The queue of messages written while an answer comes; each is sent after the one before.

An interrupt or an error makes the queue wait for the user's word, and so does a new start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from chat_tui.controller.conversation import Conversation
from chat_tui.controller.events import Event, ListChanged, QueueChanged
from chat_tui.controller.view import Queued
from chat_tui.errors import ChatTuiError
from chat_tui.library import Library


class Queues:
    """Changes the queues of open conversations: in memory at once, then on disk, and says so."""

    def __init__(self, library: Library, emit: Callable[[Event], None]) -> None:
        self._table = library.queue
        self._emit = emit
        self._number = 0

    async def add(self, conversation: Conversation, text: str) -> None:
        """Let a message wait. On the record it is on disk from here on."""
        self._number = max(self._number + 1, time.time_ns())
        queued = Queued(self._number, text, kept=conversation.choices.store)
        conversation.queue = (*conversation.queue, queued)
        conversation.draft = ""
        self.tell(conversation)
        if not queued.kept:
            return
        try:
            await self._table.add(conversation.key, queued.number, text)
        except ChatTuiError:
            self._drop(conversation, queued)
            raise

    async def remove(self, conversation: Conversation, number: int) -> Queued:
        """Take a message out. Raises ChatTuiError when it is not there any more."""
        queued = next((q for q in conversation.queue if q.number == number), None)
        if queued is None:
            raise ChatTuiError("That message is not in the queue any more.")
        self._drop(conversation, queued)
        if queued.kept:
            await self._table.remove([queued.number])
        return queued

    def first(self, conversation: Conversation) -> Queued | None:
        """Take out the message to be sent now, if one is; on disk its turn takes it."""
        waits = conversation.queue_waits or conversation.running or conversation.pending_text
        if waits or not conversation.queue:
            return None
        queued = conversation.queue[0]
        self._drop(conversation, queued)
        return queued

    async def restore(self, conversation: Conversation, queued: Queued) -> None:
        """Put a message back in front: its turn could not start. The queue waits."""
        conversation.queue = (queued, *conversation.queue)
        self.hold(conversation)
        if queued.kept:
            await self._table.restore(conversation.key, queued.number, queued.text)

    def hold(self, conversation: Conversation) -> None:
        """Make the queue wait for the user's word, if there is one."""
        if conversation.queue and not conversation.queue_waits:
            conversation.queue_waits = True
            self.tell(conversation)

    def let_go(self, conversation: Conversation) -> None:
        """Let the queue go on."""
        conversation.queue_waits = False
        self.tell(conversation)

    async def set_store(self, conversation: Conversation, *, store: bool) -> bool:
        """Follow a change of what the server keeps; returns whether the queue now waits for it.

        Off the record nothing of it stays on disk. What was written off the record goes on the
        record only when the user says so.
        """
        kept = [queued.number for queued in conversation.queue if queued.kept]
        if store:
            if len(kept) == len(conversation.queue):
                return False
            self.hold(conversation)
            return True
        conversation.queue = tuple(replace(queued, kept=False) for queued in conversation.queue)
        if kept:
            await self._table.remove(kept)
        return False

    def _drop(self, conversation: Conversation, queued: Queued) -> None:
        conversation.queue = tuple(q for q in conversation.queue if q.number != queued.number)
        conversation.queue_waits = conversation.queue_waits and bool(conversation.queue)
        self.tell(conversation)

    def tell(self, conversation: Conversation) -> None:
        """Say how the queue stands."""
        self._emit(QueueChanged(conversation.key, conversation.queue, conversation.queue_waits))
        self._emit(ListChanged())
