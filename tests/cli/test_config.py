"""The configuration commands, and what is generated from the declarations."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from chat_tui.cli.example import example
from chat_tui.cli.generate import GENERATED, ROOT
from chat_tui.config import Profile, Settings, default_of, is_setting, parse
from chat_tui.tui.keymap import ACTIONS, keymap
from tests.cli.running import Home, ok, one_sentence

EXAMPLE = Path("config.example.toml")


@pytest.mark.parametrize("name", GENERATED)
def test_what_is_generated_is_up_to_date(name: str) -> None:
    now = (ROOT / name).read_text("utf-8")
    assert GENERATED[name](now) == now, "run make docs"


def test_the_example_changes_nothing() -> None:
    loaded = parse(example(), EXAMPLE)
    assert loaded == parse("", EXAMPLE)


def uncommented() -> str:
    """Return the example with every setting in effect."""
    return re.sub(r"^#(?! )", "", example(), flags=re.MULTILINE)


def test_the_example_loads_with_every_setting_uncommented() -> None:
    loaded = parse(uncommented(), EXAMPLE)
    assert loaded.theme == Settings().theme
    assert loaded.defaults == Settings().defaults
    assert loaded.server == Settings().server
    assert loaded.profiles["openai"].base_url == "https://api.openai.com/v1"
    assert dict(loaded.keys) == {action.id: action.keys for action in ACTIONS}
    assert keymap(loaded)


def test_the_example_holds_every_setting() -> None:
    data = tomllib.loads(uncommented())
    for item in fields(Settings):
        if is_setting(item):
            assert data[item.name] == default_of(item)
    assert set(data["profiles"]["openai"]) == {f.name for f in fields(Profile) if is_setting(f)}
    for section in ("defaults", "composer", "server"):
        names = {part.name for part in fields(getattr(Settings(), section))}
        assert set(data[section]) == names


def test_path_prints_the_path_alone(home: Home) -> None:
    assert ok(home.run("config", "path")) == f"{home.config}\n"


def test_init_writes_the_example_for_this_user_only_and_once(home: Home) -> None:
    assert str(home.config) in ok(home.run("config", "init"))
    assert home.config.read_text() == example()
    assert home.config.stat().st_mode & 0o777 == 0o600
    assert home.config.parent.stat().st_mode & 0o777 == 0o700
    home.config.write_text('theme = "paper"\n')
    again = home.run("config", "init")
    assert f"{home.config} exists already" in one_sentence(again.stderr)
    assert again.returncode == 2
    assert home.config.read_text() == 'theme = "paper"\n'


def test_init_where_nothing_can_be_written(home: Home) -> None:
    done = home.run("config", "init", CHAT_TUI_CONFIG_DIR="/proc/no/such")
    assert "Cannot create /proc/no/such" in one_sentence(done.stderr)
    assert done.returncode == 2


def shown(told: str) -> dict[str, tuple[object, str]]:
    """Return what ``config show`` prints: key to value and source."""
    found = {}
    for line in told.splitlines()[1:]:
        assigned, _, source = line.rpartition("  # ")
        key, _, value = assigned.partition(" = ")
        found[key.strip()] = (tomllib.loads(f"v = {value}")["v"], source)
    return found


def test_show_tells_where_each_setting_came_from(home: Home) -> None:
    home.write_config(
        'theme = "paper"\n'
        "defaults = { store = false }\n"
        "[profiles.far]\n"
        'base_url = "https://example.org/v1"\n'
        'chaining = "response"\n'
        "[keys]\n"
        'conversation.new = "f12"\n'
    )
    found = shown(
        ok(
            home.run(
                "config", "show", CHAT_TUI_PROFILE="far", CHAT_TUI_MODEL="m", OPENAI_API_KEY="k"
            )
        )
    )
    assert found["theme"] == ("paper", "line 1")
    assert found["defaults.store"] == (False, "the file")
    assert found["defaults.chaining"] == ("conversation", "default")
    assert found["profile"] == ("far", "CHAT_TUI_PROFILE")
    assert found["profiles.far.chaining"] == ("response", "line 5")
    assert found["profiles.far.model"] == ("m", "CHAT_TUI_MODEL")
    assert found["profiles.openai.api_key_env"] == ("OPENAI_API_KEY", "OPENAI_API_KEY")
    assert found["keys.conversation.new"] == ("f12", "line 7")


def test_show_shows_no_secret(home: Home) -> None:
    home.write_config(
        "[profiles.far]\n"
        'base_url = "http://me:hush-1@127.0.0.1:9/v1"\n'
        'api_key_env = "sk-hush-2"\n'
        'api_key_command = "echo hush-3"\n'
        'headers = { "authorization" = "Bearer hush-4" }\n'
    )
    for command in (["config", "show"], ["doctor"]):
        done = home.run(*command, OPENAI_API_KEY="hush-5", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
        assert "hush" not in done.stdout + done.stderr, command
    assert "@127.0.0.1:9/v1" in ok(home.run("config", "show"))


def test_keys_prints_the_keys_in_effect(home: Home) -> None:
    home.write_config('[keys]\n"conversation.new" = ["f12", "ctrl+y"]\nquit = ""\n')
    told = ok(home.run("config", "keys"))
    assert re.search(r"f12, ctrl\+y +.*\[conversation\.new\]", told)
    assert re.search(r"– +.*\[quit\]", told)
    assert all(f"[{action.id}]" in told for action in ACTIONS)


def test_keys_refuses_an_action_that_does_not_exist(home: Home) -> None:
    home.write_config('[keys]\nfly = "f12"\n')
    done = home.run("config", "keys")
    assert "line 2: keys.fly is not an action" in one_sentence(done.stderr)
    assert done.returncode == 2
