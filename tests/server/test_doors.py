"""Who gets in, how the server starts and refuses to, and what it costs to start."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx2
import pytest

from chat_tui.server.schema import APPLICATION_ID, MIGRATIONS
from tests.server.asking import ask, error_of, new_conversation, text_of
from tests.support.server import TOKEN, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def tcp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer.start(tmp_path_factory.mktemp("tcp"), tcp=True)
    yield server
    assert server.stop() == ""


def test_only_the_owner_reaches_the_socket_and_the_files(server: EmbeddedServer) -> None:
    assert server.uds is not None
    assert stat.S_IMODE(server.uds.stat().st_mode) == 0o600
    ask(server.http(), "think 1", include=["reasoning.encrypted_content"])
    for path in server.database.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_token_opens_tcp(tcp: EmbeddedServer) -> None:
    assert text_of(ask(tcp.http(), "echo in")) == "in"
    assert tcp.openai().models.list().data[0].id == "demo"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"authorization": "Bearer \xe4"},
    ],
)
def test_without_the_token_nothing_is_told(tcp: EmbeddedServer, headers: dict[str, str]) -> None:
    raw = {key.encode(): value.encode("latin-1") for key, value in headers.items()}
    for path in ("/models", "/conversations", "/nothing", "/responses/x"):
        reply = httpx2.get(tcp.base_url + path, headers=raw)
        assert error_of(reply) == (401, "invalid_api_key", None)


def test_health_needs_no_token(tcp: EmbeddedServer) -> None:
    reply = httpx2.get(tcp.base_url.removesuffix("/v1") + "/healthz")
    assert reply.json() == {"status": "ok"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.e", "", "[::2]:1"])
def test_a_foreign_host_name_is_refused(tcp: EmbeddedServer, host: str) -> None:
    reply = tcp.http().get("/models", headers={"host": host})
    assert error_of(reply) == (403, "invalid_host", None)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:80"])
def test_our_own_names_are_served(tcp: EmbeddedServer, host: str) -> None:
    assert tcp.http().get("/models", headers={"host": host}).status_code == 200


def test_no_page_of_another_origin_may_read(tcp: EmbeddedServer) -> None:
    reply = tcp.http().options("/models", headers={"origin": "https://evil.example"})
    assert reply.status_code == 405
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_a_body_too_large_is_refused(tcp: EmbeddedServer) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1024 * 1024

    reply = tcp.http().post("/responses", content=endless())
    assert error_of(reply) == (413, "request_too_large", None)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the server where it should refuse to start."""
    return subprocess.run(
        [sys.executable, "-m", "chat_tui.server", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def refuses(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


def test_wrong_usage(data: Path) -> None:
    database = str(data / "chat.db")
    refuses(run("--database", database), 2, "--no-auth")
    refuses(run("--database", database, "--token-env", "NOT_SET"), 2, "NOT_SET")
    refuses(run("--database", database, "--no-auth", "--host", "0.0.0.0"), 2, "without a token")
    refuses(run("--database", database, "--no-auth", "--upstream", "magic"), 2, "magic")
    refuses(run("--database", database, "--no-auth", "--port", "70000"), 2, "65535")
    remote = ("--upstream", "http://example.org/v1", "--upstream-key-env", "KEY")
    refuses(run("--database", database, "--no-auth", *remote, KEY="k"), 2, "plain http")
    refuses(run("--database", database, "--no-auth", *remote, KEY=""), 2, "KEY holds no key")
    assert not data.exists(), "nothing is made before it is clear that it will be used"


def test_a_database_that_cannot_be_used(data: Path, tmp_path: Path) -> None:
    data.mkdir()
    other = data / "other.db"
    other.write_bytes(b"this is a letter to my aunt, not a database" * 100)
    refuses(run("--database", str(other), "--no-auth"), 1, "not a database")
    newer = data / "newer.db"
    with sqlite3.connect(newer) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 999")
    refuses(run("--database", str(newer), "--no-auth"), 1, "newer version")
    refuses(run("--database", str(data), "--no-auth"), 1, "Cannot use the database")
    strange = data / "strange.db"
    with sqlite3.connect(strange) as db:
        db.execute("CREATE TABLE photos (name TEXT)")
    before = strange.read_bytes()
    refuses(run("--database", str(strange), "--no-auth"), 1, "another program")
    assert strange.read_bytes() == before
    blocked = tmp_path / "file"
    blocked.write_text("")
    refuses(run("--database", str(blocked / "x" / "chat.db"), "--no-auth"), 1, "Cannot use")


def test_an_older_file_is_brought_up_to_date(data: Path) -> None:
    data.mkdir()
    with contextlib.closing(sqlite3.connect(data / "chat.db")) as db:
        db.executescript(MIGRATIONS[0])
        db.execute("INSERT INTO conversations VALUES (1, 'conv_old', 7, '{}', 0)")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    server = EmbeddedServer.start(data)
    answer = ask(server.http(), "echo on", conversation="conv_old", background=True)
    assert answer["status"] == "queued"
    assert server.http().get("/conversations/conv_old").json()["created_at"] == 7
    assert server.stop() == ""
    with contextlib.closing(sqlite3.connect(data / "chat.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_key_that_is_none_is_told(data: Path) -> None:
    data.mkdir()
    (data / "chat.db.key").write_bytes(b"short")
    refuses(run("--database", str(data / "chat.db"), "--no-auth"), 1, "does not hold a key")


def test_a_port_in_use(tcp: EmbeddedServer, data: Path) -> None:
    port = tcp.base_url.rsplit(":", 1)[1].removesuffix("/v1")
    done = run("--database", str(data / "chat.db"), "--no-auth", "--port", port)
    refuses(done, 1, "in use")


def test_a_socket_path(server: EmbeddedServer, data: Path) -> None:
    data.mkdir()
    database = str(data / "chat.db")
    refuses(run("--database", database, "--uds", str(data / ("x" * 200))), 1, "too long")
    assert server.uds is not None
    refuses(run("--database", database, "--uds", str(server.uds)), 1, "in use")
    precious = data / "precious"
    precious.write_text("keep me")
    refuses(run("--database", database, "--uds", str(precious)), 1, "no socket")
    assert precious.read_text() == "keep me"


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    first = EmbeddedServer.start(tmp_path)
    assert first.uds is not None
    stale = first.uds
    first.process.kill()
    first.process.wait()
    assert stale.exists()
    again = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "chat_tui.server",
            "--uds",
            str(stale),
            "--database",
            str(tmp_path / "chat.db"),
            "--parent-pipe",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert again.stdout is not None
    assert json.loads(again.stdout.readline()) == {
        "ready": True,
        "url": "http://localhost/v1",
        "uds": str(stale),
    }
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(stale))
    again.communicate("")
    assert not stale.exists(), "a server that ends in good order leaves no socket"
    first.kill()


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    first, second = EmbeddedServer.start(tmp_path), EmbeddedServer.start(tmp_path, tcp=True)
    conversation = new_conversation(first.http())
    ask(first.http(), "my name is Ada", conversation=conversation)
    assert "Ada" in text_of(ask(second.http(), "what is my name?", conversation=conversation))
    body = {"model": "demo", "input": "stall 60", "conversation": conversation, "stream": True}
    with first.http().stream("POST", "/responses", json=body) as running:
        lines = running.iter_lines()
        assert next(lines) == "event: response.created"
        refused = second.http().post("/responses", json={**body, "stream": False})
        assert error_of(refused) == (400, "conversation_locked", "conversation")
        first.process.kill()
        first.process.wait()
        answer = ask(second.http(), "echo mine", conversation=conversation)
        assert text_of(answer) == "mine", "a dead owner's lock is void at once"
    first.kill()
    second.stop()


def test_the_access_log_tells_nothing_of_what_was_said(data: Path) -> None:
    server = EmbeddedServer.start(data, arguments=("--access-log",))
    http = server.http()
    secret = "xyzzy-plugh"
    conversation = new_conversation(http, metadata={"a": secret})
    ask(http, f"echo {secret}", conversation=conversation)
    http.get(f"/conversations/{secret}")
    http.get(f"/{secret}")
    said = server.stop()
    assert secret not in said
    assert conversation not in said
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/conversations", 200),
        ("POST", "/v1/responses", 200),
        ("GET", "/v1/conversations/{conversation_id}", 404),
        ("GET", None, 404),
    ]


def test_starting_imports_little() -> None:
    code = "import sys, chat_tui.server.run; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"cryptography", "httpx2", "openai", "pydantic", "jinja2", "websockets", "multipart"}
    assert heavy.isdisjoint(done.stdout.split())
