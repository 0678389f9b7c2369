"""A profile is added to the configuration; everything else in it stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.config import ConfigError, Profile, add_profile, load

OLLAMA = Profile(name="ollama", upstream="http://127.0.0.1:11434/v1")


def test_without_a_file_one_is_made(tmp_path: Path) -> None:
    file = tmp_path / "config" / "config.toml"
    assert add_profile(file, OLLAMA)
    settings = load(file, {})
    assert settings.choose_profile() == OLLAMA
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "before",
    [
        "",
        '# mine\ntheme = "paper"\n',
        '# profile = "x"\n[defaults]\nstore = false\n[keys]\nprofile = "f12"',
        '[profiles.far]\nbase_url = "https://far.example/v1" # no end of line',
    ],
)
def test_what_stands_there_stays(tmp_path: Path, before: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(before)
    file.chmod(0o644)
    was = load(file, {})
    assert add_profile(file, OLLAMA)
    now = load(file, {})
    assert now.choose_profile() == OLLAMA
    assert before in file.read_text()
    assert (now.theme, now.defaults, now.keys) == (was.theme, was.defaults, was.keys)
    assert set(now.profiles) == {*was.profiles, "ollama"}
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_the_profile_chosen_there_stays_chosen(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('theme = "paper"\nprofile = "local"\n')
    assert not add_profile(file, OLLAMA)
    assert load(file, {}).choose_profile().name == "local"
    assert load(file, {}).choose_profile("ollama") == OLLAMA


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    file = tmp_path / "config.toml"
    file.symlink_to(real)
    add_profile(file, OLLAMA)
    assert file.is_symlink()
    assert "ollama" in real.read_text()


@pytest.mark.parametrize("broken", [b"profile = \n", b"[profiles.ollama]\n", b"\xff"])
def test_a_file_that_would_be_wrong_is_left_alone(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(broken)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        add_profile(file, OLLAMA)
    assert file.read_bytes() == broken
    assert list(tmp_path.iterdir()) == [file]
