"""Small helpers between ASGI and the routes: reading bodies, JSON replies, dispatch by method."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from chat_tui.server.errors import ApiError
from chat_tui.server.validation import parse_json

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MAX_BODY = 96 * 1024 * 1024
"""Bytes of a request; the largest file the API allows inline fits."""

_PARSED_ELSEWHERE = 256 * 1024
"""Bodies from this size are parsed in a thread, so that streams go on meanwhile."""

Handler = Callable[[Request], Awaitable["Reply"]]


class Reply:
    """A JSON reply, and the base of what a handler may return."""

    def __init__(self, body: Any, status: int = 200) -> None:
        self._body = body
        self._status = status
        self.headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, _receive: Receive, send: Send) -> None:
        """Send the reply."""
        data = json.dumps(self._body, separators=(",", ":")).encode("ascii")
        await send(
            {
                "type": "http.response.start",
                "status": self._status,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(data)).encode()),
                    *self.headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": data})


def error_reply(error: ApiError) -> Reply:
    """Return the reply for an error."""
    return Reply(error.body(), error.status)


class Endpoint:
    """The handlers of one path, by method."""

    def __init__(self, **handlers: Handler) -> None:
        self._handlers: Mapping[str, Handler] = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises ApiError."""
        handler = self._handlers.get(scope["method"])
        if handler is None:
            allowed = ", ".join(self._handlers)
            error = ApiError(405, f"Not allowed method: {scope['method'][:20]}. Use {allowed}.")
            reply = error_reply(error)
            reply.headers.append((b"allow", allowed.encode()))
        else:
            reply = await handler(Request(scope, receive))
        await reply(receive, send)


async def json_body(request: Request, *, empty: bool = False) -> Any:
    """Return the JSON of the body; `empty` takes no body at all for `{}`. Raises ApiError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ApiError(
                413, f"The request is larger than {MAX_BODY} bytes.", code="request_too_large"
            )
    if empty and not body:
        return {}
    if len(body) < _PARSED_ELSEWHERE:
        return parse_json(bytes(body))
    return await asyncio.to_thread(parse_json, bytes(body))


def listing(data: list[Any], *, has_more: bool) -> Reply:
    """Return the reply for one page of a list."""
    return Reply(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": has_more,
        }
    )
