"""One connection pool to one endpoint: the SDK, its key, and what its exceptions mean.

The only module that imports the SDK, late and in a thread: that takes about a second. Paths,
bodies and what to repeat are not known here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from chat_tui.config import Profile
from chat_tui.errors import EXIT_REFUSED, EXIT_USAGE, ChatTuiError
from chat_tui.gateway.errors import GatewayError, Trouble, from_status
from chat_tui.gateway.keys import KeySource, find_key
from chat_tui.gateway.wire import read_json

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from openai._types import RequestOptions

READ_TIMEOUT = 600.0
CONNECT_TIMEOUT = 5.0


class Connection:
    """Create it freely: nothing is imported or opened before the first request."""

    def __init__(self, profile: Profile, uds: Path | None, env: Mapping[str, str]) -> None:
        self.profile = profile
        self._uds = uds
        self._env = env
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()
        self._refused = False
        """Whether the server refused the key: it is looked up again before the next request."""

    async def open(self) -> None:
        """Import the SDK and resolve the key, off the event loop. Opens no connection."""
        await self._ready()

    async def close(self) -> None:
        """Close idle connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        stream: bool = False,
        retries: int = 0,
    ) -> httpx2.Response:
        """Return the reply to a request, unread when ``stream``.

        Raises GatewayError for every failure, ChatTuiError when the profile cannot be used.
        """
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
            refusal = from_status(error.status_code, read_json(reply.content), reply.headers)
            if refusal.trouble is Trouble.AUTH:
                self._refused = True
            raise refusal from error
        except openai.APITimeoutError as error:
            unsent = isinstance(error.__cause__, httpx2.ConnectTimeout | httpx2.PoolTimeout)
            raise GatewayError(
                Trouble.TIMEOUT, f"{self._where()} did not answer in time.", nothing_done=unsent
            ) from error
        except openai.APIConnectionError as error:
            unsent = isinstance(error.__cause__, httpx2.ConnectError | httpx2.UnsupportedProtocol)
            raise GatewayError(
                Trouble.UNREACHABLE, f"{self._where()} cannot be reached.", nothing_done=unsent
            ) from error
        except transport_errors() as error:
            raise GatewayError(
                Trouble.CUT, f"The connection to {self._where(begins=False)} broke."
            ) from error
        except ValueError as error:
            raise GatewayError(
                Trouble.INVALID, "The request holds text that cannot be sent.", nothing_done=True
            ) from error

    def _where(self, *, begins: bool = True) -> str:
        the = "The" if begins else "the"
        if self._uds:
            return f"{the} embedded server"
        return f"{the} server at {self.profile.address}"

    async def _ready(self) -> AsyncOpenAI:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            elif self._refused:
                self._client.api_key = (await asyncio.to_thread(self._key)).value
            self._refused = False
        return self._client

    def _open(self) -> AsyncOpenAI:
        import httpx2  # noqa: PLC0415 - about a second with the SDK; runs in a thread
        from openai import AsyncOpenAI  # noqa: PLC0415

        profile = self.profile
        timeout = httpx2.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
        address, http_client = profile.base_url, None
        if self._uds is not None:
            address = "http://embedded.invalid/v1"
            transport = httpx2.AsyncHTTPTransport(uds=str(self._uds))
            http_client = httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False)
        else:
            check_address(profile)
            if is_loopback(profile):  # no proxy may stand between this machine and itself
                http_client = httpx2.AsyncClient(
                    timeout=timeout, trust_env=False, follow_redirects=True
                )
        client = AsyncOpenAI(
            api_key=self._key().value,
            base_url=address,
            default_headers=profile.headers or None,
            timeout=timeout,
            http_client=http_client,
        )
        # Given as arguments, None would let the SDK send those of OpenAI's variables anywhere.
        client.organization = profile.organization or None
        client.project = profile.project or None
        return client

    def _key(self) -> KeySource:
        profile = self.profile
        if self._uds is not None:
            return KeySource("none needed", "local")
        if (key := find_key(profile, self._env)) is not None:
            return key
        if is_loopback(profile) and not profile.api_key_env:
            return KeySource("none needed", "none")
        wanted = profile.api_key_env or "api_key_env, the keyring or api_key_command"
        raise GatewayError(Trouble.AUTH, f"No key for profile {profile.name}: set {wanted}.")


def check_address(profile: Profile) -> None:
    """Raise ChatTuiError when the key would travel in clear to another machine, or nowhere."""
    parts = _split(profile)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _no_address(profile)
    if parts.scheme == "http" and not is_loopback(profile) and not profile.allow_plain_http:
        raise ChatTuiError(
            f"Profile {profile.name} would send its key unencrypted to {parts.hostname}.",
            f"Use https://, or set allow_plain_http = true under [profiles.{profile.name}].",
            exit_code=EXIT_REFUSED,
        )


def is_loopback(profile: Profile) -> bool:
    """Whether a profile's address is this machine itself."""
    host = _split(profile).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _split(profile: Profile) -> SplitResult:
    try:
        return urlsplit(profile.base_url)
    except ValueError as error:
        raise _no_address(profile) from error


def _no_address(profile: Profile) -> ChatTuiError:
    return ChatTuiError(
        f"The base_url of profile {profile.name} is not an address.",
        "It begins with http:// or https:// and ends with the version, as in /v1.",
        exit_code=EXIT_USAGE,
    )


def transport_errors() -> tuple[type[Exception], ...]:
    """Return what reading a reply can raise."""
    import anyio  # noqa: PLC0415 - loaded by now, with the SDK
    import httpx2  # noqa: PLC0415

    # The last two escape httpx2 unmapped when TLS breaks.
    return (httpx2.RequestError, httpx2.StreamError, ssl.SSLError, anyio.EndOfStream)
