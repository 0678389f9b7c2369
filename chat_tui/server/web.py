"""Between ASGI and the routes: what an operation takes, checked before the call, and replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from chat_tui.server.checks import Fields
from chat_tui.server.errors import ApiError
from chat_tui.server.params import Body, Params, checked_query
from chat_tui.server.validation import parse_json

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

MAX_BODY = 96 * 1024 * 1024
"""Bytes of a request; the largest file the API allows inline fits."""

_PARSED_ELSEWHERE = 256 * 1024
"""Bodies from this size are parsed in a thread, so that streams go on meanwhile."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with all it carries checked."""

    path: Mapping[str, str]
    query: Params
    body: Params


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: all it takes, and what answers."""

    handler: Callable[[Call], Awaitable[Reply]]
    query: Fields = field(default_factory=dict)
    body: Body | None = None
    may_be_empty: bool = False
    """Whether no body at all stands for an empty object."""

    async def reply(self, request: Request) -> Reply:
        """Check the request and hand it over. Raises ApiError."""
        query = checked_query(request.query_params.multi_items(), self.query)
        body: Params = {}
        if self.body is not None:
            body = self.body.check(await json_body(request, empty=self.may_be_empty))
        return await self.handler(Call(request.path_params, query, body))


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
    """The operations of one path, by method."""

    def __init__(self, **operations: Operation) -> None:
        self.operations: Mapping[str, Operation] = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises ApiError."""
        operation = self.operations.get(scope["method"])
        if operation is None:
            allowed = ", ".join(self.operations)
            error = ApiError(405, f"Not allowed method: {scope['method'][:20]}. Use {allowed}.")
            reply = error_reply(error)
            reply.headers.append((b"allow", allowed.encode()))
        else:
            reply = await operation.reply(Request(scope, receive))
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
