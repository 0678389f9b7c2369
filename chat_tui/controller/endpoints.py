"""Which endpoint answers for which profile, and what each was found able to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from chat_tui.config import Profile
from chat_tui.gateway import Gateway, GatewayError, Trouble
from chat_tui.planning import Capabilities


class LocalServer(Protocol):
    """Starts embedded servers; the composition root knows how."""

    async def start(self, profile: Profile) -> Path:
        """Return the socket of a profile's server, starting it when needed or when it died.

        Returns at once while it runs; the socket stays the same. Raises ChatTuiError.
        """
        ...

    async def stop(self) -> None:
        """End the servers that this started."""
        ...


class Endpoint:
    """One profile's gateway and what its server can do, learned from its refusals."""

    def __init__(self, profile: Profile, gateway: Gateway, able: Capabilities) -> None:
        self.profile = profile
        self.gateway = gateway
        self.able = able


_PARAMETERS = {
    "conversation": "conversations",
    "previous_response_id": "chaining",
    "context_management": "compaction",
}
_ABSENT = (Trouble.UNSUPPORTED, Trouble.NO_ROUTE)


def learn(able: Capabilities, error: GatewayError) -> Capabilities | None:
    """Return the lower capabilities that a refused turn reveals, or None when it reveals none."""
    name = _PARAMETERS.get(error.param.partition("[")[0].partition(".")[0])
    if name is None or error.trouble not in _ABSENT or not getattr(able, name):
        return None
    return replace(able, **{name: False})


class Endpoints:
    """All endpoints in use. Opens each when first asked for."""

    def __init__(self, local: LocalServer | None, env: Mapping[str, str] = os.environ) -> None:
        self._local = local
        self._env = env
        self._open: dict[str, Endpoint] = {}

    def able(self, profile: Profile) -> Capabilities:
        """Return what is known of an endpoint so far, without asking it."""
        known = self._open.get(profile.name)
        return known.able if known else Capabilities()

    async def get(self, profile: Profile) -> Endpoint:
        """Return a profile's endpoint, starting the embedded server where that answers."""
        uds = None
        if profile.is_local:
            if self._local is None:
                raise GatewayError(Trouble.UNREACHABLE, "There is no embedded server here.")
            # Asked each time, at no cost while it runs: a server that died comes back.
            uds = await self._local.start(profile)
        if (known := self._open.get(profile.name)) is not None:
            return known
        endpoint = Endpoint(profile, Gateway(profile, uds=uds, env=self._env), Capabilities())
        return self._open.setdefault(profile.name, endpoint)

    async def close(self) -> None:
        """Close every gateway, then the embedded servers."""
        for endpoint in self._open.values():
            await endpoint.gateway.close()
        self._open.clear()
        if self._local is not None:
            await self._local.stop()
