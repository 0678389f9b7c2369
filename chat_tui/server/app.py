"""The application: who may ask, which route answers, and how errors look."""

from __future__ import annotations

import hmac
import logging
import secrets
import sqlite3
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route, Router

from chat_tui.server.conversation_routes import ConversationRoutes
from chat_tui.server.errors import ApiError
from chat_tui.server.response_routes import ResponseRoutes
from chat_tui.server.upstream import UpstreamError
from chat_tui.server.web import Endpoint, Reply, error_reply

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


class App:
    """The ASGI application of one server."""

    def __init__(self, service: Service, guard: Guard) -> None:
        self._guard = guard
        paths = {
            HEALTH: Endpoint(GET=_health),
            **ConversationRoutes(service).paths,
            **ResponseRoutes(service).paths,
        }
        self._router = Router(
            [Route(path, endpoint) for path, endpoint in paths.items()],
            redirect_slashes=False,
            default=_unknown_route,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing escapes but the end of the connection."""
        if scope["type"] != "http":
            return
        started = False
        begun = time.perf_counter()
        request_id = f"req_{secrets.token_hex(16)}".encode()

        async def tagged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                spent = str(int((time.perf_counter() - begun) * 1000)).encode()
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request_id),
                    (b"openai-processing-ms", spent),
                ]
            await send(message)

        try:
            self._guard.check(scope)
            await self._router(scope, receive, tagged)
        except ClientDisconnect:
            return
        except ApiError as error:
            await error_reply(error)(receive, tagged)
        except UpstreamError as error:
            await error_reply(_of_upstream(error))(receive, tagged)
        except sqlite3.Error as error:
            log.error("The database could not be used: %s", error)  # noqa: TRY400 one line is enough
            if not started:
                await error_reply(_of_database(error))(receive, tagged)
        except Exception as error:  # noqa: BLE001 the outermost shell
            # Only where it happened: the message of an exception may hold what a user wrote.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error(  # noqa: TRY400 see above
                "%s in %s\n%s", type(error).__name__, scope["method"], where
            )
            if not started:
                reply = ApiError(
                    500, "The server failed.", code="server_error", kind="server_error"
                )
                await error_reply(reply)(receive, tagged)


def _of_upstream(error: UpstreamError) -> ApiError:
    return ApiError(502, error.message, code=error.code, kind="server_error")


def _of_database(error: sqlite3.Error) -> ApiError:
    message = f"The server's database could not be used: {error}."
    return ApiError(503, message, code="server_error", kind="server_error")


async def _health(_request: Request) -> Reply:
    return Reply({"status": "ok"})


async def _unknown_route(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ApiError(404, f"Invalid URL ({scope['method']} {scope['path'][:200]})")
