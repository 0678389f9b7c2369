"""Making conversations out of items: in batches, journaled, and whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.erasing import Erasing
from chat_tui.controller.mending.progress import Progress, Told, untold
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import CREATE_LIMIT
from chat_tui.items import RawItem
from chat_tui.library import ConversationRow, Library, Step, StepKind


async def make_conversation(
    library: Library,
    endpoint: Endpoint,
    row: ConversationRow,
    items: Sequence[RawItem],
    told: Told = untold,
) -> ConversationRow:
    """Create a conversation of ``items`` with the row's metadata and enter it in the library.

    Raises GatewayError when the server refuses; what it took until then is deleted again, at the
    next start if not at once. The same holds when this program dies meanwhile.
    """
    gateway = endpoint.gateway
    created = await gateway.create_conversation()
    identifier = str(created["id"])
    # Nothing of the content is there yet. Until the library knows the conversation it is to go.
    purge = await library.purges.begin(
        row.profile, identifier, [Step(StepKind.CONVERSATION, identifier)], owner=os.getpid()
    )
    try:
        for start in range(0, len(items), CREATE_LIMIT):
            batch = items[start : start + CREATE_LIMIT]
            await gateway.add_items(identifier, batch)
            told(Progress(row.key, "copying", start + len(batch), len(items)))
        if row.metadata:
            await gateway.set_metadata(identifier, row.metadata)
        made = await library.purges.keep(purge.id, row, identifier)
    except BaseException:
        with suppress(ChatTuiError):  # what cannot go now stays in the journal
            await library.purges.release(purge.id)
            await Erasing(library, gateway, purge).run()
            await library.purges.drop(purge.id)
        raise
    return made
