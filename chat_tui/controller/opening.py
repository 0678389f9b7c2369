"""Commands that open conversations and bring their past: from here, else from their server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

from chat_tui.controller import searching, sync
from chat_tui.controller.choosing import Choosing
from chat_tui.controller.conversation import Conversation, first_choices, from_row
from chat_tui.controller.events import ListChanged, Notice, RecordsChanged, ViewChanged
from chat_tui.controller.searching import OlderTurn
from chat_tui.controller.view import View
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.items import Record, visible_line
from chat_tui.library import ConversationRow, Window
from chat_tui.planning import Choices

_UNSENT = ("A message is still unsent.", "Resend it, or take it back to edit it.")


class Opening(Choosing):
    """Beginning, finding, adopting and refreshing conversations."""

    async def new(self, choices: Choices | None = None) -> View:
        """Return an empty conversation; the server's is created by the first stored turn."""
        choices = choices or first_choices(self.settings, self.profile)
        await self._library.index.prune_empty(self._made - self._open.keys())
        row = await self._library.index.create(self._blank_row(choices))
        conversation = from_row(row, self.profile, Window((), 0, reaches_start=True))
        self._open[row.key] = conversation
        self._made.add(row.key)
        self._enter(conversation)
        self._emit(ListChanged())
        if not choices.model:
            self._spawn(self._reach(self.profile))
        return self._view(conversation)

    async def open(self, target: int | str) -> View:
        """Open a conversation by key, id, unique prefix of an id, or exact title.

        An unknown ``conv_…`` or ``resp_…`` is fetched from the server and adopted. Returns what is
        cached at once; the server's word follows as events. Raises NotFound.
        """
        conversation = await self._find(target)
        self._enter(conversation)
        if conversation.running and conversation.catch_up is not None:
            conversation.catch_up()
            # Growth told before now may still be under way: only its place in the stream is sure.
            self._emit(RecordsChanged(self._view(conversation)))
        self._spawn(self._refresh(conversation))
        return self._view(conversation)

    async def last(self) -> View:
        """Open the conversation that changed last, or a new one."""
        row = await self._library.index.last(self.profile.name)
        return await self.new() if row is None else await self.open(row.key)

    async def read(self, target: str) -> View:
        """Open a conversation like ``open``, but return what the server says now.

        When the server cannot be asked, returns the copy here; a Notice event says why.
        """
        conversation = await self._find(target)
        self._enter(conversation)
        await self._refresh(conversation)
        return self._view(conversation)

    async def _find(self, target: int | str) -> Conversation:
        if isinstance(target, int):
            if target in self._open:
                return self._open[target]
            row = await self._library.index.row(target)
            if row is None:
                raise NotFound("That conversation is no longer in the list.")
            return await self._load(row)
        target = target.strip()
        rows = await self._library.index.find(self.profile.name, target)
        if len(rows) > 1:
            raise NotFound(
                f"{visible_line(target)} names more than one conversation.",
                "Give more of the id.",
                exit_code=EXIT_USAGE,
            )
        if rows:
            return self._open.get(rows[0].key) or await self._load(rows[0])
        if not re.fullmatch(r"(conv|resp)_[\w-]+", target):
            raise NotFound(
                f"No conversation is called {visible_line(target)!r}.",
                "Give an id that begins with conv_ or resp_, the start of one, or an exact title.",
            )
        choices = first_choices(self.settings, self.profile)
        endpoint = await self._endpoints.get(self.profile)
        adopted = await sync.adopt(self._library, endpoint, self._blank_row(choices), target)
        self._emit(ListChanged())
        return self._open.setdefault(adopted.key, adopted)

    async def _load(self, row: ConversationRow) -> Conversation:
        profile = self.settings.profiles.get(row.profile, self.profile)
        conversation = await sync.load(self._library, row, profile)
        return self._open.setdefault(row.key, conversation)

    def _enter(self, conversation: Conversation) -> None:
        """Make a conversation the current one; the one left is forgotten unless that loses any."""
        left, self._current = self._open.get(self._current), conversation.key
        if left is not None:
            self._let_go(left)
        self._unread.discard(conversation.key)

    def _let_go(self, conversation: Conversation) -> None:
        if conversation.key == self._current or conversation.busy or conversation.asking:
            return
        if not conversation.holds_private:
            self._open.pop(conversation.key, None)

    async def _refresh(self, conversation: Conversation) -> None:
        """Ask the server what it holds, unless it is being asked already."""
        if conversation.asking:
            return
        conversation.asking = True
        try:
            await self._ask(conversation)
        finally:
            conversation.asking = False
            self._let_go(conversation)

    async def _ask(self, conversation: Conversation) -> None:
        """Ask the server what it holds, and about a turn left without an outcome."""
        key = conversation.key
        try:
            endpoint = await self._endpoints.get(self._profile_of(conversation))
            elsewhere = await sync.runs_elsewhere(self._library, key)
            found = ""
            if not elsewhere:
                found = await sync.find_out(self._library, endpoint, conversation)
            changed = await sync.refresh(self._library, endpoint, conversation)
            told = await sync.refresh_metadata(self._library, endpoint, conversation)
        except ChatTuiError as error:
            if conversation.deleting:
                return
            self._tell_refresh_failed(error, key)
            if conversation.pending_text:
                self._emit(Notice(*_UNSENT, Severity.WARNING, key))
            return
        if changed or found:
            self._emit(RecordsChanged(self._view(conversation)))
        elif told:
            self._emit(ViewChanged(self._view(conversation)))
        if changed or found or told:
            self._emit(ListChanged())
        if elsewhere:
            self._emit(Notice(*sync.ELSEWHERE, key=key))
        elif found and conversation.pending_text:
            self._emit(Notice(found, _UNSENT[1], Severity.WARNING, key))
        elif found:
            self._emit(Notice(found, key=key))

    def _tell_refresh_failed(self, error: ChatTuiError, key: int) -> None:
        if isinstance(error, GatewayError) and error.trouble is Trouble.NOT_FOUND:
            sentence = "The server no longer has this conversation; what you see is the copy here."
            self._emit(Notice(sentence, "Delete it, or go on in a new one.", Severity.WARNING, key))
        else:
            self._emit(Notice(error.sentence, error.way_out, Severity.WARNING, key))

    # --- the past -------------------------------------------------------------------------------

    async def load_older(self, key: int) -> tuple[Record, ...]:
        """Load the records before the first one and return them, oldest first."""
        conversation = self._conversation(key)
        async with conversation.loading:
            if conversation.state.complete:
                return ()
            here = await sync.older_here(self._library, conversation)
            if here is not None:
                return here
            endpoint = await self._endpoints.get(self._profile_of(conversation))
            return await sync.older_there(self._library, endpoint, conversation)

    def first_rank(self, key: int) -> int:
        """Return where the first loaded record stands among those cached here."""
        return self._conversation(key).first_rank

    def cached_whole(self, key: int) -> bool:
        """Whether everything before the first loaded record is cached here."""
        return self._conversation(key).row.complete

    def search_older(self, key: int, query: str) -> AsyncIterator[Sequence[Record]]:
        """Yield cached records before the loaded ones that may contain ``query``, newest first."""
        return searching.candidates(self._library.items, self._conversation(key), query)

    async def older_turns(self, key: int) -> Sequence[OlderTurn]:
        """Return what the user said before the loaded records, as far as cached, oldest first."""
        return await searching.turns(self._library.items, self._conversation(key))
