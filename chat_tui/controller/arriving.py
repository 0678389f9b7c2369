"""Sending a document to a server as a new conversation: all of it, or nothing is left there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chat_tui.controller.deletion import delete_on_server
from chat_tui.controller.gathering import Progress, list_all
from chat_tui.controller.metadata import check_metadata, with_title
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import CREATE_LIMIT, Gateway, GatewayError, Trouble
from chat_tui.items import RawItem
from chat_tui.moving import Document, Facts, Left, Load
from chat_tui.planning import State

LINEAGE = "imported_from"
"""The metadata key that names the conversation another one was made from."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A conversation that arrived."""

    key: int
    conversation_id: str
    title: str
    profile: str
    items: int
    left: tuple[Left, ...]
    """What stayed behind."""
    notes: tuple[str, ...]
    """What else there is to know about it, a sentence each."""


class NotMoved(ChatTuiError):  # noqa: N818 - reads as what it says
    """A conversation could not be sent whole; ``refused`` tells that the server disliked it."""

    def __init__(self, error: ChatTuiError, taken_back: str) -> None:
        super().__init__(f"{error.sentence} {taken_back}", error.way_out, exit_code=error.exit_code)
        self.refused = isinstance(error, GatewayError) and error.trouble is Trouble.INVALID


class Arrival:
    """A conversation being made on a server. ``take_back`` undoes whatever was done."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.conversation_id = ""

    async def send(
        self, load: Load, metadata: Mapping[str, str], progress: Progress
    ) -> list[RawItem]:
        """Make the conversation and return its items as the server lists them, oldest first.

        Raises GatewayError with some of it done.
        """
        # Without items at first: should the reply be lost, nothing but an empty one is left.
        created = await self._gateway.create_conversation((), metadata)
        self.conversation_id = str(created["id"])
        items = load.items
        for start in range(0, len(items), CREATE_LIMIT):
            await self._gateway.add_items(self.conversation_id, items[start : start + CREATE_LIMIT])
            progress(min(start + CREATE_LIMIT, len(items)), len(items))
        return await list_all(
            lambda after, include: self._gateway.items(
                self.conversation_id, after=after, order="asc", include=include
            )
        )

    async def take_back(self) -> str:
        """Delete what was made and say how that went."""
        if not self.conversation_id:
            return "Nothing was made there."
        made = State(conversation_id=self.conversation_id)
        try:
            await delete_on_server(self._gateway, made, (), with_items=True)
        except ChatTuiError:
            return f"What was sent until then is still there, in {self.conversation_id}."
        return "What was sent until then is deleted again."


async def is_home(gateway: Gateway, facts: Facts) -> bool:
    """Whether a server is the one a document came from: it still knows what is named there."""
    try:
        if facts.conversation_id:
            await gateway.conversation(facts.conversation_id)
        elif facts.response_id:
            await gateway.response(facts.response_id)
        else:
            return False
    except GatewayError:
        return False
    return True


def metadata_of(document: Document, title: str) -> tuple[dict[str, str], tuple[Left, ...]]:
    """Return the metadata of the new conversation, as much as fits, and what did not."""
    facts = document.facts
    origin = facts.conversation_id or facts.response_id
    metadata: dict[str, str] = {}
    wanted = {**facts.metadata, **({LINEAGE: origin} if origin else {})}
    # Lineage first: what a person wrote is not lost to it, being in the export.
    dropped = 0
    for name in sorted(wanted, key=lambda name: name != LINEAGE):
        if check_metadata({**metadata, name: wanted[name]}):
            dropped += 1
        else:
            metadata[name] = wanted[name]
    left = (Left("metadata that no server has room for", dropped),) if dropped else ()
    if facts.conversation_id and not facts.named:
        return metadata, left  # a title made of the first message is made of it there too
    return metadata if "title" in metadata else with_title(metadata, title), left
