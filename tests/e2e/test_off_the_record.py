"""Off the record: the model reads it, and nobody keeps it."""

from __future__ import annotations

from tests.e2e.home import Home, items, texts
from tests.e2e.program import Program
from tests.support.server import eventually

SECRET = "Zanzibar"


def assert_nowhere(home: Home) -> None:
    """No file of the program, of its server or of its database engine holds the secret."""
    files = home.files()
    assert home.library in files
    assert home.server_database in files
    assert [path for path, data in files.items() if SECRET.encode() in data] == []


def speaks_off_the_record(home: Home) -> Program:
    program = home.open()
    program.ask("my name is Ada", "Hello Ada!")
    program.type(f"my name is {SECRET}")
    eventually(lambda: home.cached("SELECT text FROM drafts") == [f"my name is {SECRET}"])
    program.press("f5")
    program.wait_for("OFF THE RECORD", "left out of later stored turns.")
    program.press("enter")
    program.wait_for(f"Hello {SECRET}!")
    program.wait_gone("answering")
    return program


def test_nobody_keeps_a_turn_off_the_record(home: Home) -> None:
    program = speaks_off_the_record(home)
    program.ask("what is my name?", f"Your name is {SECRET}.")
    assert_nowhere(home)

    program.press("f5")
    program.wait_for("On the record.")
    assert_nowhere(home)
    program.ask("what is my name?", "Your name is Ada.")
    program.ask("count", "My context holds 5 items")
    assert_nowhere(home)

    conversation = home.conversation_id()
    with home.live() as server:
        for response in home.cached("SELECT response_id FROM responses"):
            page = server.get(f"/responses/{response}/input_items", params={"limit": 100})
            assert page.raise_for_status().json()["data"]
            assert SECRET not in page.text
        assert texts(items(server, conversation)) == [
            "my name is Ada",
            "Hello Ada! I will find your name in this context from now on.",
            "what is my name?",
            "Your name is Ada.",
            "count",
            texts(items(server, conversation))[-1],
        ]

    program.press("ctrl+q")
    program.wait_for("Off-the-record turns live in this program's memory only.")
    program.press("down", "enter")
    assert program.wait_end() == 0
    assert_nowhere(home)
    program = home.open(conversation)
    program.wait_for("Your name is Ada.")
    assert not program.shows(SECRET)


def test_a_crash_leaves_nothing_of_it_behind(home: Home) -> None:
    program = speaks_off_the_record(home)
    program.paste(f"pace 20\necho {SECRET}\nlong 200")
    program.press("enter")
    program.wait_for("A text of the demo upstream")
    program.type(f"{SECRET} in a draft")
    program.wait_for(f"{SECRET} in a draft")
    program.kill()
    assert_nowhere(home)

    program = home.open()
    program.wait_for("Hello Ada!")
    assert not program.shows(SECRET)
    assert_nowhere(home)


def test_it_begins_off_the_record_when_asked_to(home: Home) -> None:
    program = home.open("--no-store")
    program.ask(f"my name is {SECRET}", f"Hello {SECRET}!")
    assert_nowhere(home)
    program.kill()
    assert home.json("list") == []
    assert_nowhere(home)
