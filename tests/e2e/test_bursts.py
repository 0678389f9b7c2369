"""Keys that arrive in one burst mean what they would mean one by one."""

from __future__ import annotations

from tests.e2e.home import Home, items, texts

NEW, QUIT, STORE = "\x0e", "\x11", "\x1b[15~"


def test_what_is_typed_after_a_new_conversation_belongs_to_it(home: Home) -> None:
    program = home.open()
    for n in range(5):
        program.type(f"kept {n}{NEW}meant for the next\x01\x0b")
        program.wait_until(lambda text: "│ Write a message" in text, "an empty composer")
    program.type(f"the last{NEW}meant for the newest")
    program.wait_for("│ meant for the newest")
    assert program.leave() == 0
    drafts = home.cached("SELECT text FROM drafts WHERE text != '' ORDER BY text")
    assert drafts == [*(f"kept {n}" for n in range(5)), "meant for the newest", "the last"]


def test_a_message_goes_where_it_was_written(home: Home) -> None:
    program = home.open()
    program.type(f"my name is Ada\r{NEW}my name is Grace\r")
    program.wait_for("Hello Grace!")
    program.wait_gone("answering")
    program.type(f"what is my name?\r{NEW}")
    program.wait_for("Nothing said yet.")
    assert program.leave() == 0
    found = [row["conversation_id"] for row in home.json("list")]
    with home.server() as server:
        said = sorted(texts(items(server, conversation))[::2] for conversation in found)
    assert said == [["my name is Ada"], ["my name is Grace", "what is my name?"]]


def test_a_message_is_kept_as_it_was_chosen_before_enter(home: Home) -> None:
    program = home.open()
    program.type(f"{STORE}echo whispered\r{STORE}echo aloud")
    program.wait_for("off the record", "whispered", "│ echo aloud", "stored")
    program.wait_gone("answering")
    program.press("enter")
    program.wait_gone("│ echo aloud")
    program.wait_gone("answering")
    program.press("ctrl+q")
    program.wait_for("What is off the record lives in this program's memory only.")
    program.press("down", "enter")
    assert program.wait_end() == 0
    assert not [path for path, data in home.files().items() if b"whispered" in data]


def test_what_is_typed_just_before_quitting_is_kept(home: Home) -> None:
    program = home.start()
    program.wait_for("Write a message")
    program.type(f"last words{QUIT}")
    assert program.wait_end() == 0
    assert home.cached("SELECT text FROM drafts") == ["last words"]
