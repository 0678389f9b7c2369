"""Commands that move conversations: export, import, copies between profiles."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from chat_tui.config import Chaining, read_compaction
from chat_tui.controller.arriving import Arrival, Moved, NotMoved, is_home, metadata_of
from chat_tui.controller.choosing import choose_model
from chat_tui.controller.conversation import first_choices, row_values, title_of_items
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import ListChanged
from chat_tui.controller.gathering import Progress, gather, gather_here, place_of, quiet
from chat_tui.controller.opening import Opening
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.items import Place, RawItem, Record, visible_line
from chat_tui.library import ConversationRow
from chat_tui.moving import Document, Facts, Load, Reach, load


class Moving(Opening):
    """Conversations out of a server, into one, and from one to the next."""

    async def export(
        self, target: int | str, *, private: bool = False, progress: Progress = quiet
    ) -> Document:
        """Return a conversation with everything known of it; ``target`` is as for ``open``.

        The server is asked for every item in full; where it cannot be, the copy here serves and a
        note says so. Turns off the record, which are in memory only, are part of it only with
        ``private``. What is open stays open. Raises NotFound.
        """
        conversation = await self._find(target)
        profile = self._profile_of(conversation)
        try:
            endpoint = await self._endpoints.get(profile)
            return await gather(
                self._library, conversation, profile, endpoint, private=private, progress=progress
            )
        except GatewayError as error:
            return await gather_here(
                self._library, conversation, profile, error.sentence, private=private
            )
        finally:
            self._let_go(conversation)

    async def import_document(
        self, document: Document, *, profile: str = "", progress: Progress = quiet
    ) -> Moved:
        """Make a new conversation of a document, on the server of a profile (else the current one).

        Raises NotMoved when it could not be sent whole; what was sent is deleted again then.
        """
        chosen = self.settings.choose_profile(profile) if profile else self.profile
        endpoint = await self._endpoints.get(chosen)
        facts = document.facts
        home = bool(facts.endpoint) and facts.endpoint == place_of(chosen)
        home = home or await is_home(endpoint.gateway, facts)
        try:
            return await self._arrive(document, endpoint, progress, home=home)
        except NotMoved as error:
            if not (home and error.refused):
                raise
        # One address may serve several accounts, and none reads what another's was sealed.
        return await self._arrive(document, endpoint, progress, home=False)

    async def copy(self, target: int | str, profile: str, *, progress: Progress = quiet) -> Moved:
        """Copy a conversation to the server of another profile, or once more to its own.

        Raises GatewayError when its server cannot be asked: an older copy could lack what was said
        last.
        """
        self.settings.choose_profile(profile)
        document = await self.export(target)
        if document.source != "server":
            raise ChatTuiError(document.notes[-1], "Try again when the server can be reached.")
        return await self.import_document(document, profile=profile, progress=progress)

    async def _arrive(
        self, document: Document, endpoint: Endpoint, progress: Progress, *, home: bool
    ) -> Moved:
        cargo = load(document, Reach(home=home, embedded=endpoint.profile.is_local))
        title = visible_line(document.facts.title) or title_of_items(cargo.items)
        metadata, dropped = metadata_of(document, title)
        arrival = Arrival(endpoint.gateway)
        try:
            listed = await arrival.send(cargo, metadata, progress)
            row = await self._enter_arrived(
                document.facts, endpoint, arrival.conversation_id, title, metadata, home=home
            )
        except ChatTuiError as error:
            raise NotMoved(_told(error), await arrival.take_back()) from error
        except asyncio.CancelledError:
            await asyncio.shield(arrival.take_back())
            raise
        await self._library.items.replace_from(row.key, 0, _records(listed, cargo), complete=True)
        self._emit(ListChanged())
        return Moved(
            key=row.key,
            conversation_id=arrival.conversation_id,
            title=row.title,
            profile=endpoint.profile.name,
            items=len(cargo.items),
            left=(*cargo.left, *dropped),
            notes=document.notes,
        )

    async def _enter_arrived(
        self,
        facts: Facts,
        endpoint: Endpoint,
        conversation_id: str,
        title: str,
        metadata: dict[str, str],
        *,
        home: bool,
    ) -> ConversationRow:
        profile = endpoint.profile
        choices = row_values(first_choices(self.settings, profile)) | _choices(facts)
        # Embedded servers share their conversations, but each has a model of its own behind it.
        if facts.model and (facts.profile == profile.name or (home and not profile.is_local)):
            choices["model"] = facts.model
        if not choices["model"]:
            with suppress(GatewayError):
                choices["model"] = choose_model(await endpoint.gateway.models())
        return await self._library.index.create(
            ConversationRow(
                key=0,
                profile=profile.name,
                conversation_id=conversation_id,
                title=title,
                named=facts.named,
                created_at=facts.created_at,
                updated_at=facts.updated_at,
                metadata=metadata,
                usage=facts.usage,
                **choices,
            )
        )


def _choices(facts: Facts) -> dict[str, Any]:
    """Return the choices a document tells, as columns of the index; odd ones are passed over."""
    found: dict[str, Any] = {"store": facts.store, "instructions": facts.instructions}
    with suppress(ValueError):
        # What was a chain is a conversation now.
        mode = Chaining(facts.chaining)
        found["chaining"] = Chaining.CONVERSATION if mode is Chaining.RESPONSE else mode
    with suppress(ValueError):
        found["compaction"] = str(read_compaction(facts.compaction))
    return found


def _records(listed: list[RawItem], cargo: Load) -> list[Record]:
    """Return what the server lists, with the times and models of what was sent."""
    if len(listed) != len(cargo.records):
        return [Record(raw, Place.CONVERSATION) for raw in listed]
    return [
        Record(raw, Place.CONVERSATION, sent.at, model=sent.model)
        for raw, sent in zip(listed, cargo.records, strict=True)
    ]


def _told(error: ChatTuiError) -> ChatTuiError:
    """Return an error that names what a server lacks, where that is the trouble."""
    if isinstance(error, GatewayError) and error.trouble is Trouble.NO_ROUTE:
        return ChatTuiError("That server keeps no conversations.", "Choose another profile.")
    return error
