"""The gateway: every request to an endpoint, as raw JSON through the official SDK.

The SDK carries the request (auth, URL, TLS, headers); its reply is taken raw, because building
the SDK's models costs about thirty times more per event and drops unknown types. It is imported
in a thread when first needed: the import takes about a second.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from chat_tui.config import Profile
from chat_tui.errors import EXIT_REFUSED, ChatTuiError
from chat_tui.gateway.errors import GatewayError, Trouble, from_status
from chat_tui.gateway.keys import find_key
from chat_tui.gateway.sse import EventParser
from chat_tui.gateway.wire import read_json
from chat_tui.items import RawItem

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from openai._types import RequestOptions

READ_RETRIES = 2
PAGE_LIMIT = 100
"""The most items a list request may ask for (api A.8)."""
CREATE_LIMIT = 20
"""The most items a create request may carry (api A.8)."""
LOCK_WAITS = (1.0, 2.0, 4.0)
"""Seconds between attempts while another turn holds the conversation (api D.8)."""
REFUSED_WAITS = (0.2, 0.5, 1.0)
LONGEST_RATE_WAIT = 30.0
READ_TIMEOUT = 600.0
CONNECT_TIMEOUT = 5.0

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

    Every method raises GatewayError. Reads are repeated on passing failures; writes never are,
    except a turn that the server certainly did not start.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        uds: Path | None = None,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.profile = profile
        self._uds = uds
        self._env = env
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()

    async def connect(self) -> None:
        """Import the SDK and resolve the key, off the event loop. Opens no connection."""
        await self._ready()

    async def close(self) -> None:
        """Close idle connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

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
        """Create a conversation; more than 20 ``items`` are added in further requests."""
        body: dict[str, Any] = {"metadata": dict(metadata or {})}
        if items:
            body["items"] = list(items[:CREATE_LIMIT])
        created = await self._send("POST", "/conversations", body)
        if rest := items[CREATE_LIMIT:]:
            await self.add_items(str(created["id"]), rest)
        return created

    async def conversation(self, conversation_id: str) -> RawItem:
        """Return a conversation object."""
        return await self._get(_path("conversations", conversation_id))

    async def set_metadata(self, conversation_id: str, metadata: Mapping[str, str]) -> RawItem:
        """Replace the whole metadata map."""
        body = {"metadata": dict(metadata)}
        return await self._send("POST", _path("conversations", conversation_id), body)

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation; the server keeps its items (api A.2)."""
        await self._send("DELETE", _path("conversations", conversation_id))

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

    async def add_items(self, conversation_id: str, items: Sequence[RawItem]) -> None:
        """Append items, 20 a request."""
        path = _path("conversations", conversation_id, "items")
        for start in range(0, len(items), CREATE_LIMIT):
            await self._send("POST", path, {"items": list(items[start : start + CREATE_LIMIT])})

    async def delete_item(self, conversation_id: str, item_id: str) -> None:
        """Delete one item; bodies of this reply differ between servers and are ignored."""
        await self._send("DELETE", _path("conversations", conversation_id, "items", item_id))

    # --- responses ------------------------------------------------------------------------------

    async def response(self, response_id: str) -> RawItem:
        """Return a stored response."""
        return await self._get(_path("responses", response_id))

    async def delete_response(self, response_id: str) -> None:
        """Delete a stored response; conversations are not touched."""
        await self._send("DELETE", _path("responses", response_id))

    async def input_items(
        self, response_id: str, *, after: str = "", limit: int = PAGE_LIMIT, order: str = "desc"
    ) -> Page:
        """Return one page of what a response was given."""
        return await self._page(_path("responses", response_id, "input_items"), after, limit, order)

    async def stream(
        self, body: Mapping[str, Any], waiting: Waiting = lambda error, seconds: None
    ) -> AsyncIterator[list[RawItem]]:
        """Run a turn and yield its events in the batches in which they arrive.

        Repeats the request only while the server certainly did nothing: connection refused,
        conversation locked, rate limit. Raises GatewayError CUT when the connection breaks; a
        stream that simply ends early is for the caller to notice (no terminal event).
        """
        reply = await self._start_turn(body, waiting)
        parser = EventParser()
        try:
            if "text/event-stream" not in reply.headers.get("content-type", ""):
                yield _events_of_json(await _read_json(reply))
                return
            async for chunk in reply.aiter_bytes():
                if events := parser.feed(chunk):
                    yield events
        except ValueError as error:
            raise GatewayError(Trouble.CUT, f"The stream cannot be read: {error}.") from error
        except _transport_errors() as error:
            raise GatewayError(
                Trouble.CUT, "The connection broke before the answer ended."
            ) from error
        finally:
            await reply.aclose()

    async def _start_turn(self, body: Mapping[str, Any], waiting: Waiting) -> httpx2.Response:
        locks, refusals = iter(LOCK_WAITS), iter(REFUSED_WAITS)
        while True:
            try:
                return await self._request("POST", "/responses", body, stream=True)
            except GatewayError as error:
                if not error.nothing_done:
                    raise
                if error.trouble is Trouble.LOCKED:
                    pause = next(locks, 0.0)
                elif error.trouble is Trouble.UNREACHABLE:
                    pause = next(refusals, 0.0)
                elif error.trouble is Trouble.RATE_LIMIT and error.retry_after:
                    pause = error.retry_after
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
        found = (
            tuple(raw for raw in data if isinstance(raw, dict)) if isinstance(data, list) else ()
        )
        last = body.get("last_id") or (found[-1].get("id") if found else "")
        # A server that ignores ``after`` would page forever: a page without news is the last.
        more = bool(body.get("has_more")) and bool(found) and str(last) != after
        return Page(found, str(last or ""), more)

    async def _get(self, path: str, query: Mapping[str, Any] | None = None) -> RawItem:
        reply = await self._request("GET", path, query=query, retries=READ_RETRIES)
        return await _read_json(reply)

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> RawItem:
        reply = await self._request(method, path, body)
        if not await reply.aread():
            return {}
        return await _read_json(reply)

    async def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        stream: bool = False,
        retries: int = 0,
    ) -> httpx2.Response:
        client = await self._ready()
        import httpx2  # noqa: PLC0415 - loaded by now, with the SDK
        import openai  # noqa: PLC0415

        accept = "text/event-stream" if stream else "application/json"
        options: RequestOptions = {
            "params": dict(query or {}),
            "headers": {"accept": accept},
            "max_retries": retries,
        }
        # With an httpx2.Response to cast to, the SDK hands the reply over unread.
        raw = httpx2.Response
        try:
            if method == "GET":
                return await client.get(path, cast_to=raw, options=options)
            if method == "DELETE":
                return await client.delete(path, cast_to=raw, options=options)
            return await client.post(
                path, cast_to=raw, body=dict(body or {}), options=options, stream=stream
            )
        except openai.APIStatusError as error:
            reply = error.response
            try:
                said = read_json(reply.content)
            except ValueError:
                said = None
            raise from_status(error.status_code, said, reply.headers) from error
        except openai.APITimeoutError as error:
            raise GatewayError(
                Trouble.TIMEOUT, f"{self._where()} did not answer in time."
            ) from error
        except openai.APIConnectionError as error:
            refused = isinstance(error.__cause__, httpx2.ConnectError)
            raise GatewayError(
                Trouble.UNREACHABLE,
                f"{self._where()} cannot be reached.",
                nothing_done=refused,
            ) from error

    def _where(self) -> str:
        if self._uds:
            return "The embedded server"
        return f"The server at {self.profile.address}"

    async def _ready(self) -> AsyncOpenAI:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
        return self._client

    def _open(self) -> AsyncOpenAI:
        import httpx2  # noqa: PLC0415 - about a second with the SDK; runs in a thread
        from openai import AsyncOpenAI  # noqa: PLC0415

        profile = self.profile
        timeout = httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
        if self._uds is not None:
            return AsyncOpenAI(
                api_key="local",
                base_url="http://embedded.invalid/v1",
                timeout=timeout,
                http_client=httpx2.AsyncClient(
                    transport=httpx2.AsyncHTTPTransport(uds=str(self._uds)),
                    trust_env=False,
                    timeout=timeout,
                ),
            )
        check_address(profile)
        key = find_key(profile, self._env)
        if key is None:
            wanted = profile.api_key_env or "api_key_env, the keyring or api_key_command"
            raise GatewayError(Trouble.AUTH, f"No key for profile {profile.name}: set {wanted}.")
        return AsyncOpenAI(
            api_key=key.value,
            base_url=profile.base_url,
            organization=profile.organization or None,
            project=profile.project or None,
            default_headers=profile.headers or None,
            timeout=timeout,
        )


def check_address(profile: Profile) -> None:
    """Raise ChatTuiError when the key would travel in clear to another machine."""
    parts = urlsplit(profile.base_url)
    host = parts.hostname or ""
    loopback = host in ("localhost", "::1") or host.startswith("127.")
    if parts.scheme == "http" and not loopback and not profile.allow_plain_http:
        raise ChatTuiError(
            f"Profile {profile.name} would send its key unencrypted to {host}.",
            f"Use https://, or set allow_plain_http = true under [profiles.{profile.name}].",
            exit_code=EXIT_REFUSED,
        )


def _path(*parts: str) -> str:
    """Join path segments; ids come from outside, so nothing in them may act as a path."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _transport_errors() -> tuple[type[Exception], ...]:
    import httpx2  # noqa: PLC0415 - loaded by now, with the SDK

    return (httpx2.TransportError, httpx2.StreamError)


async def _read_json(reply: httpx2.Response) -> RawItem:
    try:
        body = read_json(await reply.aread())
    except ValueError:
        body = None
    except _transport_errors() as error:
        raise GatewayError(Trouble.CUT, "The connection broke before the reply ended.") from error
    if not isinstance(body, dict):
        raise GatewayError(Trouble.SERVER, "The server's reply is not a JSON object.")
    return body


def _events_of_json(response: RawItem) -> list[RawItem]:
    """Present plain JSON as the only event: some servers answer a stream request so."""
    status = response.get("status")
    kind = status if status in ("incomplete", "failed") else "completed"
    return [{"type": f"response.{kind}", "response": response}]
