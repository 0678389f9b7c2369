"""The composer takes whatever comes, however fast, and Escape stops what comes back."""

from __future__ import annotations

import json

import pytest

from tests.e2e.home import Home, items, texts

PASTE_SIZE = 100_000
LINE = "one line of a hundred and more characters, some of them wide: 漢字, some bright: 🦜 "


def test_what_is_typed_before_the_first_frame_is_not_lost(home: Home) -> None:
    program = home.start()
    program.type("my name is Ada")
    program.ready()
    program.wait_for("│ my name is Ada")
    program.press("enter")
    program.wait_for("Hello Ada!")


def test_what_is_typed_before_a_conversation_is_open_is_sent(home: Home) -> None:
    program = home.start()
    program.wait_for("Write a message")
    program.type("my name is Ada\rwhat is my name?")
    program.wait_for("Hello Ada!", "│ what is my name?")
    program.wait_gone("answering")
    program.press("enter")
    program.wait_for("Your name is Ada.")


@pytest.mark.parametrize("many_lines", [False, True], ids=["one line", "many lines"])
def test_a_long_paste_arrives_whole(home: Home, *, many_lines: bool) -> None:
    pasted = (LINE * (PASTE_SIZE // len(LINE) + 1))[:PASTE_SIZE].strip()
    if many_lines:
        pasted = pasted.replace(", ", ",\n\t")
    program = home.open()
    program.type("pace 0")
    program.press("ctrl+j")
    program.type("cut 3")
    program.press("ctrl+j")
    program.paste(pasted)
    program.press("enter")
    program.wait_for("The answer is incomplete: max_output_tokens.", seconds=40)
    program.ask("count", "My context holds")
    assert program.leave() == 0
    with home.server() as server:
        said = texts(items(server, home.conversation_id()))
    assert said[0] == f"pace 0\ncut 3\n{pasted}"
    assert json.loads(home.cached("SELECT raw FROM items ORDER BY rank")[0])["content"] == [
        {"type": "input_text", "text": said[0]}
    ]


def test_several_lines_are_one_message(home: Home) -> None:
    program = home.open()
    program.type("echo one")
    program.press("alt+enter")
    program.type("echo two\\")
    program.press("enter")
    program.paste("echo three\r\n\techo four\necho five ")
    program.press("enter")
    program.wait_gone("│ echo one")
    program.wait_until(lambda text: text.count("five") >= 2, "the echo")
    program.wait_gone("answering")
    assert program.leave() == 0
    with home.server() as server:
        said = texts(items(server, home.conversation_id()))
    assert said[0] == "echo one\necho two\necho three\n\techo four\necho five "


def test_escape_stops_an_answer_and_keeps_what_came(home: Home) -> None:
    program = home.open()
    program.paste("pace 20\nlong 400")
    program.press("enter")
    program.wait_for("A text of the demo upstream")
    program.press("escape")
    program.wait_for("Stopped.", "The server kept your message and what came of the answer.")
    assert program.shows("A text of the demo upstream")
    assert program.shows("incomplete")
    program.press("escape")
    program.wait_gone("Stopped.")
    shown = program.transcript()
    assert program.leave() == 0

    conversation = home.conversation_id()
    with home.server() as server:
        found = items(server, conversation)
    cached = [json.loads(raw) for raw in home.cached("SELECT raw FROM items ORDER BY rank")]
    assert cached == found
    assert texts(found)[1].startswith("# A text of the demo upstream")
    program = home.open(conversation)
    program.wait_for("A text of the demo upstream")
    assert program.transcript() == shown


def test_what_came_of_a_stopped_answer_goes_along_where_the_server_forgot_it(home: Home) -> None:
    home.configure('[server]\ninterrupted = "discard"\n')
    program = home.open()
    program.paste("pace 20\nlong 400")
    program.press("enter")
    program.wait_for("A text of the demo upstream")
    program.press("escape")
    program.wait_for("The server kept nothing; what came is kept here and goes along with your")
    program.ask("count", "My context holds 3 items")
    assert program.leave() == 0
    with home.server() as server:
        said = texts(items(server, home.conversation_id()))
    assert said[0] == "pace 20\nlong 400"
    assert said[1].startswith("# A text of the demo upstream")
    assert said[2] == "count"
    assert len(said) == 4
