"""The gateway: every request to an endpoint, as raw JSON, and which of them may be repeated.

The SDK carries the requests (connection.py); its replies are taken raw, because building the
SDK's models costs about thirty times more per event and drops unknown types.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chat_tui.config import Profile
from chat_tui.gateway.connection import Connection, transport_errors
from chat_tui.gateway.errors import GatewayError, Trouble
from chat_tui.gateway.sse import EventParser
from chat_tui.gateway.wire import read_json
from chat_tui.items import RawItem

if TYPE_CHECKING:
    import httpx2

READ_RETRIES = 2
PAGE_LIMIT = 100
"""The most items a list request may ask for (api A.8)."""
CREATE_LIMIT = 20
"""The most items a create request may carry (api A.8)."""
LOCK_WAITS = (1.0, 2.0, 4.0)
"""Seconds between attempts while another turn holds the conversation (api D.8)."""
REFUSED_WAITS = (0.2, 0.5, 1.0)
RATE_TRIES = 4
LONGEST_RATE_WAIT = 30.0

Waiting = Callable[[GatewayError, float], None]
"""Told before each pause of a retried turn: why, and for how many seconds."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    data: tuple[RawItem, ...]
    last_id: str
    has_more: bool


class Gateway:
    """One endpoint. Create it freely: nothing is imported or opened before the first request.

    Every method raises GatewayError, and ChatTuiError when the profile itself cannot be used.
    Reads are repeated on passing failures; writes never are, except a turn that the server
    certainly did not start.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        uds: Path | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.profile = profile
        self._connection = Connection(profile, uds, env)

    async def connect(self) -> None:
        """Import the SDK and resolve the key, off the event loop. Opens no connection."""
        await self._connection.open()

    async def close(self) -> None:
        """Close idle connections."""
        await self._connection.close()

    # --- models ---------------------------------------------------------------------------------

    async def models(self) -> list[str]:
        """Return the ids of the models the endpoint names, sorted."""
        body = await self._get("/models")
        data = body.get("data")
        found = data if isinstance(data, list) else []
        return sorted(
            model["id"]
            for model in found
            if isinstance(model, dict) and isinstance(model.get("id"), str)
        )

    # --- conversations --------------------------------------------------------------------------

    async def create_conversation(
        self, items: Sequence[RawItem] = (), metadata: Mapping[str, str] | None = None
    ) -> RawItem:
        """Create a conversation; more than 20 ``items`` are added in further requests.

        When one of those fails, the conversation is deleted again: nobody would know of it.
        """
        body: dict[str, Any] = {"metadata": dict(metadata or {})}
        if items:
            body["items"] = list(items[:CREATE_LIMIT])
        created = await self._send("/conversations", body)
        identifier = created.get("id")
        if not isinstance(identifier, str) or not identifier:
            raise GatewayError(Trouble.SERVER, "The server created a conversation without an id.")
        if rest := items[CREATE_LIMIT:]:
            try:
                await self.add_items(identifier, rest)
            except GatewayError:
                with suppress(GatewayError):
                    await self.delete_conversation(identifier)
                raise
        return created

    async def conversation(self, conversation_id: str) -> RawItem:
        """Return a conversation object."""
        return await self._get(_path("conversations", conversation_id))

    async def set_metadata(self, conversation_id: str, metadata: Mapping[str, str]) -> RawItem:
        """Replace the whole metadata map."""
        body = {"metadata": dict(metadata)}
        return await self._send(_path("conversations", conversation_id), body)

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation; the server keeps its items (api A.2)."""
        await self._delete(_path("conversations", conversation_id))

    async def items(
        self,
        conversation_id: str,
        *,
        after: str = "",
        limit: int = PAGE_LIMIT,
        order: str = "desc",
        include: Sequence[str] = (),
    ) -> Page:
        """Return one page of a conversation's items, newest first unless ``order`` says asc."""
        path = _path("conversations", conversation_id, "items")
        return await self._page(path, after, limit, order, include)

    async def add_items(self, conversation_id: str, items: Sequence[RawItem]) -> list[RawItem]:
        """Append items, 20 a request; returns them as the server names them."""
        path = _path("conversations", conversation_id, "items")
        added: list[RawItem] = []
        for start in range(0, len(items), CREATE_LIMIT):
            body = await self._send(path, {"items": list(items[start : start + CREATE_LIMIT])})
            data = body.get("data")
            added += (
                [raw for raw in data if isinstance(raw, dict)] if isinstance(data, list) else []
            )
        return added

    async def delete_item(self, conversation_id: str, item_id: str) -> None:
        """Delete one item."""
        await self._delete(_path("conversations", conversation_id, "items", item_id))

    # --- responses ------------------------------------------------------------------------------

    async def response(self, response_id: str, *, include: Sequence[str] = ()) -> RawItem:
        """Return a stored response."""
        query = {"include": list(include)} if include else None
        return await self._get(_path("responses", response_id), query)

    async def delete_response(self, response_id: str) -> None:
        """Delete a stored response; conversations are not touched."""
        await self._delete(_path("responses", response_id))

    async def input_items(
        self,
        response_id: str,
        *,
        after: str = "",
        limit: int = PAGE_LIMIT,
        order: str = "desc",
        include: Sequence[str] = (),
    ) -> Page:
        """Return one page of what a response was given."""
        path = _path("responses", response_id, "input_items")
        return await self._page(path, after, limit, order, include)

    async def stream(
        self, body: Mapping[str, Any], waiting: Waiting = lambda error, seconds: None
    ) -> AsyncGenerator[list[RawItem], None]:
        """Run a turn and yield its events in the batches in which they arrive.

        Repeats the request only while the server certainly did nothing: connection refused,
        conversation locked, rate limit. Raises GatewayError CUT when the connection breaks; a
        stream that simply ends early is for the caller to notice (no terminal event).
        """
        reply = await self._start_turn(body, waiting)
        parser = EventParser()
        try:
            if "text/event-stream" not in reply.headers.get("content-type", ""):
                yield _events_of_json(await _read_object(reply))
                return
            async for chunk in reply.aiter_bytes():
                if events := parser.feed(chunk):
                    yield events
            if events := parser.finish():
                yield events
        except ValueError as error:
            raise GatewayError(Trouble.CUT, f"The stream cannot be read: {error}.") from error
        except transport_errors() as error:
            raise GatewayError(
                Trouble.CUT, "The connection broke before the answer ended."
            ) from error
        finally:
            await reply.aclose()

    async def _start_turn(self, body: Mapping[str, Any], waiting: Waiting) -> httpx2.Response:
        locks, refusals, rates = iter(LOCK_WAITS), iter(REFUSED_WAITS), iter(range(RATE_TRIES))
        while True:
            try:
                return await self._connection.request("POST", "/responses", body, stream=True)
            except GatewayError as error:
                if not error.nothing_done:
                    raise
                if error.trouble is Trouble.LOCKED:
                    pause = next(locks, 0.0)
                elif error.trouble is Trouble.UNREACHABLE:
                    pause = next(refusals, 0.0)
                elif error.trouble is Trouble.RATE_LIMIT:
                    pause = error.retry_after if next(rates, None) is not None else 0.0
                else:
                    raise
                if not 0 < pause <= LONGEST_RATE_WAIT:
                    raise
                waiting(error, pause)
                await asyncio.sleep(pause)

    # --- requests -------------------------------------------------------------------------------

    async def _page(
        self, path: str, after: str, limit: int, order: str, include: Sequence[str] = ()
    ) -> Page:
        query: dict[str, Any] = {"limit": min(max(limit, 1), PAGE_LIMIT), "order": order}
        if after:
            query["after"] = after
        if include:
            query["include"] = list(include)
        body = await self._get(path, query)
        data = body.get("data")
        found = [raw for raw in data if isinstance(raw, dict)] if isinstance(data, list) else []
        ids = [raw.get("id") for raw in found]
        if after in ids:
            # This server ignores ``after``: it would page forever, telling the same again.
            found = found[ids.index(after) + 1 :]
        last = str(body.get("last_id") or (found[-1].get("id") if found else "") or "")
        more = bool(body.get("has_more")) and bool(found) and last not in ("", after)
        return Page(tuple(found), last, more)

    async def _get(self, path: str, query: Mapping[str, Any] | None = None) -> RawItem:
        reply = await self._connection.request("GET", path, query=query, retries=READ_RETRIES)
        return await _read_object(reply)

    async def _send(self, path: str, body: Mapping[str, Any]) -> RawItem:
        return await _read_object(await self._connection.request("POST", path, body))

    async def _delete(self, path: str) -> None:
        """Delete; bodies of the reply differ between servers (api A.3), the status alone counts."""
        await self._connection.request("DELETE", path)


def _path(*parts: str) -> str:
    """Join path segments; ids come from outside, so nothing in them may act as a path."""
    for part in parts:
        if not part.strip(".") or not part.isprintable():
            raise GatewayError(Trouble.INVALID, f"{part!r} is not an id.", nothing_done=True)
    return "/" + "/".join(quote(part, safe="") for part in parts)


async def _read_object(reply: httpx2.Response) -> RawItem:
    try:
        body = read_json(await reply.aread())
    except transport_errors() as error:
        raise GatewayError(Trouble.CUT, "The connection broke before the reply ended.") from error
    if not isinstance(body, dict):
        raise GatewayError(Trouble.SERVER, "The server's reply is not a JSON object.")
    return body


def _events_of_json(response: RawItem) -> list[RawItem]:
    """Present plain JSON as the only event: some servers answer a stream request so."""
    status = response.get("status")
    if status not in ("incomplete", "failed"):
        status = "failed" if response.get("error") else "completed"
    return [{"type": f"response.{status}", "response": response}]
