"""The controller: every command a person can give, over the library and the endpoints.

Commands are awaited and raise ChatTuiError with a sentence for the user. What happens by itself
(answers, refreshes, failures in the background) comes through ``events``.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from chat_tui.config import Chaining, Compaction, Profile, Settings
from chat_tui.controller import searching, sync
from chat_tui.controller.conversation import (
    UNTITLED,
    Conversation,
    first_choices,
    from_row,
    row_values,
)
from chat_tui.controller.deletion import delete_on_server
from chat_tui.controller.endpoints import Endpoint, Endpoints, LocalServer
from chat_tui.controller.events import (
    EndpointChanged,
    Event,
    ListChanged,
    Notice,
    RecordsChanged,
    ViewChanged,
)
from chat_tui.controller.launch import Launch
from chat_tui.controller.listing import Lists, Wanted
from chat_tui.controller.metadata import MAX_VALUE, check_metadata
from chat_tui.controller.queue import Queues
from chat_tui.controller.searching import OlderTurn
from chat_tui.controller.turns import Turn
from chat_tui.controller.view import Listing, Summary, View
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound, Severity
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.items import Place, Record, encodable, visible_line
from chat_tui.library import ConversationRow, Library, Order, TakenElsewhereError, Window
from chat_tui.planning import Capabilities, Choices, context_window

_CLOSING_SECONDS = 3.0
"""How long running turns may take to be settled when the program ends."""


class Controller:
    """Owns all state. One per program; ``start`` it, read ``events``, ``close`` it."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        local: LocalServer | None = None,
        *,
        profile: Profile | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = settings
        self.profile = profile or settings.choose_profile()
        self._library = library
        self._endpoints = Endpoints(local, env)
        self._open: dict[int, Conversation] = {}
        self._current = 0
        self._unread: set[int] = set()
        self._queues = Queues(library, self._emit)
        self._lists = Lists(library, self._summary)
        self._closed = False
        self._made: set[int] = set()
        """Conversations that began here, among which empty ones may be removed."""
        self._events: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- life -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to reach the profile's endpoint in the background; returns at once."""
        self._spawn(self._reach(self.profile))

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

    async def _reach(self, profile: Profile) -> None:
        try:
            endpoint = await self._endpoints.get(profile)
            await endpoint.gateway.connect()
        except ChatTuiError as error:
            self._emit(EndpointChanged(profile.name, ready=False, sentence=str(error)))
            return
        self._emit(EndpointChanged(profile.name, ready=True, sentence=""))
        await self._settle_models(endpoint)

    async def _settle_models(self, endpoint: Endpoint) -> None:
        """Choose a model where none was: no request can be sent without one."""
        waiting = [c for c in self._open.values() if not c.choices.model]
        if not waiting:
            return
        try:
            model = choose_model(await endpoint.gateway.models())
        except GatewayError as error:
            self._emit(Notice(error.sentence, error.way_out, Severity.WARNING))
            return
        for conversation in waiting:
            if model and not conversation.choices.model:
                await self.set_model(conversation.key, model)

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

    # --- the list -------------------------------------------------------------------------------

    async def conversations(
        self, query: str = "", *, limit: int = 200, offset: int = 0
    ) -> Sequence[Summary]:
        """Return rows of the conversation list of the current profile, latest first."""
        rows = await self._library.index.rows(
            self.profile.name, query=query, limit=limit, offset=offset, also=self._open
        )
        return [self._summary(row) for row in rows]

    async def listing(self, wanted: Wanted) -> Listing | None:
        """Return a window of the list; None when a newer query was asked meanwhile."""
        return await self._lists.read(self.profile.name, wanted, self._open)

    async def prepare_filter(self) -> None:
        """Get ready for a query that is about to be typed."""
        await self._library.listing.prepare_search(self.profile.name)

    async def sort_next(self) -> Order:
        """Sort the list in the next way: by latest change, by creation, by title."""
        order = await self._lists.next_order()
        self._emit(ListChanged())
        return order

    async def summary(self, key: int) -> Summary:
        """Return the row of one conversation. Raises NotFound."""
        row = await self._library.index.row(key)
        if row is None:
            raise NotFound("That conversation is no longer in the list.")
        return self._summary(row)

    def _summary(self, row: ConversationRow) -> Summary:
        conversation = self._open.get(row.key)
        turn = conversation.turn if conversation else None
        return Summary(
            key=row.key,
            title=conversation.title if conversation else row.title or UNTITLED,
            conversation_id=row.conversation_id,
            response_id=row.response_id,
            updated_at=row.updated_at,
            created_at=row.created_at,
            stored=row.store,
            running=bool(conversation and conversation.running),
            pending=row.pending,
            unread=row.key in self._unread,
            failed=bool(turn and turn.sentence and turn.status != "running"),
            queued=conversation.queue_waits if conversation else row.queued,
        )

    # --- opening --------------------------------------------------------------------------------

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

    async def launch(self, launch: Launch) -> View:
        """Open what the program was asked to begin with, and make the choices asked for."""
        if launch.new:
            view = await self.new()
        else:
            view = await (self.open(launch.target) if launch.target else self.last())
        if launch.model is not None:
            view = await self.set_model(view.key, launch.model)
        if launch.instructions is not None:
            view = await self.set_instructions(view.key, launch.instructions)
        if launch.store is not None:
            view = await self.set_store(view.key, launch.store)
        if launch.chaining is not None:
            view = await self.set_chaining(view.key, launch.chaining)
        if launch.compaction is not None:
            view = await self.set_compaction(view.key, launch.compaction)
        return view

    async def read(self, target: str) -> View:
        """Open a conversation like ``open``, but return what the server says now.

        When the server cannot be asked, returns the copy here; a Notice event says why.
        """
        conversation = await self._find(target)
        self._enter(conversation)
        await self._refresh(conversation)
        return self._view(conversation)

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
        if found and conversation.pending_text:
            self._emit(Notice(found, _UNSENT[1], Severity.WARNING, key))
        elif found:
            self._emit(Notice(found, key=key))

    def _tell_refresh_failed(self, error: ChatTuiError, key: int) -> None:
        if isinstance(error, GatewayError) and error.trouble is Trouble.NOT_FOUND:
            sentence = "The server no longer has this conversation; what you see is the copy here."
            self._emit(Notice(sentence, "Delete it, or go on in a new one.", Severity.WARNING, key))
        else:
            self._emit(Notice(error.sentence, error.way_out, Severity.WARNING, key))

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

    def _conversation(self, key: int) -> Conversation:
        if key not in self._open:
            raise NotFound("That conversation is not open.")
        return self._open[key]

    # --- turns ----------------------------------------------------------------------------------

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
        await self.save_draft(key, text)
        await self._library.journal.clear(key)
        conversation.pending_text = ""
        conversation.drop([r.ref for r in conversation.state.placed(Place.PENDING)])
        self._emit(RecordsChanged(self._view(conversation)))
        self._emit(ListChanged())
        return text

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

    # --- choices --------------------------------------------------------------------------------

    async def set_store(self, key: int, store: bool) -> View:
        """Go on or off the record from the next turn on."""
        conversation = self._conversation(key)
        view = await self._choose(conversation, replace(conversation.choices, store=store))
        if await self._queues.set_store(conversation, store=store):
            self._emit(
                Notice(
                    "The queue waits: some of it was written off the record.",
                    "Sent on, it goes on the record.",
                    Severity.WARNING,
                    key,
                )
            )
        # Only now: a draft saved in between went by the new choice.
        await self._library.journal.save_draft(key, conversation.draft if store else "")
        return view

    async def set_chaining(self, key: int, chaining: Chaining) -> View:
        """Choose what the next turns refer to."""
        conversation = self._conversation(key)
        return await self._choose(conversation, replace(conversation.choices, chaining=chaining))

    async def set_compaction(self, key: int, compaction: Compaction) -> View:
        """Choose when the server is asked to compact."""
        conversation = self._conversation(key)
        return await self._choose(
            conversation, replace(conversation.choices, compaction=compaction)
        )

    async def set_model(self, key: int, model: str) -> View:
        """Choose the model of the next turns."""
        conversation = self._conversation(key)
        window = self._profile_of(conversation).context_window or context_window(model)
        return await self._choose(
            conversation, replace(conversation.choices, model=model, window=window)
        )

    async def set_instructions(self, key: int, instructions: str) -> View:
        """Choose the instructions sent with the next turns."""
        conversation = self._conversation(key)
        return await self._choose(
            conversation, replace(conversation.choices, instructions=encodable(instructions))
        )

    async def _choose(self, conversation: Conversation, choices: Choices) -> View:
        conversation.choices = choices
        conversation.row = await self._library.index.change(conversation.key, **row_values(choices))
        view = self._view(conversation)
        self._emit(ViewChanged(view))
        self._emit(ListChanged())
        return view

    async def models(self) -> list[str]:
        """Return the models the current profile's endpoint names."""
        endpoint = await self._endpoints.get(self.profile)
        return await endpoint.gateway.models()

    async def use_profile(self, name: str) -> View:
        """Go to another profile and open its last conversation."""
        self.profile = self.settings.choose_profile(name)
        self._spawn(self._reach(self.profile))
        view = await self.last()
        self._emit(ListChanged())
        return view

    # --- names, metadata, deletion --------------------------------------------------------------

    async def rename(self, key: int, title: str) -> None:
        """Title a conversation, here and in the server's metadata without touching other keys.

        Kept here with a notice when the server does not take it.
        """
        conversation = self._conversation(key) if key in self._open else await self._find(key)
        title = visible_line(title)
        if not title:
            raise ChatTuiError("A title must not be empty.", exit_code=EXIT_USAGE)
        if len(title) > MAX_VALUE:
            raise ChatTuiError(
                f"A title has at most {MAX_VALUE} characters; this has {len(title)}.",
                exit_code=EXIT_USAGE,
            )
        conversation.row = await self._library.index.change(key, title=title, named=True)
        self._emit(ListChanged())
        if key in self._open:
            self._emit(ViewChanged(self._view(conversation)))
        if not conversation.state.conversation_id:
            return
        try:
            await self._write_metadata(conversation, {"title": title}, ())
            if key in self._open:
                self._emit(ViewChanged(self._view(conversation)))
        except ChatTuiError as error:
            sentence = f"The new title is kept here only. {error.sentence}"
            self._emit(Notice(sentence, error.way_out, Severity.WARNING, key))

    async def _write_metadata(
        self, conversation: Conversation, changes: Mapping[str, str], removed: Collection[str]
    ) -> None:
        """Read, merge, write: an update replaces the whole map (api A.2)."""
        endpoint = await self._endpoints.get(self._profile_of(conversation))
        identifier = conversation.state.conversation_id
        async with conversation.editing:
            found = (await endpoint.gateway.conversation(identifier)).get("metadata")
            kept = {k: v for k, v in sync.string_map(found).items() if k not in removed}
            metadata = {**kept, **changes}
            _require_good(metadata)
            await endpoint.gateway.set_metadata(identifier, metadata)
            conversation.row = await self._library.index.change(conversation.key, metadata=metadata)

    async def set_metadata(self, key: int, metadata: Mapping[str, str]) -> View:
        """Edit a conversation's metadata: what was changed, added or left out here.

        Keys that the server got from elsewhere meanwhile stay. Raises ChatTuiError when the limits
        are broken.
        """
        conversation = self._conversation(key)
        _require_good(metadata)
        before = conversation.row.metadata
        if not conversation.state.conversation_id:
            conversation.row = await self._library.index.change(key, metadata=dict(metadata))
        else:
            changes = {k: value for k, value in metadata.items() if before.get(k) != value}
            await self._write_metadata(conversation, changes, before.keys() - metadata.keys())
        if title := visible_line(metadata.get("title", "")):
            conversation.row = await self._library.index.change(key, title=title, named=True)
        view = self._view(conversation)
        self._emit(ViewChanged(view))
        self._emit(ListChanged())
        return view

    async def delete(self, key: int, *, with_items: bool) -> None:
        """Delete a conversation on the server and here; with its items and responses, or without.

        Without, the server keeps the items (api A.2). Raises GatewayError, and forgets nothing
        here, when the server cannot do it.
        """
        conversation = await self._find(key)
        if conversation.running:
            raise ChatTuiError("An answer is still coming.", "Stop it first, then delete.")
        conversation.deleting = True
        try:
            if conversation.state.conversation_id or conversation.state.response_id:
                endpoint = await self._endpoints.get(self._profile_of(conversation))
                responses = await self._library.items.responses(key) if with_items else []
                await delete_on_server(
                    endpoint.gateway, conversation.state, responses, with_items=with_items
                )
            await self._library.index.forget(key)
        except ChatTuiError:
            conversation.deleting = False
            raise
        self._open.pop(key, None)
        self._unread.discard(key)
        self._emit(ListChanged())


def _require_answered(conversation: Conversation) -> None:
    """Raise ChatTuiError while it is being found out whether a message was sent."""
    if conversation.asking and conversation.pending_text:
        raise ChatTuiError(
            "The server is still being asked what it kept of that message.",
            "Try again in a moment.",
        )


_UNSENT = ("A message is still unsent.", "Resend it, or take it back to edit it.")


def _require_good(metadata: Mapping[str, str]) -> None:
    """Raise ChatTuiError when metadata breaks the limits."""
    if problem := check_metadata(metadata):
        raise ChatTuiError(problem, exit_code=EXIT_USAGE)


def choose_model(models: Sequence[str]) -> str:
    """Return the model to use when the user named none: the newest plain GPT, else the first."""
    versions = {
        tuple(int(part) for part in found[1].split(".")): name
        for name in models
        if (found := re.fullmatch(r"gpt-(\d+(?:\.\d+)?)", name))
    }
    if versions:
        return versions[max(versions)]
    return models[0] if models else ""
