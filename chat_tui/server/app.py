"""The application: who may ask, which route answers, and how errors look."""

from __future__ import annotations

import hmac
import logging
import secrets
import sqlite3
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.routing import Route, Router

from chat_tui.server.conversation_routes import ConversationRoutes
from chat_tui.server.errors import ApiError
from chat_tui.server.response_routes import ResponseRoutes
from chat_tui.server.upstream import UpstreamError
from chat_tui.server.web import Call, Endpoint, Operation, Reply, error_reply

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from chat_tui.server.service import Service

log = logging.getLogger(__name__)

HEALTH = "/healthz"


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may ask: callers with the token, under one of our own names."""

    token: str | None = None
    hosts: frozenset[str] | None = None
    """Names a Host header may carry, None for any; it keeps web pages from reaching us by DNS."""

    def check(self, scope: Scope) -> None:
        """Raise ApiError (403, 401) for a request that is not let in."""
        headers = dict(scope["headers"])
        if self.hosts is not None:
            name = _host_name(headers.get(b"host", b"").decode("latin-1"))
            if name not in self.hosts:
                raise ApiError(403, f"The host '{name[:100]}' is not served.", code="invalid_host")
        if self.token is None or scope["path"] == HEALTH:
            return
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not given:
            raise ApiError(
                401,
                "You didn't provide a token. Send it as 'Authorization: Bearer TOKEN'.",
                code="invalid_api_key",
            )
        if not hmac.compare_digest(given.strip(), self.token.encode()):
            raise ApiError(401, "Incorrect token provided.", code="invalid_api_key")


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0][1:].lower()
    return host.partition(":")[0].lower()


Note = Callable[[dict[str, Any]], None]
"""Takes one line of the access log."""


class App:
    """The ASGI application of one server; `note` is told of each request, but not what it says."""

    def __init__(self, service: Service, guard: Guard, note: Note | None = None) -> None:
        self._guard = guard
        self._note = note
        paths = {
            HEALTH: Endpoint(GET=Operation(_health)),
            **ConversationRoutes(service).paths,
            **ResponseRoutes(service).paths,
        }
        self._names = {id(endpoint): path for path, endpoint in paths.items()}
        self._router = Router(
            [Route(path, endpoint) for path, endpoint in paths.items()],
            redirect_slashes=False,
            default=_unknown_route,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing escapes but the end of the connection."""
        if scope["type"] != "http":
            return
        exchange = _Exchange(send)
        try:
            await self._answer(scope, receive, exchange)
        except ClientDisconnect:
            return
        finally:
            if self._note is not None:
                route = self._names.get(id(scope.get("endpoint")))
                self._note({"method": scope["method"], "route": route, **exchange.summary()})

    async def _answer(self, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        try:
            self._guard.check(scope)
            await self._router(scope, receive, exchange.send)
        except ClientDisconnect:
            raise
        except ApiError as error:
            wrong = error
        except UpstreamError as error:
            wrong = ApiError(502, error.message, code=error.code, kind="server_error")
        except sqlite3.Error as error:
            log.error("The database could not be used: %s", error)  # noqa: TRY400 one line is enough
            wrong = _own_failure(503, f"The server's database could not be used: {error}.")
        except Exception as error:  # noqa: BLE001 the outermost shell
            # Only where it happened: the message of an exception may hold what a user wrote.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s in a request\n%s", type(error).__name__, where)  # noqa: TRY400 see above
            wrong = _own_failure(500, "The server failed.")
        else:
            return
        if not exchange.status:
            await error_reply(wrong)(receive, exchange.send)


class _Exchange:
    """What was answered to one request so far; it puts the request's id into the answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = time.perf_counter()
        self._id = f"req_{secrets.token_hex(16)}"
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            spent = int((time.perf_counter() - self._begun) * 1000)
            message["headers"] = [
                *message["headers"],
                (b"x-request-id", self._id.encode()),
                (b"openai-processing-ms", str(spent).encode()),
            ]
        await self._send(message)

    def summary(self) -> dict[str, Any]:
        """Return what the access log tells of it."""
        return {
            "status": self.status,
            "seconds": round(time.perf_counter() - self._begun, 4),
            "time": round(time.time(), 3),
            "request_id": self._id,
        }


def _own_failure(status: int, message: str) -> ApiError:
    return ApiError(status, message, code="server_error", kind="server_error")


async def _health(_call: Call) -> Reply:
    return Reply({"status": "ok"})


async def _unknown_route(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ApiError(404, f"Invalid URL ({scope['method']} {scope['path'][:200]})")
