"""Commands that send messages, queue them, stop answers and take messages back."""

from __future__ import annotations

from chat_tui.controller import sync
from chat_tui.controller.conversation import Conversation
from chat_tui.controller.events import ListChanged, Notice, RecordsChanged, ViewChanged
from chat_tui.controller.opening import Opening
from chat_tui.controller.turns import Turn
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.items import Place, encodable
from chat_tui.library import TakenElsewhereError


class Speaking(Opening):
    """What a person says, from the draft to the turn."""

    async def send(self, key: int, text: str) -> None:
        """Start a turn, or queue the message while an answer comes.

        Raises ChatTuiError, and takes nothing, when it can do neither.
        """
        conversation = self._conversation(key)
        if not text.strip():
            raise ChatTuiError("There is nothing to send.")
        text = encodable(text)
        if conversation.busy:
            await self._queues.add(conversation, text)
            await self._go_on(conversation)
            return
        if conversation.pending_text:
            raise ChatTuiError("An earlier message is still unsent.", "Resend it or take it back.")
        await self._begin(Turn(conversation, self._library, self._emit, text), conversation)

    async def _begin(self, turn: Turn, conversation: Conversation) -> None:
        try:
            await turn.note()
            endpoint = await self._endpoints.get(self._profile_of(conversation))
            if not conversation.choices.model:
                await self._settle_models(endpoint)
                _require_model(conversation)
            await turn.prepare(endpoint)
        except BaseException:
            await turn.give_up()
            self._queues.hold(conversation)
            raise
        self._spawn(self._run(turn, conversation))

    async def _run(self, turn: Turn, conversation: Conversation) -> None:
        await turn.run()
        if conversation.key != self._current:
            self._unread.add(conversation.key)
            self._emit(ListChanged())
        report = conversation.turn
        if report is None or report.status not in ("completed", "incomplete"):
            self._queues.hold(conversation)
        await self._go_on(conversation)

    # --- the queue ------------------------------------------------------------------------------

    async def _go_on(self, conversation: Conversation) -> None:
        """Send the first message of the queue, if it is its time."""
        if self._closed or (queued := self._queues.first(conversation)) is None:
            return
        turn = Turn(conversation, self._library, self._emit, queued.text, queued)
        try:
            await self._begin(turn, conversation)
        except TakenElsewhereError as error:
            self._emit(Notice(error.sentence, "", Severity.WARNING, conversation.key))
            await self._go_on(conversation)
        except ChatTuiError as error:
            await self._queues.restore(conversation, queued)
            self._emit(Notice(error.sentence, error.way_out, Severity.ERROR, conversation.key))

    async def send_on(self, key: int) -> None:
        """Let a waiting queue go on. Raises ChatTuiError when none waits."""
        conversation = self._conversation(key)
        if conversation.pending_text:
            raise ChatTuiError("An earlier message is still unsent.", "Resend it or take it back.")
        if not conversation.queue_waits:
            raise ChatTuiError("Nothing waits to be sent.")
        self._queues.let_go(conversation)
        await self._go_on(conversation)

    async def remove_queued(self, key: int, number: int) -> None:
        """Remove a message from the queue."""
        await self._queues.remove(self._conversation(key), number)

    async def take_queued(self, key: int, number: int) -> str:
        """Take a message out of the queue to edit it: it now comes before the draft."""
        conversation = self._conversation(key)
        text = next((q.text for q in conversation.queue if q.number == number), "")
        rest = conversation.draft
        if text:
            await self.save_draft(key, f"{text}\n{rest}" if rest else text)
        try:
            await self._queues.remove(conversation, number)
        except ChatTuiError:
            await self.save_draft(key, rest)
            raise
        return text

    def interrupt(self, key: int) -> bool:
        """Stop the running turn, keeping what came; returns whether there was one."""
        conversation = self._open.get(key)
        if conversation is None or conversation.stop is None:
            return False
        conversation.stop()
        return True

    async def resend(self, key: int) -> None:
        """Send the unsent message again, unless the server turns out to hold it already."""
        conversation = self._conversation(key)
        _require_answered(conversation)
        endpoint = await self._endpoints.get(self._profile_of(conversation))
        await self._require_ours(key)
        found = await sync.find_out(self._library, endpoint, conversation)
        if found and not conversation.pending_text:
            await sync.refresh(self._library, endpoint, conversation)
            self._emit(RecordsChanged(self._view(conversation)))
            self._emit(ListChanged())
            self._emit(Notice(found, key=key))
            return
        text = await self.take_back(key)
        try:
            await self.send(key, text)
        except ChatTuiError:
            await self.save_draft(key, text)
            self._emit(ViewChanged(self.view(key)))
            raise

    async def take_back(self, key: int) -> str:
        """Remove the unsent message from the conversation and return its text."""
        conversation = self._conversation(key)
        _require_answered(conversation)
        text = conversation.pending_text
        if not text or conversation.running:
            raise ChatTuiError("There is no unsent message.")
        await self._require_ours(key)
        await self.save_draft(key, text)
        await self._library.journal.clear(key)
        conversation.pending_text = ""
        conversation.drop([r.ref for r in conversation.state.placed(Place.PENDING)])
        self._emit(RecordsChanged(self._view(conversation)))
        self._emit(ListChanged())
        return text

    async def _require_ours(self, key: int) -> None:
        """Raise ChatTuiError while another program waits for the answer to the message."""
        if await sync.runs_elsewhere(self._library, key):
            raise ChatTuiError(*sync.ELSEWHERE)

    async def save_draft(self, key: int, text: str) -> None:
        """Keep unsent text: on disk, or in memory only while off the record.

        Does nothing for a conversation that is gone.
        """
        text = encodable(text)
        if (conversation := self._open.get(key)) is not None:
            conversation.draft = text
            stored = conversation.choices.store
        else:
            row = await self._library.index.row(key)
            stored = row is not None and row.store
        if stored:
            await self._library.journal.save_draft(key, text)


def _require_model(conversation: Conversation) -> None:
    """Raise ChatTuiError while no model is chosen: servers refuse that in words of their own."""
    if not conversation.choices.model:
        raise ChatTuiError("The server names no model.", "Choose one by its name.")


def _require_answered(conversation: Conversation) -> None:
    """Raise ChatTuiError while it is being found out whether a message was sent."""
    if conversation.asking and conversation.pending_text:
        raise ChatTuiError(
            "The server is still being asked what it kept of that message.",
            "Try again in a moment.",
        )
