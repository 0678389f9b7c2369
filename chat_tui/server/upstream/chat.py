"""The upstream behind a Chat Completions endpoint, such as Ollama, llama.cpp, vLLM or OpenAI.

This is the only place of the server that asks another server. What is said is in `chat_messages`,
what is understood in `chat_stream`.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx2

from chat_tui.server.options import LOOPBACK
from chat_tui.server.upstream import Generation, Model, Piece, TextDelta, UpstreamError
from chat_tui.server.upstream.chat_messages import request_body
from chat_tui.server.upstream.chat_stream import ChunkReader, failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

MODELS_SECONDS = 30.0
"""How long a list of models is good."""

_WINDOW_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length")
"""Where servers tell a model's context window."""

SILENCE_SECONDS = 600.0
"""How long a model may think, or be loaded, before its server sends anything."""

_CONNECT_SECONDS = 10.0
_LIST_TIMEOUT = httpx2.Timeout(20.0, connect=5.0)

_SUMMARISE = (
    "Summarise the conversation so far for yourself, so that you can go on without it: facts, "
    "names, decisions, open questions, what the user wants and how. Write only the summary."
)


class ChatCompletions:
    """The upstream at a base URL; see `chat_tui.server.upstream.Upstream`.

    A turn fails when the server sends nothing for `silence_seconds`.
    """

    structured_output = True

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        context_window: int | None = None,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        url = httpx2.URL(base_url.rstrip("/"))
        self._http = httpx2.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=httpx2.Timeout(silence_seconds, connect=_CONNECT_SECONDS),
            trust_env=url.host not in LOOPBACK,  # no proxy between two programs on one machine
        )
        # OpenAI's newer models refuse the old name, other servers may not know the new one.
        is_openai = url.host.endswith("openai.com")
        self._length_field = "max_completion_tokens" if is_openai else "max_tokens"
        self._reasoning_field: str | None = None
        self._window = context_window
        self._models: Sequence[Model] = ()
        self._models_until = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def models(self) -> Sequence[Model]:
        """Return the models the server lists, none if it has no list. Raises UpstreamError."""
        if time.monotonic() < self._models_until:
            return self._models
        with _transport_errors():
            reply = await self._http.get("/models", timeout=_LIST_TIMEOUT)
        if reply.status_code in (404, 405):
            self._models = ()
        elif reply.status_code != 200:
            raise failure(_error_of(reply.content), reply.status_code)
        else:
            self._models = [self._limited(model) for model in _models_of(reply.content)]
        self._models_until = time.monotonic() + MODELS_SECONDS
        return self._models

    async def find(self, name: str) -> Model | None:
        """Return a model by its name; a server without a list may have any."""
        models = await self.models()
        if not models:
            return self._limited(Model(name, 0, "unknown", None))
        return next((model for model in models if model.id == name), None)

    def _limited(self, model: Model) -> Model:
        return replace(model, context_window=self._window) if self._window else model

    async def generate(self, generation: Generation) -> AsyncIterator[Piece]:
        """Yield the pieces of the server's answer. Raises UpstreamError."""
        body = request_body(
            generation,
            reasoning_field=self._reasoning_field,
            length_field=self._length_field,
        )
        reader = ChunkReader()
        with _transport_errors():
            async with self._http.stream("POST", "/chat/completions", json=body) as reply:
                if reply.status_code != 200:
                    raise failure(_error_of(await reply.aread()), reply.status_code)
                ended = False
                async for chunk in _chunks(reply):
                    if chunk is None:
                        ended = True
                        break
                    for piece in reader.read(chunk):
                        yield piece
        self._reasoning_field = reader.reasoning_field or self._reasoning_field
        for piece in reader.end(said_so=ended):
            yield piece

    async def summarise(self, generation: Generation, most_tokens: int) -> str:
        """Return the model's own summary of the context. Raises UpstreamError."""
        wanted = [generation.instructions or "", _SUMMARISE]
        question = {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": _SUMMARISE}],
        }
        asked = replace(
            generation,
            items=[*generation.items, question],
            instructions="\n\n".join(filter(None, wanted)),
            tools=(),
            tool_choice="auto",
            text={},
            max_output_tokens=most_tokens,
        )
        parts = [p.text async for p in self.generate(asked) if isinstance(p, TextDelta)]
        summary = "".join(parts).strip()
        if not summary:
            raise UpstreamError("server_error", "The model gave no summary to go on from.")
        return summary


@contextlib.contextmanager
def _transport_errors() -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as error:
        raise UpstreamError("server_error", "The model's server did not answer in time.") from error
    except httpx2.HTTPError as error:
        message = f"The model's server cannot be reached ({type(error).__name__})."
        raise UpstreamError("server_error", message) from error


async def _chunks(reply: httpx2.Response) -> AsyncIterator[Any]:
    """Yield the JSON of each event, then None where the server says that it is done."""
    if "application/json" in reply.headers.get("content-type", ""):
        yield _json(await reply.aread())
        yield None
        return
    async for line in reply.aiter_lines():
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            yield None
            return
        if data:
            yield _json(data.encode())


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise UpstreamError(
            "server_error", "The model's server sent a garbled answer: it is no JSON."
        ) from error


def _error_of(body: bytes) -> Any:
    try:
        told = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", "replace")
    return told.get("error") or told.get("message") or told if isinstance(told, dict) else told


def _models_of(body: bytes) -> list[Model]:
    told = _json(body)
    entries = told.get("data") if isinstance(told, dict) else told
    return [
        _model(entry)
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("id"), str)
    ]


def _model(entry: dict[str, Any]) -> Model:
    window = next((entry[key] for key in _WINDOW_FIELDS if isinstance(entry.get(key), int)), None)
    created = entry.get("created")
    owner = entry.get("owned_by")
    return Model(
        entry["id"],
        created if isinstance(created, int) else 0,
        owner if isinstance(owner, str) else "unknown",
        window,
    )
