"""Whatever is wrong is told in one sentence on stderr, with the exit code that was promised."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chat_tui import __version__
from chat_tui.cli.commands import run
from tests.cli.running import COMMAND, Home, one_sentence

WRONG = {
    "an option nobody knows": (["--frobnicate"], 2, "--frobnicate"),
    "an id that looks like an option": (["--conv_1"], 2, "--conv_1"),
    "an empty id": ([""], 2, "An id must not be empty"),
    "a blank id": (["  "], 2, "An id must not be empty"),
    "two ids": (["one", "two"], 2, "two"),
    "an id and --new": (["conv_1", "--new"], 2, "only one of them"),
    "--new and --continue": (["--new", "-c"], 2, "only one of them"),
    "a command after options": (["-p", "local", "list"], 2, "Put list first"),
    "a chaining mode nobody knows": (["--chain", "tree"], 2, "'tree' is not one of"),
    "a threshold too small": (["--compact", "12"], 2, "at least 1000"),
    "a compaction nobody knows": (["--compact", "sometimes"], 2, '"off", "auto"'),
    "instructions in no file": (["--instructions", "@nowhere.txt"], 2, "No such file"),
    "an unknown profile": (["list", "-p", "mars"], 2, "There is no profile 'mars'"),
    "a limit of zero": (["list", "--limit", "0"], 2, "--limit"),
    "show without an id": (["show"], 2, "Missing argument 'ID'"),
    "show with an empty id": (["show", ""], 2, "An id must not be empty"),
    "show with no such title": (["show", "No such title"], 3, "No conversation is called"),
    "hostile text in an id": (["show", "\x1b]0;owned\x07\u202e"], 3, "␛]0;owned␇‹202E›"),
    "health without an id": (["health"], 2, "Missing argument 'ID…'"),
    "a remedy nobody knows": (["health", "conv_1", "--repair", "pray"], 2, "'pray'"),
    "a fork of no such title": (["fork", "No such title"], 3, "No conversation is called"),
    "items with an odd age": (["items", "x", "--older-than", "soon"], 2, "such as 30d"),
    "items with two wishes": (["items", "x", "--delete", "--as", "text"], 2, "only one of them"),
    "items out of no file": (["items", "x", "--add", "/nowhere.json"], 2, "Cannot read"),
    "a purge of nothing": (["purge"], 2, "Give an ID, --resume or --receipts"),
    "a purge of two things": (["purge", "x", "--resume"], 2, "one of them"),
    "reconcile without an id": (["reconcile"], 2, "Give an ID or --all"),
    "reconcile with an empty id": (["reconcile", ""], 2, "An id must not be empty"),
    "config without a command": (["config"], 2, "Missing command"),
    "config with a wrong command": (["config", "burn"], 2, "burn"),
    "a port out of range": (["serve", "--port", "70000"], 2, "70000"),
    "a token and no token": (["serve", "--token", "t", "--no-auth"], 2, "not both"),
    "an empty token": (["serve", "--token", ""], 2, "must not be empty"),
    "everyone on the network": (["serve", "--host", "0.0.0.0", "--no-auth"], 2, "Refusing"),
    "an upstream nobody knows": (["serve", "--upstream", "oracle"], 2, "oracle"),
    "an upstream's key that is not set": (
        ["serve", "--upstream-key-env", "NOT_SET_ANYWHERE"],
        2,
        "NOT_SET_ANYWHERE holds no key",
    ),
    "a rule nobody knows": (["serve", "--interrupted", "perhaps"], 2, "perhaps"),
    "a window of nothing": (["serve", "--context-window", "0"], 2, "--context-window"),
    "a socket in no directory": (["serve", "--uds", "/proc/nowhere/s"], 1, "Cannot listen"),
    "a database in no directory": (
        ["serve", "--port", "0", "--database", "/proc/x.db"],
        1,
        "/proc/x.db",
    ),
}


@pytest.fixture
def here(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home that this process lives in: most cases need no process of their own."""
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home.root)
    return home


