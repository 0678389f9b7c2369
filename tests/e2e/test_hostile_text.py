"""Text from outside is shown, and does nothing: not to the terminal, not to the program."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import httpx2
import pytest

from tests.e2e.home import Home
from tests.e2e.program import Program

CLIPBOARD = "\x1b]52;c;aGFja2Vk\x07"
MARKUP = "[bold]x[/] [@click=app.quit]y[/] [/z]"
ACTING = {
    "clipboard": CLIPBOARD,
    "title": "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
    "style": "\x1b[38;5;123;5m",
    "reset": "\x1bc\x1b[!p",
    "device control": "\x1bP+q544e\x1b\\",
    "application": "\x1b_owned\x1b\\\x1b^owned\x1b\\\x1bXowned\x1b\\",
    "C1": "\x9b38;5;123m\x9d52;c;aGFja2Vk\x9c\x90+q544e\x9c",
    "bidi": "\u202edcba\u202c\u2066x\u2069\u200f\u061c",
    "invisible": "a\u200bb\u2060c\U000e0041\ufeff",
    "controls": "bell\x07back\x08\x7f\x0b\x0c",
    "lines": "one\u2028two\u2029three\x85four",
}
HOSTILE = MARKUP + " ".join(f"{name} {text}" for name, text in ACTING.items())
MARKS = ("[bold]x[/]", "[@click=app.quit]y[/]", "[/z]")
"""How markup must look wherever a title is shown."""
TITLE = MARKUP + CLIPBOARD + "\u202edcba"

_FORBIDDEN = re.compile(
    "[\x00\x80-\x9f\u061c\u200b\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\U000e0041]"
    "|\x1b(?:\\](?!22;)|P|_|\\^|X|c|\\[!p|\\[38;5;123)"
)
"""What none of our bytes may be: what acts, hides or reorders, and every operating system command
but the shape of the mouse pointer."""


def assert_inert(program: Program) -> None:
    """The program lives, and wrote nothing but drawing."""
    assert program.exit_code is None, program.report()
    written = program.output.decode(errors="ignore")  # its end may be half a character
    found = _FORBIDDEN.search(written)
    assert found is None, repr(written[max(0, found.start() - 60) : found.end() + 60])
    assert "Traceback" not in written


def create(server: httpx2.Client, found: list[dict[str, Any]], metadata: dict[str, str]) -> str:
    done = server.post("/conversations", json={"items": found, "metadata": metadata})
    return str(done.raise_for_status().json()["id"])


def message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def seeded(home: Home) -> str:
    """Put hostile text into every place that a server keeps."""
    call = {"type": "function_call", "call_id": "call_1", "name": "look"}
    with home.server() as server:
        return create(
            server,
            [
                message("user", f"my name is {MARKUP} {CLIPBOARD}"),
                message("assistant", f"# {HOSTILE}\n\n- {HOSTILE}\n\n```{MARKUP}\n{HOSTILE}\n```"),
                {
                    "type": "reasoning",
                    "summary": [{"type": "summary_text", "text": HOSTILE}],
                    "id": "rs_1",
                },
                {**call, "arguments": json.dumps({HOSTILE: HOSTILE}, ensure_ascii=False)},
                {"type": "function_call_output", "call_id": "call_1", "output": HOSTILE},
                {**call, "call_id": "call_2", "arguments": HOSTILE},
                {
                    "type": "function_call_output",
                    "call_id": "call_2",
                    "output": json.dumps([HOSTILE]),
                },
            ],
            {"title": TITLE, MARKUP + "\x1b]0;owned\x07": HOSTILE[:512]},
        )


def closes(program: Program, title: str) -> None:
    program.press("escape")
    program.wait_gone(title)


def test_hostile_text_of_a_server_is_inert_everywhere(home: Home) -> None:
    program = home.open(seeded(home), size=(160, 50))
    program.wait_for(*MARKS)
    assert_inert(program)

    program.press("shift+tab")
    program.wait_for("enter fold")  # in the transcript
    program.press("o", "g")
    for kind in ("message", "message", "reasoning", "function_call", "function_call_output"):
        program.wait_for(f'"type": "{kind}"')  # in the inspector
        program.press("r", "r", "j")
    assert_inert(program)

    program.press("f4", "f4")
    program.wait_for("right next tab")  # in the inspector
    program.press("right")
    program.wait_for("Metadata  2 of 16")
    program.press("right")
    program.wait_for("Next turn", "compacts at")
    assert_inert(program)

    program.to_composer()
    program.press("f2")
    program.wait_for("Rename the conversation", *MARKS)
    closes(program, "Rename the conversation")
    program.press("ctrl+o")
    program.wait_for("Open a conversation", *MARKS)
    closes(program, "Open a conversation")
    program.press("ctrl+delete")
    program.wait_for("Do nothing", *MARKS)
    closes(program, "Do nothing")
    program.press("ctrl+p")
    program.wait_for("Search for commands")
    program.type("metadata")
    program.wait_for("Edit the metadata")
    program.press("down", "enter")
    program.wait_for("2 of 16 pairs", "\\u001b]0;owned")
    closes(program, "2 of 16 pairs")
    program.press("f1")
    program.wait_for("Help in the composer")
    closes(program, "Help in the composer")
    assert_inert(program)


def test_hostile_text_in_a_stream_is_inert(home: Home) -> None:
    program = home.open(seeded(home))
    program.say("what is my name?")
    program.wait_for("Your name is [bold]x[/] [@click=app.quit]y[/]")
    program.wait_gone("answering")
    program.say("fail [@click=app.quit]f[/]")
    program.wait_for("failed with the code [@click=app.quit]f[/]")
    assert_inert(program)


def test_clicking_on_markup_runs_nothing(home: Home) -> None:
    program = home.open(seeded(home))
    program.wait_for(*MARKS)
    clicked = 0
    for number, line in enumerate(program.lines()):
        for found in re.finditer(r"@click", line):
            program.click(found.start(), number)
            clicked += 1
    assert clicked >= 4, "in the list, the heading, the transcript and the inspector"
    program.wait_for("right next tab")  # the last click went to the inspector
    program.to_composer()
    program.say("count")
    program.wait_for("My context holds")
    assert_inert(program)


@pytest.mark.parametrize("name", ACTING)
def test_what_is_pasted_is_inert(home: Home, name: str) -> None:
    program = home.open()
    program.paste(f"echo {MARKUP} {name} {ACTING[name]} the end")
    program.wait_for("│ echo [bold]x[/]", "the end")
    program.press("enter")
    program.wait_until(lambda text: text.count("the end") >= 2, "the echo")
    program.wait_gone("answering")
    program.press("f2")
    program.wait_for("Rename the conversation")
    program.press("end")
    program.paste(f"{ACTING[name]}{MARKUP} new")
    program.wait_for("new")
    program.press("enter")
    program.wait_gone("Rename the conversation")
    program.press("ctrl+o")
    program.wait_for("Open a conversation")
    program.paste(f"{MARKUP}{ACTING[name]}")
    program.wait_for("[/z]")
    assert_inert(program)


def test_hostile_arguments_are_inert(home: Home) -> None:
    home.configure(f'[profiles."{MARKUP}"]\nbase_url = "http://127.0.0.1:9/{MARKUP}"\n')
    hostile = f"{MARKUP}{ACTING['clipboard']}{ACTING['bidi']}"
    program = home.open("-m", hostile, "--instructions", hostile)
    program.wait_for(*MARKS)
    program.say("hello")
    program.wait_for("✗")
    program.press("f9")
    program.wait_for("Choose the profile", *MARKS)
    closes(program, "Choose the profile")
    program.press("f8")
    program.wait_for("Choose the model")
    closes(program, "Choose the model")
    assert_inert(program)


def test_commands_print_hostile_text_inert(home: Home) -> None:
    conversation = seeded(home)
    for arguments in (
        ["show", conversation],
        ["show", "--raw", conversation],
        ["show", "--json", conversation],
        ["list"],
        ["list", "--json"],
        ["show", HOSTILE],
        ["list", "-p", HOSTILE],
    ):
        done = home.run(*arguments)
        said = done.stdout + done.stderr
        assert "[bold]x[/]" in said
        assert _FORBIDDEN.search(said) is None
        assert "\x1b" not in said


class _Odd(BaseHTTPRequestHandler):
    """A server whose texts no UTF-8 can hold: JSON escapes can say half a character."""

    half = "a\ud800b"
    listed: ClassVar = {
        "object": "list",
        "data": [
            {"id": "msg_2", **message("assistant", f"said {half}")},
            {"id": "msg_1", **message("user", f"asked {half}")},
        ],
        "has_more": False,
        "first_id": "msg_2",
        "last_id": "msg_1",
    }
    conversation: ClassVar = {
        "id": "conv_odd",
        "object": "conversation",
        "created_at": 1,
        "metadata": {"title": f"title {half}", f"key {half}": half},
    }

    def do_GET(self) -> None:
        body = json.dumps(self.listed if "/items" in self.path else self.conversation).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_halves_of_characters_are_inert(home: Home) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        home.env["OPENAI_BASE_URL"] = f"http://127.0.0.1:{server.server_port}/v1"
        home.env["OPENAI_API_KEY"] = "a key"
        program = home.open("conv_odd")
        program.wait_for("title a�b", "asked a�b", "said a�b", "key a�b")
        assert_inert(program)
        assert program.leave() == 0
        program = home.open()
        program.wait_for("title a�b", "asked a�b", "said a�b")
        assert program.leave() == 0
        assert "said a�b" in home.run("show", "conv_odd").stdout
        server.shutdown()
