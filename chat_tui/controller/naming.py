"""Commands that name, describe and delete conversations, here and on their server."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chat_tui.controller import sync
from chat_tui.controller.conversation import Conversation
from chat_tui.controller.deletion import delete_on_server
from chat_tui.controller.events import ListChanged, Notice, ViewChanged
from chat_tui.controller.metadata import MAX_VALUE, check_metadata
from chat_tui.controller.opening import Opening
from chat_tui.controller.view import View
from chat_tui.errors import EXIT_USAGE, ChatTuiError, Severity
from chat_tui.items import visible_line


class Naming(Opening):
    """Titles, metadata and deletion."""

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


def _require_good(metadata: Mapping[str, str]) -> None:
    """Raise ChatTuiError when metadata breaks the limits."""
    if problem := check_metadata(metadata):
        raise ChatTuiError(problem, exit_code=EXIT_USAGE)