def run_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command in this process; return its exit code and its only sentence."""
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    out, err = capsys.readouterr()
    assert out == ""
    assert isinstance(ended.value.code, int)
    return ended.value.code, one_sentence(err)


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.usefixtures("here")
def test_wrong_usage_is_one_sentence(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, code, words = WRONG[case]
    ended, sentence = run_here(capsys, *arguments)
    assert words in sentence
    assert ended == code


MALFORMED = {
    "not TOML": ("theme = \n", "line 1"),
    "an unknown key": ("[composer]\nenter_send = true\n", "line 2: composer.enter_send"),
    "a wrong type": ("[defaults]\nstore = 1\n", "line 2: defaults.store must be true or false"),
    "an unknown profile": ('profile = "mars"\n', "line 1: profile names 'mars'"),
    "a profile of nowhere": ("[profiles.mars]\n", "line 1: profiles.mars needs base_url"),
    "not text": ("theme = '\udcff'\n", "it is not UTF-8 text"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_configuration_names_line_and_key(
    case: str, here: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = MALFORMED[case]
    here.config.parent.mkdir()
    here.config.write_bytes(text.encode(errors="surrogateescape"))
    code, sentence = run_here(capsys, "list")
    assert words in sentence
    assert str(here.config) in sentence
    assert code == 2


def test_a_malformed_configuration_ends_it_before_the_interface_begins(home: Home) -> None:
    home.write_config('[keys]\nconversation.knew = "f9"\n')
    code, written = home.in_terminal()
    assert code == 2
    said = one_sentence(written)
    assert "line 2: keys.conversation.knew is not an action; did you mean conversation.new?" in said


@pytest.mark.parametrize("arguments", [["list"], ["show", "conv_1"], ["serve"]])
def test_a_data_directory_that_cannot_be(
    arguments: list[str], here: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    here.data.write_text("a file in its place")
    code, sentence = run_here(capsys, *arguments)
    assert str(here.data) in sentence
    assert code == 2


def test_a_data_directory_that_cannot_be_ends_it_before_the_interface_begins(home: Home) -> None:
    code, written = home.in_terminal(CHAT_TUI_DATA_DIR="/proc/no/such")
    assert code == 2
    assert "Cannot create /proc/no/such" in one_sentence(written)


def test_a_library_that_is_none(home: Home) -> None:
    home.data.mkdir()
    (home.data / "library.db").write_bytes(b"not a database, but long enough for one" * 99)
    done = home.run("list")
    assert "library.db cannot be used: file is not a database" in one_sentence(done.stderr)
    assert done.returncode == 1


def test_a_server_that_does_not_start_says_why(home: Home) -> None:
    home.data.mkdir()
    (home.data / "server.db").write_bytes(b"not a database, but long enough for one" * 99)
    done = home.run("show", "conv_1")
    said = one_sentence(done.stderr)
    assert "The embedded server did not start" in said
    assert "server.db is not a database" in said
    assert done.returncode == 1


def test_an_unreachable_server(home: Home) -> None:
    home.env = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-secret"}
    done = home.run("show", "conv_1")
    assert "http://127.0.0.1:9/v1 cannot be reached" in one_sentence(done.stderr)
    assert "sk-secret" not in done.stderr
    assert done.returncode == 1


def test_a_key_in_clear_to_another_machine_is_refused(home: Home) -> None:
    home.env = {"OPENAI_BASE_URL": "http://198.51.100.7/v1", "OPENAI_API_KEY": "sk-secret"}
    done = home.run("show", "conv_1")
    assert "unencrypted" in one_sentence(done.stderr)
    assert done.returncode == 4


def test_no_key(home: Home) -> None:
    home.write_config('[profiles.far]\nbase_url = "https://api.example.invalid/v1"\n')
    done = home.run("show", "conv_1", "-p", "far")
    assert "No key for profile far" in one_sentence(done.stderr)
    assert done.returncode == 4


def test_the_interface_without_a_terminal(home: Home) -> None:
    done = home.run()
    assert "needs a terminal, but its input is not one" in one_sentence(done.stderr)
    assert done.returncode == 2
    assert not home.data.exists()


def test_an_id_that_nothing_has_ends_the_interface_with_a_sentence(home: Home) -> None:
    code, written = home.in_terminal("conv_nowhere")
    assert code == 3
    assert written.rstrip().endswith(
        "The server of profile local does not know conv_nowhere. "
        "Check the id, or choose the profile it belongs to."
    )
    assert "Warning" not in written
    assert list(home.runtime.iterdir()) == []


def test_the_version_and_the_help(shared: Home) -> None:
    assert shared.run("--version").stdout == f"chat-tui {__version__}\n"
    told = shared.run("--help").stdout
    for word in ("--new", "--continue", "--profile", "--model", "--instructions", "--no-store"):
        assert word in told
    for word in ("--chain", "--compact", "serve", "list", "show", "doctor", "config"):
        assert word in told


def test_a_reader_that_has_enough_is_no_error(home: Home) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [*COMMAND, "config", "keys"],
        env=home.environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    assert done.stderr == ""
    assert done.returncode == 0


def test_an_interrupt_ends_with_130(home: Home) -> None:
    home.write_config(
        '[profiles.slow]\nbase_url = "http://127.0.0.1:9/v1"\n'
        "api_key_command = \"sh -c 'echo $$ > started; exec sleep 1'\"\n"
    )
    process = home.start("show", "conv_1", "-p", "slow")
    started = home.root / "started"
    while not (started.exists() and started.read_text()):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


def test_an_encoding_that_lacks_characters_ends_nothing(home: Home) -> None:
    done = home.run("config", "keys", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Send the message" in done.stdout


def test_a_fault_of_our_own_is_logged_and_told_in_one_sentence(home: Home) -> None:
    code = (
        "from chat_tui.cli import composing, commands\n"
        "import chat_tui.cli.listing as listing\n"
        "def broken(profile): raise RuntimeError('something inside')\n"
        "listing.compose = broken\n"
        "commands.run(['list'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=home.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    log = home.root / "state" / "chat-tui.log"
    assert str(log) in one_sentence(done.stderr)
    assert done.returncode == 1
    assert "something inside" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_what_lies_in_the_working_directory_is_never_imported(home: Home) -> None:
    (home.root / "chat_tui").mkdir()
    (home.root / "chat_tui" / "__init__.py").write_text("raise SystemExit('not ours')")
    (home.root / "asyncio.py").write_text("raise SystemExit('not ours')")
    script = Path(sys.executable).with_name("chat-tui")
    done = subprocess.run(
        [script, "show", "conv_0"],
        env=home.environment(),
        cwd=home.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "does not know conv_0" in one_sentence(done.stderr)
    assert done.returncode == 3
