"""Commands that choose what the next turns carry, and the endpoint they go to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from chat_tui.config import Chaining, Compaction, Profile
from chat_tui.controller.conversation import Conversation, row_values
from chat_tui.controller.core import Core
from chat_tui.controller.endpoints import Endpoint
from chat_tui.controller.events import EndpointChanged, ListChanged, Notice, ViewChanged
from chat_tui.controller.view import View
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.gateway import GatewayError
from chat_tui.items import encodable
from chat_tui.planning import Choices, context_window

_MUTE = r"embed|rerank|whisper|tts|moderation|dall-e|bge-|minilm"
"""What the names of models that generate no text hold."""


class Choosing(Core):
    """Choices of a conversation, each kept for it from then on."""

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

    # --- the endpoint ---------------------------------------------------------------------------

    async def _reach(self, profile: Profile) -> None:
        try:
            endpoint = await self._endpoints.get(profile)
            await endpoint.gateway.connect()
        except ChatTuiError as error:
            self._emit(EndpointChanged(profile.name, ready=False, sentence=str(error)))
            return
        self._emit(EndpointChanged(profile.name, ready=True, sentence=""))
        try:
            await self._settle_models(endpoint)
        except GatewayError as error:
            self._emit(Notice(error.sentence, error.way_out, Severity.WARNING))

    async def _settle_models(self, endpoint: Endpoint) -> None:
        """Choose a model where none was: no request can be sent without one.

        Raises GatewayError when the endpoint cannot be asked for its models.
        """
        waiting = [c for c in self._open.values() if not c.choices.model]
        if not waiting:
            return
        model = choose_model(await endpoint.gateway.models())
        for conversation in waiting:
            if model and not conversation.choices.model:
                await self.set_model(conversation.key, model)


def choose_model(models: Sequence[str]) -> str:
    """Return the model to use when the user named none: the newest plain GPT, else the first."""
    versions = {
        tuple(int(part) for part in found[1].split(".")): name
        for name in models
        if (found := re.fullmatch(r"gpt-(\d+(?:\.\d+)?)", name))
    }
    if versions:
        return versions[max(versions)]
    speaking = [name for name in models if not re.search(_MUTE, name, re.IGNORECASE)]
    return next(iter(speaking or models), "")
