"""Health, forks, items, purges and reconciling from the command line, on the embedded server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from chat_tui.cli.commands import run
from tests.cli.running import Home, Served, ok, one_sentence
from tests.support.server import eventually

CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
MANY = 1000
WORD = "xylophone"


@pytest.fixture(scope="module")
def served(shared: Home) -> Iterator[Served]:
    server = shared.serve()
    yield server
    server.stop()


def made(served: Served, *items: Any) -> str:
    """Make a conversation of texts of the user, or of items as they are."""
    whole: list[Any] = [
        {"type": "message", "role": "user", "content": item} if isinstance(item, str) else item
        for item in items
    ]
    with served.client() as client:
        conversation = client.conversations.create(items=whole[:20], metadata={"title": "Trip"})
        for start in range(20, len(whole), 20):
            client.conversations.items.create(conversation.id, items=whole[start : start + 20])
    return conversation.id


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(shared: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, as the user of the shared home."""
    for name, value in shared.environment().items():
        monkeypatch.setenv(name, value)

    def run_here(*arguments: str) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(arguments, ended.value.code, out, err)

    return run_here


def said(run: Run, *arguments: str) -> Any:
    return json.loads(ok(run(*arguments, "--json")))


def texts(run: Run, identifier: str) -> list[str]:
    found = said(run, "items", identifier)
    return [part["text"] for one in found for part in one["item"].get("content", [])]


def test_a_sick_conversation_is_found_and_repaired(served: Served, here: Run) -> None:
    identifier = made(served, "hello", CALL)
    (found,) = said(here, "health", identifier)
    assert not found["healthy"]
    assert [finding["ailment"] for finding in found["findings"]] == ["call without output"]
    assert "--repair puts it right" in ok(here("health", identifier))

    refused = here("health", identifier, "--repair", "answer")
    assert refused.returncode == 2
    assert "Nobody can be asked here. Give --yes to do it." in refused.stderr
    (plan,) = said(here, "health", identifier, "--repair", "answer", "--dry-run")
    assert plan["effect"] == [
        "Adds 1 function call output at the end, saying that nothing was run."
    ]
    assert not plan["repaired"]
    (healed,) = said(here, "health", identifier, "--repair", "answer", "--yes")
    assert (healed["healthy"], healed["repaired"], healed["left"]) == (True, True, [])
    with served.client() as client:
        answer = client.responses.create(
            model="demo", conversation=identifier, input="echo on\npace 0"
        )
    assert answer.output_text == "on"


def test_a_fork_is_listed_and_goes_on(served: Served, here: Run) -> None:
    identifier = made(served, "one", "two", "three")
    at = said(here, "items", identifier)[1]["item"]["id"]
    plan = said(here, "fork", identifier, "--at", at, "--dry-run")
    assert plan["items"] == 2
    assert "conversation_id" not in plan
    fork = said(here, "fork", identifier, "--at", at)
    assert fork["title"] == "Trip (fork)"
    assert texts(here, fork["conversation_id"]) == ["one", "two"]
    assert said(here, "show", fork["conversation_id"])["metadata"] == {
        "title": "Trip (fork)",
        "chat-tui.parent": identifier,
        "chat-tui.parent_item": at,
    }
    done = here("fork", identifier, "--at", "msg_none")
    assert "There is no item msg_none in this conversation" in done.stderr
    assert done.returncode == 3


def test_items_are_chosen_copied_and_noted(served: Served, here: Run) -> None:
    identifier = made(served, "one", {"role": "assistant", "content": "**two**"})
    first = said(here, "items", identifier)[0]["item"]["id"]
    assert ok(here("items", identifier, "--as", "text")) == ("You:\none\n\nAssistant:\n**two**\n")
    assert json.loads(ok(here("items", identifier, "--as", "json")))[0]["id"] == first
    listed = ok(here("items", identifier, "--role", "assistant"))
    assert "**two**" in listed
    assert "one" not in listed
    assert "[look here]" in ok(here("items", identifier, "--note", first, "look here"))
    assert said(here, "items", identifier)[0]["note"] == "look here"
    assert said(here, "items", identifier, "--older-than", "1h") == []


