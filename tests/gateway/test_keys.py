"""Keys: found in the promised order, bounded in time, and never shown."""

from __future__ import annotations

import logging
import shlex
import sys
import time
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from chat_tui.config import Profile
from chat_tui.errors import EXIT_REFUSED, ChatTuiError
from chat_tui.gateway import GatewayError, KeySource, Trouble, find_key, keys
from chat_tui.gateway.connection import Connection, check_address, is_loopback

KEY = "sk-secret-0123456789"


class Ring(KeyringBackend):
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringError("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def printing(code: str) -> str:
    """A command that runs a line of Python."""
    return shlex.join([sys.executable, "-c", code])


def profile(**fields: object) -> Profile:
    return Profile(name="work", base_url="https://api.example.com/v1", **fields)  # type: ignore[arg-type]


COMMAND = printing("print('from-command')")


def test_the_environment_comes_first_then_the_keyring_then_the_command(ring: Ring) -> None:
    everything = profile(api_key_env="WORK_KEY", api_key_command=COMMAND)
    ring.kept["chat-tui", "work"] = "from-ring"
    found = find_key(everything, {"WORK_KEY": " from-env \n"})
    assert found == KeySource("environment variable WORK_KEY", "from-env")
    found = find_key(everything, {"WORK_KEY": ""})
    assert found == KeySource("keyring entry chat-tui/work", "from-ring")
    ring.kept.clear()
    assert find_key(everything, {}) == KeySource("api_key_command", "from-command")
    assert find_key(profile(), {"OPENAI_API_KEY": KEY}) is None


def test_a_locked_keyring_is_passed_over(ring: Ring) -> None:
    ring.locked = True
    found = find_key(profile(api_key_command=COMMAND), {})
    assert found is not None
    assert found.value == "from-command"


def test_the_first_line_a_command_prints_is_the_key() -> None:
    command = printing("print('the-key'); print('url: https://example.com')")
    found = find_key(profile(api_key_command=command), {})
    assert found is not None
    assert found.value == "the-key"


def test_a_command_cannot_read_from_the_terminal() -> None:
    command = printing("import sys; print('key' + sys.stdin.read())")
    found = find_key(profile(api_key_command=command), {})
    assert found is not None
    assert found.value == "key"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (printing("raise SystemExit(3)"), "ended with code 3"),
        (printing("pass"), "printed nothing"),
        (printing("print(' ')"), "printed nothing"),
        ("/no/such/program", "could not be run (No such file or directory)"),
        ("an 'unclosed quote", "could not be read (No closing quotation)"),
    ],
)
def test_a_command_that_fails_is_told_in_one_sentence(command: str, problem: str) -> None:
    with pytest.raises(ChatTuiError) as told:
        find_key(profile(api_key_command=command), {})
    assert told.value.sentence == f"The api_key_command of profile work {problem}."
    assert told.value.exit_code == EXIT_REFUSED


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COMMAND_TIMEOUT", 0.2)
    began = time.monotonic()
    with pytest.raises(ChatTuiError, match="took over"):
        find_key(profile(api_key_command=printing("import time; time.sleep(600)")), {})
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("value", ["sk-ä", "“sk-quoted”", "sk\x00x", "sk\x1b[31m"])
def test_what_cannot_travel_in_a_header_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ChatTuiError) as told:
        find_key(profile(api_key_env="WORK_KEY"), {"WORK_KEY": value})
    assert value not in str(told.value)
    assert told.value.sentence.startswith("The key from the environment variable WORK_KEY holds")


async def test_a_key_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = find_key(profile(api_key_env="WORK_KEY"), {"WORK_KEY": KEY})
    connection = Connection(profile(api_key_env="WORK_KEY"), None, {"WORK_KEY": KEY})
    await connection.open()
    shown = [repr(found), str(found), repr(connection), caplog.text]
    await connection.close()
    assert not any(KEY in text for text in shown)


async def test_a_profile_without_a_key_says_which_one_it_wants() -> None:
    with pytest.raises(GatewayError) as told:
        await Connection(profile(api_key_env="WORK_KEY"), None, {}).open()
    assert told.value.trouble is Trouble.AUTH
    assert str(told.value).startswith("No key for profile work: set WORK_KEY.")
    with pytest.raises(GatewayError, match="api_key_env, the keyring or api_key_command"):
        await Connection(profile(), None, {}).open()


async def test_a_server_on_this_machine_needs_no_key() -> None:
    local = Profile(name="ollama", base_url="http://127.0.0.1:1/v1")
    connection = Connection(local, None, {"OPENAI_API_KEY": KEY})
    await connection.open()
    await connection.close()


# --- plain http -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://api.openai.com/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.1.2.3/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://api.openai.com/v1", False),
        ("HTTP://api.openai.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://127.example.com/v1", False),
        ("http://localhost.example.com/v1", False),
        ("http://localhost@example.com/v1", False),
        ("http://10.0.0.1/v1", False),
        ("http://0.0.0.0/v1", False),
        ("http://[::2]/v1", False),
    ],
)
def test_a_key_travels_in_clear_to_this_machine_only(address: str, allowed: bool) -> None:
    here = Profile(name="work", base_url=address)
    if allowed:
        check_address(here)
        return
    assert not is_loopback(here)
    with pytest.raises(ChatTuiError) as told:
        check_address(here)
    assert told.value.exit_code == EXIT_REFUSED
    assert "allow_plain_http = true under [profiles.work]" in told.value.way_out


def test_plain_http_can_be_allowed() -> None:
    check_address(Profile(name="lab", base_url="http://10.0.0.1/v1", allow_plain_http=True))


async def test_a_refused_address_is_refused_before_the_key_is_looked_for() -> None:
    far = Profile(name="work", base_url="http://10.0.0.1/v1", api_key_command="/no/such/program")
    with pytest.raises(ChatTuiError, match="unencrypted"):
        await Connection(far, None, {}).open()


@pytest.mark.parametrize("address", ["http://[::1/v1", "api.example.com/v1", "https://", "ftp://x"])
async def test_an_address_that_is_none_is_one_sentence(address: str) -> None:
    broken = Profile(name="work", base_url=address)
    with pytest.raises(ChatTuiError, match="is not an address"):
        await Connection(broken, None, {}).open()
