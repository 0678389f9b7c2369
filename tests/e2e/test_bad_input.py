"""Whatever is wrong is said in one sentence: no traceback, and nothing lost."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.home import Home, items, texts
from tests.e2e.program import Program
from tests.e2e.serving import served

FAILED, USAGE, NOT_FOUND, REFUSED = 1, 2, 3, 4
UNKNOWN_ID = "conv_00000000000000000000000000000000"


def ends(program: Program, code: int, sentence: str) -> None:
    """The program ends by itself with a code and one sentence below what the shell had."""
    assert program.wait_end() == code, program.report()
    assert b"Traceback" not in program.output
    told = program.output.decode().rpartition("\x1b[?1006l")[2]
    assert told.count("\n") == 1, told
    assert sentence in told


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([UNKNOWN_ID], NOT_FOUND, f"The server of profile local does not know {UNKNOWN_ID}."),
        (["resp_nothing"], NOT_FOUND, "The server of profile local does not know resp_nothing."),
        (["no such title"], NOT_FOUND, "No conversation is called 'no such title'."),
        (["\x1b]0;x\x07"], NOT_FOUND, "No conversation is called '␛]0;x␇'."),
        (["half \udcff"], NOT_FOUND, "No conversation is called 'half �'."),
        ([""], USAGE, "An id must not be empty."),
        (["--compact", "3"], USAGE, "--compact must be"),
        (["-p", "nobody"], USAGE, "There is no profile 'nobody'; choose one of local."),
    ],
)
def test_a_wrong_argument_is_told(
    home: Home, arguments: list[str], code: int, sentence: str
) -> None:
    ends(home.start(*arguments), code, sentence)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('theme = "dusk"\n[defaults]\nchaining = "all"\n', ", line 3: defaults.chaining must be"),
        ("[defaults]\n\nstorr = true\n", ", line 3: defaults.storr is not a setting; did you mean"),
        ('[keys]\nfrobnicate = "x"\n', ", line 2: keys.frobnicate is not an action"),
        ('theme = "dusk\n', "(at line 1, column 14)"),
    ],
)
def test_a_malformed_configuration_is_told_with_line_and_key(
    home: Home, toml: str, told: str
) -> None:
    home.configure(toml)
    ends(home.start(), USAGE, f"{home.config}")
    ends(home.start(), USAGE, told)


def test_an_unreachable_server_gives_the_message_back(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    home.configure(
        f'[profiles.far]\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "m"\n'
        'api_key_env = "FAR_KEY"\n'
    )
    home.env["FAR_KEY"] = "a key"
    program = home.open("-p", "far")
    program.say("is anybody there?")
    program.wait_for("Your message is back in the composer.", "│ is anybody there?")
    assert program.leave() == 0
    assert b"Traceback" not in program.output
    assert home.cached("SELECT text FROM drafts") == ["is anybody there?"]
    assert home.cached("SELECT text FROM journal") == []
    told = f"The server at http://127.0.0.1:{port}/v1 cannot be reached."
    ends(home.start(UNKNOWN_ID, "-p", "far"), FAILED, told)


def test_a_wrong_key_is_refused_and_nothing_is_lost(home: Home) -> None:
    with served(home, "the right one") as url:
        home.env |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "a wrong one"}
        program = home.open("-m", "demo")
        program.say("does it fit?")
        program.wait_for("Your message is back in the composer.", "│ does it fit?")
        assert program.shows("key")
        assert program.leave() == 0
        ends(home.start(UNKNOWN_ID), REFUSED, "key")
        assert all(b"a wrong one" not in data for data in home.files().values())


def test_a_data_directory_that_cannot_be_written_is_told(home: Home) -> None:
    if os.geteuid():
        home.data.mkdir(mode=0o500)
    elif Path("/proc").is_dir():
        home.env["CHAT_TUI_DATA_DIR"] = "/proc"  # not even root can write there
    else:
        pytest.skip("there is no directory that root cannot write")
    ends(home.start(), FAILED, "CHAT_TUI_DATA_DIR")


def test_a_file_in_the_place_of_the_data_directory_is_told(home: Home) -> None:
    home.data.touch()
    ends(home.start(), USAGE, f"Cannot create {home.data}")


def test_a_small_terminal_asks_for_room_and_loses_nothing(home: Home) -> None:
    program = home.start(size=(40, 12))
    program.wait_for("This terminal is 40×12; enlarge it", "Nothing is lost")
    program.resize(80, 24)
    program.ready()
    program.type("my name is ")
    program.wait_for("│ my name is")
    program.resize(40, 12)
    program.wait_for("This terminal is 40×12")
    program.resize(200, 50)
    program.ready()
    program.say("Ada")
    program.wait_for("Hello Ada! I will find your name in this context", "Metadata")
    assert program.leave() == 0


def test_resizing_without_end_while_an_answer_comes(home: Home) -> None:
    program = home.open()
    program.paste("pace 200\nlong 600\necho the very end")
    program.press("enter")
    program.wait_for("answering")
    sizes = random.Random(7)
    for _ in range(150):
        program.resize(sizes.randint(5, 220), sizes.randint(3, 60))
    program.resize(120, 40)
    program.ready()
    program.wait_until(
        lambda text: "the very end" in text and "echo the" not in text, "the end of the answer"
    )
    program.wait_gone("answering")
    assert program.leave() == 0
    assert b"Traceback" not in program.output
    with home.server() as server:
        assert texts(items(server, home.conversation_id()))[1].endswith("the very end")


@pytest.mark.parametrize("seed", range(3))
def test_noise_on_the_line_is_survived(home: Home, seed: int) -> None:
    program = home.open()
    noise = random.Random(seed)
    leaving = b"\x03\x11"  # ctrl+c and ctrl+q do what they are for
    for _ in range(30):
        program.send(bytes(byte for byte in noise.randbytes(50) if byte not in leaving))
    program.send(b"\x1b\\\x1b[201~")  # ends whatever sequence the noise may have begun
    for _ in range(8):  # out of the dialogs and panes the noise may have opened
        program.press("escape")
        program.paste("still here")
        with suppress(AssertionError):
            program.wait_for("still here", seconds=3)
            # A dialog that closes still shows for a moment what came after the key that closes it.
            program.wait_gone("still here", seconds=0.5)
            continue
        if program.shows("still here"):
            break
    assert program.shows("still here"), program.report()
    assert program.exit_code is None
    assert b"Traceback" not in program.output
