"""The controller: every command a person can give, over the library and the endpoints.

Commands are awaited and raise ChatTuiError with a sentence for the user. What happens by itself
(answers, refreshes, failures in the background) comes through ``events``. The commands are grouped
in modules of their own, each class over the one it needs: core, choosing, opening, then speaking
and naming; here they come together, with the list of conversations.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from chat_tui.config import Profile, Settings
from chat_tui.controller.conversation import UNTITLED
from chat_tui.controller.counting import Counting
from chat_tui.controller.endpoints import LocalServer
from chat_tui.controller.events import ListChanged
from chat_tui.controller.filing import Filing
from chat_tui.controller.launch import Launch
from chat_tui.controller.listing import Lists, Wanted
from chat_tui.controller.mends import Mending
from chat_tui.controller.naming import Naming
from chat_tui.controller.offering import Neighbours, Offering
from chat_tui.controller.purging import Purging
from chat_tui.controller.reconciling import Reconciling
from chat_tui.controller.speaking import Speaking
from chat_tui.controller.view import Listing, Summary, View
from chat_tui.errors import NotFound
from chat_tui.library import ConversationRow, Library, Order


class Controller(Speaking, Naming, Mending, Purging, Reconciling, Filing, Counting, Offering):
    """All commands. One per program; ``start`` it, read ``events``, ``close`` it."""

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
        super().__init__(settings, library, local, profile=profile, env=env, neighbours=neighbours)
        self._lists = Lists(library, self._summary)

    def start(self) -> None:
        """Begin to reach the profile's endpoint in the background; returns at once."""
        self._spawn(self._look_around())

    async def _look_around(self) -> None:
        await self._reach(self.profile)
        await self._tell_offers()
        await self._finish_and_tell()

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

    async def use_profile(self, name: str) -> View:
        """Go to another profile and open its last conversation."""
        self.profile = self.settings.choose_profile(name)
        self._spawn(self._reach(self.profile))
        view = await self.last()
        self._emit(ListChanged())
        return view

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
