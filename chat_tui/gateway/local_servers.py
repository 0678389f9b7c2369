"""Finds local model servers on their usual loopback ports; whether to use one is asked elsewhere.

It speaks just enough HTTP to read a list of models, so that looking costs no import of a client.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

USUAL_PORTS = (("Ollama", 11434), ("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000))
"""Where each program listens unless told otherwise."""

_OWNERS = {
    "library": "Ollama",
    "organization_owner": "LM Studio",
    "llamacpp": "llama.cpp",
    "vllm": "vLLM",
}
"""What each program says owns its models: any may listen on the usual port of another."""

_HOST = "127.0.0.1"
_MOST_BYTES = 1 << 20
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A program on this machine that serves Chat Completions."""

    name: str
    base_url: str
    """Ends in `/v1`."""
    models: tuple[str, ...]
    """At least one."""


async def find_local_servers(
    seconds: float = 0.5, ports: Sequence[tuple[str, int]] = USUAL_PORTS
) -> list[LocalServer]:
    """Return the servers that list a model within so many seconds, in the order of the ports."""
    found = await asyncio.gather(*(_look(name, port, seconds) for name, port in ports))
    return [server for server in found if server is not None]


async def _look(name: str, port: int, seconds: float) -> LocalServer | None:
    try:
        async with asyncio.timeout(seconds):
            reply = await _get_models(port)
    except (OSError, TimeoutError):
        return None
    return server_of(reply, name, f"http://{_HOST}:{port}/v1")


async def _get_models(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(_HOST, port)
    try:
        # A reply to HTTP/1.0 is neither chunked nor left open.
        request = f"GET /v1/models HTTP/1.0\r\nHost: {_HOST}:{port}\r\nAccept: application/json"
        writer.write(f"{request}\r\nConnection: close\r\n\r\n".encode())
        reply = b""
        while len(reply) < _MOST_BYTES and (data := await reader.read(65536)):
            reply += data
        return reply
    finally:
        writer.close()


def server_of(reply: bytes, name: str, base_url: str) -> LocalServer | None:
    """Return the server behind an HTTP reply, None for whatever is no list of models."""
    head, _, body = reply.partition(b"\r\n\r\n")
    status = head.split(b"\r\n", 1)[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/") or status[1] != b"200":
        return None
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    models = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(models, list):
        return None
    named = [model for model in models if isinstance(model, dict) and _is_plain(model.get("id"))]
    if not named:
        return None
    owner = named[0].get("owned_by")
    known = _OWNERS.get(owner, name) if isinstance(owner, str) else name
    return LocalServer(known, base_url, tuple(model["id"] for model in named))


def _is_plain(name: Any) -> bool:
    """Tell whether a name can be shown and sent as it is."""
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()
