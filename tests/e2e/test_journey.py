"""The main job: live in a conversation that a server keeps, and come back to it by its id."""

from __future__ import annotations

import secrets
from pathlib import Path

import httpx2

from tests.e2e.home import Home, items, texts
from tests.e2e.program import Program
from tests.e2e.serving import served

PROMPTS = ["my name is Ada", "what is my name?"]
ANSWERS = [
    "Hello Ada! I will find your name in this context from now on.",
    "Your name is Ada.",
]
SAID = [PROMPTS[0], ANSWERS[0], PROMPTS[1], ANSWERS[1]]


def live_in_it(program: Program) -> list[str]:
    """Do everything once, and return what the transcript shows before leaving."""
    program.ask(PROMPTS[0], ANSWERS[0][:20])
    toggle_everything(program)
    program.rename("Trip to Kyoto")
    program.wait_for("Trip to Kyoto")
    program.press("ctrl+n")
    program.wait_for("Nothing said yet.")
    program.press("ctrl+o")
    program.wait_for("Open a conversation")
    program.type("kyoto")
    program.wait_until(lambda text: "New conversation  now" not in text, "only one is left")
    program.press("enter")
    program.wait_gone("Open a conversation")
    program.wait_for(PROMPTS[0])
    program.ask(PROMPTS[1], ANSWERS[1])
    shown = program.transcript()
    assert program.leave() == 0
    return shown


def toggle_everything(program: Program) -> None:
    program.press("f5")
    program.wait_for("OFF THE RECORD", "nothing is kept on the server or on disk.")
    program.press("f5")
    program.wait_for("On the record.", "· stored ·")
    program.press("f6")
    program.wait_for("response chain", "Chaining: response.")
    program.press("f6")
    program.wait_for("Chaining: manual.")
    program.press("f6")
    program.wait_for("Chaining: conversation.")
    program.press("f7")
    program.wait_for("compact off", "the context grows until the model's")
    program.press("f7")
    program.wait_for("compact auto", "the server folds old context at")


def comes_back(home: Home, conversation: str, shown: list[str]) -> None:
    """Open a conversation by its id and compare it with what was shown before."""
    program = home.open(conversation)
    program.wait_for("Trip to Kyoto", ANSWERS[1])
    assert program.transcript() == shown
    assert program.leave() == 0


def test_a_conversation_lives_on_the_embedded_server(home: Home) -> None:
    shown = live_in_it(home.open())

    conversation = home.conversation_id()
    comes_back(home, conversation, shown)

    for path in home.data.glob("library.db*"):
        path.unlink()
    comes_back(home, conversation, shown)
    assert home.json("show", conversation)["title"] == "Trip to Kyoto"
    with home.server() as server:
        assert texts(items(server, conversation)) == SAID
        assert home.cached("SELECT count(*) FROM items") == [len(SAID)]


def test_a_conversation_lives_on_a_server_over_tcp(home: Home) -> None:
    token = secrets.token_hex(8)
    with served(home, token) as url:
        home.env |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": token}
        program = home.open()
        program.wait_for("openai · demo")
        shown = live_in_it(program)

        conversation = home.conversation_id()
        comes_back(home, conversation, shown)

        for path in home.data.glob("library.db*"):
            path.unlink()
        comes_back(home, conversation, shown)
        with httpx2.Client(
            base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=10
        ) as client:
            assert texts(items(client, conversation)) == SAID
        assert not home.server_database.exists()
        assert all(token.encode() not in data for data in home.files().values())


def test_an_answer_is_seen_while_it_comes(home: Home) -> None:
    program = home.open()
    program.type("pace 20")
    program.press("ctrl+j")
    program.say("long 60")
    program.wait_for("answering")
    pictures: set[str] = set()

    def watch(text: str) -> bool:
        pictures.add(text)
        return "answering" not in text

    program.wait_until(watch, "the end of the answer")
    assert len(pictures) > 10, "it came as it was made"
    assert program.leave() == 0


def test_it_leaves_the_terminal_as_it_was(home: Home) -> None:
    program = home.open()
    assert program.leave() == 0
    ended = program.output[-400:]
    for mode in ("?1049l", "?1000l", "?2004l", "?25h"):
        assert f"\x1b[{mode}".encode() in ended, mode
    assert not [*Path(home.env["XDG_RUNTIME_DIR"]).iterdir()], "the server's socket went too"
