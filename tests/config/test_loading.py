"""Settings: what a file and the environment say, and a sentence for everything they say wrong."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.config import (
    LOCAL,
    Chaining,
    ConfigError,
    Defaults,
    Settings,
    find_paths,
    line_of,
    load,
    near,
    parse,
    read_compaction,
)
from chat_tui.errors import EXIT_USAGE

HERE = Path("config.toml")
WORK = '[profiles.work]\nbase_url = "https://work.example/v1"\n'


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path / "config.toml", {})
    assert settings == Settings(profile="local")
    assert settings.choose_profile() == LOCAL
    assert LOCAL.is_local


def test_an_empty_file_is_a_file() -> None:
    assert parse("", HERE) == Settings(path=HERE)


def test_a_file_says_what_it_says_and_no_more() -> None:
    settings = parse(
        'profile = "work"\n'
        "[defaults]\nchaining = 'response'\nstore = false\n"
        f"{WORK}compaction = 5000\nstore = true\nheaders = {{ x-team = 'a' }}\n",
        HERE,
    )
    assert settings.defaults == Defaults(Chaining.RESPONSE, store=False)
    work = settings.choose_profile()
    assert (work.name, work.base_url) == ("work", "https://work.example/v1")
    assert (work.compaction, work.store, work.chaining) == (5000, True, None)
    assert work.headers == {"x-team": "a"}
    assert not work.is_local
    assert set(settings.profiles) == {"local", "work"}


def test_the_profile_local_can_be_changed_but_not_lost() -> None:
    settings = parse('[profiles.local]\ninstructions = "Be brief."', HERE)
    local = settings.choose_profile("local")
    assert (local.instructions, local.model, local.is_local) == ("Be brief.", "demo", True)


def test_keys_may_be_strings_lists_and_dotted_tables() -> None:
    text = '[keys]\nquit = "f12"\nhelp = ["f1", "ctrl+g"]\nconversation.new = ""\n'
    assert parse(text, HERE).keys == {
        "quit": "f12",
        "help": "f1,ctrl+g",
        "conversation.new": "",
    }


def test_a_profile_may_be_called_like_a_setting() -> None:
    settings = parse('[profiles.compaction-test]\nbase_url = "https://x/v1"\nmodel = "m"', HERE)
    assert settings.choose_profile("compaction-test").model == "m"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("time = true", 1, "time is not a setting; did you mean times?"),
        ("[defaults]\nstor = 1", 2, "defaults.stor is not a setting; did you mean store?"),
        ("[defaults]\nzzzz = 1", 2, "defaults.zzzz is not a setting."),
        ("[defaults]\n\nstore = 'no'", 3, "defaults.store must be true or false"),
        ("[defaults]\nchaining = 'thread'", 2, "must be one of conversation, response, manual"),
        ("[defaults]\nchaining = 3", 2, "must be one of conversation, response, manual"),
        ("[defaults]\ncompaction = 10", 2, '"off", "auto" or a number of tokens of at least 1000'),
        ("[defaults]\ncompaction = true", 2, "a number of tokens"),
        ("[defaults]\ninstructions = 7", 2, "must be a string in quotes"),
        ("defaults = 3", 1, "must be a table, as in [defaults]"),
        ("[composer]\nenter_sends = 1", 2, "composer.enter_sends must be true or false"),
        ("[server]\ninterrupted = 'maybe'", 2, "server.interrupted must be keep or discard"),
        ("profile = 'nowhere'", 1, "which is not defined under [profiles]"),
        ("[profiles.work]\nmodel = 'x'", 1, "profiles.work needs base_url"),
        (f"{WORK}name = 'x'", 3, "profiles.work.name is not a setting"),
        (f"{WORK}context_window = 'big'", 3, "must be a whole number"),
        (f"{WORK}context_window = true", 3, "must be a whole number"),
        (f"{WORK}headers = {{ a = 1 }}", 3, "must be a table of strings"),
        (f"{WORK}store = 1", 3, "profiles.work.store must be true or false"),
        ("[profiles.work]\nbase_url = 'ftp://x'", 2, "must begin with http:// or https://"),
        ("profiles = 3", 1, "profiles must be a table"),
        ("[profiles]\nwork = 3", 2, "must be a table, as in [profiles.work]"),
        ("[keys]\nquit = 3", 2, "keys.quit must be a key, a list of keys or empty"),
        ("[keys]\nquit = ['f1', 3]", 2, "keys.quit must be a key"),
        ("keys = 3", 0, "keys must be a table"),
    ],
)
def test_every_mistake_names_its_line_and_key(text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as told:
        parse(text, HERE)
    sentence = told.value.sentence
    assert says in sentence
    assert sentence.startswith(f"config.toml, line {line}: " if line else "config.toml")
    assert sentence.endswith((".", "?"))
    assert told.value.exit_code == EXIT_USAGE


def test_what_is_no_toml_names_its_line() -> None:
    with pytest.raises(ConfigError, match=r"not valid TOML: .*line 2"):
        parse("a = 1\nb = = 2", HERE)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Cannot read .*: Is a directory\."):
        load(tmp_path, {})
    binary = tmp_path / "config.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"it is not UTF-8 text\."):
        load(binary, {})


@given(st.text(max_size=60))
def test_no_text_is_anything_but_settings_or_a_config_error(text: str) -> None:
    with suppress(ConfigError):
        parse(text, HERE)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\n[b]\nc = 2", "b.c", 3),
        ("[b]\nc = 2\n[d]\nc = 3", "d.c", 4),
        ('[profiles."my work"]\nmodel = 3', "profiles.my work.model", 2),
        ("defaults.store = 1", "defaults.store", 1),
        ("  [ b ]\n  c=1", "b.c", 2),
        ("[b]\nc = 2", "b", 1),
        ("a = 1", "nothing", 0),
    ],
)
def test_a_key_is_found_on_its_line(text: str, key: str, line: int) -> None:
    assert line_of(text, key) == line


# --- the environment ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "env", "profile"),
    [
        (None, {}, "local"),
        (None, {"OPENAI_API_KEY": "k"}, "openai"),
        (None, {"OPENAI_BASE_URL": "https://x/v1"}, "openai"),
        (None, {"OPENAI_API_KEY": ""}, "local"),
        ("", {"OPENAI_API_KEY": "k"}, "local"),
        ("profile = 'openai'", {"OPENAI_API_KEY": "k"}, "openai"),
        (None, {"OPENAI_API_KEY": "k", "CHAT_TUI_PROFILE": "local"}, "local"),
        (f"profile = 'work'\n{WORK}", {"CHAT_TUI_PROFILE": "local"}, "local"),
        (f"profile = 'work'\n{WORK}", {"OPENAI_API_KEY": "k"}, "work"),
    ],
)
def test_the_environment_chooses_the_profile_where_no_file_does(
    tmp_path: Path, file: str | None, env: dict[str, str], profile: str
) -> None:
    path = tmp_path / "config.toml"
    if file is not None:
        path.write_text(file)
    assert load(path, env).choose_profile().name == profile


def test_the_profile_openai_is_made_of_its_variables(tmp_path: Path) -> None:
    env = {
        "OPENAI_API_KEY": "k",
        "OPENAI_BASE_URL": "https://x/v1",
        "OPENAI_ORG_ID": "org",
        "OPENAI_PROJECT_ID": "proj",
        "CHAT_TUI_MODEL": "gpt-5",
    }
    made = load(tmp_path / "none", env).choose_profile()
    assert (made.base_url, made.api_key_env) == ("https://x/v1", "OPENAI_API_KEY")
    assert (made.organization, made.project, made.model) == ("org", "proj", "gpt-5")
    plain = load(tmp_path / "none", {"OPENAI_API_KEY": "k"}).choose_profile()
    assert plain.base_url == "https://api.openai.com/v1"


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="There is no profile 'x'; choose one of local"):
        Settings().choose_profile("x")


@pytest.mark.parametrize(
    ("value", "read"),
    [("off", "off"), ("auto", "auto"), (1000, 1000), ("5000", 5000), (10**9, 10**9)],
)
def test_compaction_is_a_word_or_a_number_of_tokens(value: object, read: object) -> None:
    assert read_compaction(value) == read


@pytest.mark.parametrize("value", ["", "on", "999", 999, -1, True, None, 1.5, [], "0x100"])
def test_other_compactions_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="at least 1000"):
        read_compaction(value)


def test_a_near_name_is_offered() -> None:
    assert near("stor", ["store", "model"]) == "; did you mean store?"
    assert near("xyz", ["store", "model"]) == ""


def test_files_live_where_the_variables_say(tmp_path: Path) -> None:
    paths = find_paths(
        {
            "CHAT_TUI_CONFIG_DIR": str(tmp_path / "c"),
            "CHAT_TUI_DATA_DIR": str(tmp_path / "d"),
            "CHAT_TUI_STATE_DIR": str(tmp_path / "s"),
        }
    )
    assert paths.config_file == tmp_path / "c" / "config.toml"
    assert paths.library == tmp_path / "d" / "library.db"
    assert paths.log.parent == tmp_path / "s"
    made = paths.ensure(paths.data)
    assert made.stat().st_mode & 0o777 == 0o700
    (tmp_path / "s").write_text("in the way")
    with pytest.raises(ConfigError, match="CHAT_TUI_STATE_DIR"):
        paths.ensure(paths.state)
