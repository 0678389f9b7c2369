"""What must not be on disk is not: off the record, and after deletion."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.server.asking import ask, events_of, fast, items_of, new_conversation, user
from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

SECRET = "xyzzy-plugh-20931"


def checkpoint(database: Path) -> None:
    """Bring everything from the write-ahead log into the database, as any process may."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy


@pytest.mark.parametrize("streamed", [False, True])
def test_off_the_record_leaves_no_byte(data: Path, streamed: bool) -> None:
    server = EmbeddedServer.start(data)
    http = server.http()
    conversation = new_conversation(http, user("a public question"))
    public = ask(http, "echo public", conversation=conversation)
    prompt = f"my name is {SECRET}\nthink 1\nlong 50"
    for more in (
        {},
        {"conversation": conversation},
        {"previous_response_id": public["id"]},
        {"instructions": SECRET, "metadata": {"secret": SECRET}},
    ):
        if streamed:
            response = events_of(http, prompt, store=False, **more)[-1]["response"]
        else:
            response = ask(http, prompt, store=False, **more)
        assert SECRET in str(response["output"])
        assert SECRET.encode() not in server.files()
        assert response["id"].encode() not in server.files()
    for path in ("input_tokens", "compact"):
        body = {"model": "demo", "input": f"{prompt}\n{path}"}
        assert http.post(f"/responses/{path}", json=body).status_code == 200
    failed = ask(http, f"my name is {SECRET}\nfail server_error", store=False)
    assert (failed["status"], failed["id"].encode() in server.files()) == ("failed", False)
    with http.stream(
        "POST",
        "/responses",
        json={"model": "demo", "input": f"{prompt}\nstall 60", "store": False, "stream": True},
    ) as reply:
        lines = reply.iter_lines()
        next(lines)
    checkpoint(server.database)
    assert SECRET.encode() not in server.files()
    assert b"a public question" in server.files()
    said = server.stop()
    assert said == ""
    assert SECRET.encode() not in server.files()


def test_a_deleted_item_leaves_the_disk(data: Path) -> None:
    server = EmbeddedServer.start(data)
    http = server.http()
    conversation = new_conversation(http, user(SECRET * 500), user(f"small {SECRET}"), user("stay"))
    assert SECRET.encode() in server.files()
    for item in items_of(http, conversation)[:2]:
        http.delete(f"/conversations/{conversation}/items/{item['id']}")
    assert SECRET.encode() not in server.files()
    server.stop()


def test_an_item_leaves_the_disk_when_nothing_shows_it_any_more(data: Path) -> None:
    server = EmbeddedServer.start(data)
    http = server.http()
    conversation = new_conversation(http)
    response = ask(http, f"echo {SECRET}", conversation=conversation)
    for item in items_of(http, conversation):
        http.delete(f"/conversations/{conversation}/items/{item['id']}")
    assert SECRET.encode() in server.files(), "the response still shows it"
    http.delete(f"/responses/{response['id']}")
    assert SECRET.encode() not in server.files()
    server.stop()


def test_a_purged_conversation_leaves_the_disk(data: Path) -> None:
    server = EmbeddedServer.start(data)
    http = server.http()
    kept = new_conversation(http, user("a public question"))
    conversation = new_conversation(http, user(SECRET), metadata={"title": SECRET})
    ask(http, f"my name is {SECRET}", conversation=conversation)
    ask(http, f"fail {SECRET}", conversation=conversation)
    reply = http.delete(f"/conversations/{conversation}", params={"purge": "true"})
    assert reply.json()["deleted"] is True
    assert SECRET.encode() not in server.files()
    assert b"a public question" in server.files()
    assert len(items_of(http, kept)) == 1
    server.stop()


def test_a_plain_delete_leaves_the_items_as_the_reference_does(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("still there"))
    item = items_of(http, conversation)[0]
    inside = ask(http, "my name is Ada", conversation=conversation)
    http.delete(f"/conversations/{conversation}")
    copy = new_conversation(http, {"type": "item_reference", "id": item["id"]})
    assert items_of(http, copy) == [item]
    body = {"model": "demo", "input": fast("count"), "previous_response_id": inside["id"]}
    assert http.post("/responses", json=body).status_code == 200


def test_replaced_metadata_leaves_the_disk_at_the_next_deletion(data: Path) -> None:
    server = EmbeddedServer.start(data)
    http = server.http()
    conversation = new_conversation(http, metadata={"title": SECRET})
    http.post(f"/conversations/{conversation}", json={"metadata": {}})
    http.delete(f"/conversations/{new_conversation(http)}")
    assert SECRET.encode() not in server.files()
    server.stop()
