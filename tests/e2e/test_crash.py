"""The program dies in the middle of an answer: nothing is lost and nothing is doubled."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.home import Home, items, texts
from tests.e2e.program import Program
from tests.support.server import eventually

SLOW = "pace 20\nlong 400"
DRAFT = "what I write meanwhile"


def dies_in_mid_stream(home: Home) -> None:
    """Say something, ask for a slow answer, write a draft while it comes, and die."""
    program = home.open()
    program.ask("my name is Ada", "Hello Ada!")
    program.paste(SLOW)
    program.press("enter")
    program.wait_for("A text of the demo upstream")
    program.type(DRAFT)
    program.wait_for(DRAFT)
    eventually(lambda: home.cached("SELECT text FROM drafts") == [DRAFT])
    program.kill()


def cached_ids(home: Home) -> list[Any]:
    return [json.loads(raw).get("id") for raw in home.cached("SELECT raw FROM items ORDER BY rank")]


def shown_prompts(program: Program) -> int:
    return program.transcript().count("▎ long 400") + program.transcript().count("┊ long 400")


def test_what_the_server_kept_is_told_and_shown_once(home: Home) -> None:
    dies_in_mid_stream(home)

    program = home.open()
    program.wait_for("Your last turn was cut off; the server kept your message and part of the")
    program.wait_for("A text of the demo upstream", "incomplete", DRAFT)
    program.wait_gone("! my name is Ada")
    assert shown_prompts(program) == 1
    assert program.leave() == 0

    with home.server() as server:
        found = items(server, home.conversation_id())
    assert [item["status"] for item in found] == ["completed"] * 3 + ["incomplete"]
    assert texts(found)[2] == SLOW
    assert cached_ids(home) == [item["id"] for item in found]
    assert home.cached("SELECT text FROM journal") == []
    assert home.cached("SELECT text FROM drafts") == [DRAFT]


def test_what_the_server_lost_is_offered_again(home: Home) -> None:
    home.configure('[server]\ninterrupted = "discard"\n')
    dies_in_mid_stream(home)

    program = home.open()
    program.wait_for("Your last message was cut off; the server kept nothing of it.")
    program.wait_for("ctrl+r resends it", "pending", DRAFT)
    assert shown_prompts(program) == 1
    with home.live() as server:
        assert len(items(server, home.conversation_id())) == 2
    program.press("ctrl+r")
    program.wait_for("answering", "A text of the demo upstream")
    assert shown_prompts(program) == 1
    assert program.shows(DRAFT)
    program.press("escape")
    program.wait_for("Stopped.")
    assert program.leave() == 0


def test_what_the_server_lost_can_be_taken_back(home: Home) -> None:
    home.configure('[server]\ninterrupted = "discard"\n')
    dies_in_mid_stream(home)

    program = home.open()
    program.wait_for("ctrl+t takes it back to edit it.")
    program.press("ctrl+t")
    program.wait_gone("pending")
    program.wait_for(f"│ {DRAFT}", "│ long 400")
    assert program.leave() == 0
    assert home.cached("SELECT text FROM drafts") == [f"{SLOW}\n{DRAFT}"]
    assert home.cached("SELECT text FROM journal") == []


def test_a_message_without_an_answer_is_told_from_a_lost_one(home: Home) -> None:
    program = home.open()
    program.paste("stall 60\necho never")
    program.press("enter")
    eventually(lambda: any(home.cached("SELECT response_id FROM journal")))
    program.kill()

    assert home.cached("SELECT text FROM journal") == ["stall 60\necho never"]
    program = home.open()
    program.wait_for("Your last turn was cut off; the server kept your message, but no answer.")
    assert program.leave() == 0
