"""Local model servers are found where they listen, and nothing else is taken for one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chat_tui.gateway.local_servers import LocalServer, find_local_servers, server_of
from tests.server.fake_chat import FakeChat
from tests.support.server import EmbeddedServer

URL = "http://127.0.0.1:1/v1"


def listing(*models: Any, **more: Any) -> bytes:
    return json.dumps({"object": "list", "data": list(models), **more}).encode()


def reply(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n".encode() + body


@contextlib.asynccontextmanager
async def listening(answer: bytes | None) -> AsyncIterator[int]:
    """Listen, and give this answer; none at all where there is none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readline()).startswith(b"GET /v1/models ")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            with contextlib.suppress(OSError):
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_those_that_listen_are_found_in_the_order_of_their_ports() -> None:
    body = reply(listing({"id": "llama3.2:3b", "owned_by": "library"}, {"id": "qwen3"}))
    async with listening(body) as one, listening(reply(listing({"id": "phi"}))) as two:
        found = await find_local_servers(5, [("A", two), ("nobody", _closed()), ("B", one)])
    assert found == [
        LocalServer("A", f"http://127.0.0.1:{two}/v1", ("phi",)),
        LocalServer("Ollama", f"http://127.0.0.1:{one}/v1", ("llama3.2:3b", "qwen3")),
    ]


def _closed() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


async def test_a_real_server_is_found() -> None:
    chat = FakeChat()
    port = int(chat.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
    assert await find_local_servers(5, [("X", port)]) == [
        LocalServer("X", chat.base_url, ("llama",))
    ]
    chat.close()


async def test_one_that_wants_a_token_is_left_alone(tmp_path: Any) -> None:
    server = EmbeddedServer.start(tmp_path, tcp=True)
    port = int(server.base_url.rsplit(":", 1)[1].removesuffix("/v1"))
    assert await find_local_servers(5, [("X", port)]) == []
    server.stop()


async def test_the_silent_are_not_waited_for() -> None:
    async with listening(None) as silent, listening(reply(listing({"id": "m"}))) as fine:
        found = await find_local_servers(0.3, [("S", silent), ("F", fine)])
    assert [server.name for server in found] == ["F"]


async def test_the_endless_are_cut_off() -> None:
    async with listening(reply(b'{"data": [' + b"1," * 3_000_000)) as port:
        assert await find_local_servers(5, [("E", port)]) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1\r\n\r\n",
        reply(b"<html>"),
        reply(b"[]"),
        reply(b"{}"),
        reply(b'{"data": {}}'),
        reply(listing()),
        reply(listing("llama", {"name": "x"}, {"id": 5}, {"id": ""})),
        reply(listing({"id": "\x1b]0;owned\x07"})),
        reply(listing({"id": "x" * 201})),
        reply(b"[" * 100_000),
        reply(b"\xff\xfe"),
        reply(listing({"id": "m"}), "401 Unauthorized"),
        reply(listing({"id": "m"}), "301 Moved"),
    ],
)
def test_what_is_no_list_of_models_is_no_server(answer: bytes) -> None:
    assert server_of(answer, "X", URL) is None


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("library", "Ollama"),
        ("organization_owner", "LM Studio"),
        ("llamacpp", "llama.cpp"),
        ("vllm", "vLLM"),
        ("somebody", "X"),
        (None, "X"),
        (["vllm"], "X"),
    ],
)
def test_a_server_is_called_what_it_is(owner: Any, name: str) -> None:
    found = server_of(reply(listing({"id": "m", "owned_by": owner})), "X", URL)
    assert found == LocalServer(name, URL, ("m",))


def test_odd_names_are_left_out() -> None:
    found = server_of(reply(listing({"id": "a\u202eb"}, {"id": "fine"}, 5)), "X", URL)
    assert found == LocalServer("X", URL, ("fine",))
