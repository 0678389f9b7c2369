"""Model servers on this machine: found on their usual ports, asked for their models, never used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from chat_tui.gateway.wire import read_json

if TYPE_CHECKING:
    import httpx2

USUAL_PORTS: Mapping[str, int] = MappingProxyType(
    {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000, "Jan": 1337}
)
PATIENCE = 0.5
"""Seconds each may take to answer."""
_LARGEST = 1_000_000
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class NearbyServer:
    """A server that speaks chat completions on a port of this machine."""

    name: str
    """What usually answers there."""
    base_url: str
    models: tuple[str, ...]
    """Never empty."""


async def find_nearby(ports: Mapping[str, int] = USUAL_PORTS) -> list[NearbyServer]:
    """Return the servers that name models, in the order of ``ports``; never raises."""
    httpx2 = await asyncio.to_thread(import_module, "httpx2")  # slow where nothing loaded it yet
    # No proxy and no redirect: the question stays on this machine.
    async with httpx2.AsyncClient(trust_env=False, follow_redirects=False) as client:
        found = await asyncio.gather(*(_ask(client, *place) for place in ports.items()))
    return [server for server in found if server is not None]


async def _ask(client: httpx2.AsyncClient, name: str, port: int) -> NearbyServer | None:
    import httpx2  # noqa: PLC0415 - loaded by now

    base_url = f"http://127.0.0.1:{port}/v1"
    try:
        async with asyncio.timeout(PATIENCE), client.stream("GET", f"{base_url}/models") as reply:
            if reply.status_code != 200:
                return None
            told = b""
            async for data in reply.aiter_bytes():
                told += data
                if len(told) > _LARGEST:
                    return None
    except (httpx2.HTTPError, httpx2.StreamError, TimeoutError, OSError):
        return None
    listed = read_json(told)
    models = listed.get("data") if isinstance(listed, dict) else None
    ids = [m.get("id") for m in models if isinstance(m, dict)] if isinstance(models, list) else []
    named = tuple(name for name in ids if isinstance(name, str) and name)
    return NearbyServer(name, base_url, named) if named else None