def test_items_are_deleted_in_groups(served: Served, here: Run) -> None:
    output = {"type": "function_call_output", "call_id": "c1", "output": "found"}
    identifier = made(served, "one", CALL, output, "two")
    chosen = ("items", identifier, "--delete", "--type", "function_call")
    plan = said(here, *chosen, "--dry-run")
    assert (len(plan["chosen"]), len(plan["along"]), plan["remain"]) == (1, 1, 2)
    assert not plan["deleted"]
    done = said(here, *chosen, "--yes")
    assert [one["fate"] for one in done["items"]] == ["gone", "gone"]
    assert texts(here, identifier) == ["one", "two"]
    refused = here("items", identifier, "--delete", "--yes")
    assert "Say which items to delete" in one_sentence(refused.stderr)
    assert refused.returncode == 2


def test_items_are_added_from_a_file(served: Served, here: Run, tmp_path: Path) -> None:
    identifier = made(served, "first")
    file = tmp_path / "new.json"
    file.write_text(json.dumps([{"role": "user", "content": f"{n}"} for n in range(30)]))
    ok(here("items", identifier, "--add", str(file)))
    assert texts(here, identifier) == ["first", *map(str, range(30))]
    file.write_text(json.dumps({"items": [CALL]}))
    refused = here("items", identifier, "--add", str(file))
    assert "has no output: the next turn is refused" in refused.stderr
    assert refused.returncode == 2
    file.write_text("{")
    refused = here("items", identifier, "--add", str(file))
    assert "is not JSON" in one_sentence(refused.stderr)


def test_copies_are_compared_and_refreshed(served: Served, here: Run) -> None:
    identifier = made(served, "one")
    ok(here("show", identifier))
    with served.client() as client:
        new = [{"type": "message", "role": "user", "content": "by another"}]
        client.conversations.items.create(identifier, items=new)  # type: ignore[arg-type]
    (found,) = said(here, "reconcile", identifier)
    assert (found["same"], len(found["only_there"]), found["agrees"]) == (1, 1, False)
    assert "Brought in line." in ok(here("reconcile", identifier, "--refresh"))
    assert "The same here and there: 2 items." in ok(here("reconcile", identifier))
    everything = said(here, "reconcile", "--all")
    assert identifier in [one["conversation_id"] for one in everything]
    assert all(one["agrees"] for one in everything if one["conversation_id"] == identifier)


def test_a_purge_says_what_it_does_and_leaves_a_receipt(served: Served, here: Run) -> None:
    identifier = made(served, "one", "two")
    with served.client() as client:
        made_there = client.responses.create(
            model="demo", conversation=identifier, input="echo on\npace 0"
        )
    plan = said(here, "purge", identifier, "--dry-run")
    assert len(plan["items"]) == 4
    assert "Responses that other programs made are not known here and stay." in plan["effect"]
    (receipt,) = said(here, "purge", identifier, "--yes")
    assert receipt["not_gone"] == []
    assert len(receipt["gone"]) == 5
    assert here("show", identifier).returncode == 3
    with served.client() as client:
        assert client.responses.retrieve(made_there.id).status == "completed"
    assert receipt in said(here, "purge", "--receipts")


def test_a_purge_killed_half_way_is_finished_and_no_text_is_left(home: Home) -> None:
    server = home.serve()
    identifier = made(server, *(f"{WORD} {number}" for number in range(MANY)))

    items = said(home.run, "items", identifier)
    purge = home.start("purge", identifier, "--yes", "--json")
    with server.client() as client:

        def is_gone(item_id: str) -> bool:
            try:
                client.conversations.items.retrieve(item_id, conversation_id=identifier)
            except openai.NotFoundError:
                return True
            return False

        eventually(lambda: is_gone(items[MANY // 10]["item"]["id"]), seconds=30)
        purge.kill()
        purge.communicate()
        remaining = sum(1 for _ in client.conversations.items.list(identifier, limit=100))
    assert 0 < remaining < MANY
    assert server.stop() == 0
    assert WORD.encode() in b"".join(path.read_bytes() for path in home.data.iterdir())

    (receipt,) = said(home.run, "purge", "--resume")
    assert receipt["conversation_id"] == identifier
    assert receipt["not_gone"] == []
    assert len(receipt["gone"]) == MANY + 1
    assert home.list() == []
    assert home.run("show", identifier).returncode == 3
    assert said(home.run, "purge", "--resume") == []
    names = {path.name for path in home.data.iterdir()}
    assert {"server.db", "library.db"} <= names
    for path in home.data.iterdir():
        assert WORD.encode() not in path.read_bytes(), path
