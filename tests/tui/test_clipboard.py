"""Copying: which way it goes, and that what is said about it is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from chat_tui.tui.clipboard import TERMINAL_LIMIT, copied, tools


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH of a machine with a desktop."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return tmp_path


def tool(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o700)


async def test_without_a_tool_the_terminal_is_asked(desktop: Path) -> None:
    app = App[None]()
    async with app.run_test():
        said = await copied(app, "text", "the item")
        assert said == "Sent the item to the terminal for its clipboard (OSC 52)."
        assert app.clipboard == "text"
        said = await copied(app, "x" * (TERMINAL_LIMIT + 1), "the item")
        assert "many terminals ignore so much" in said


async def test_a_tool_gets_the_text_and_only_what_it_needs(desktop: Path) -> None:
    tool(
        desktop,
        "xclip",
        f'echo "$@" > {desktop}/args; set > {desktop}/env; /bin/cat > {desktop}/in',
    )
    app = App[None]()
    async with app.run_test():
        said = await copied(app, "ü $(rm -rf /) `x`\n", "the code block")
        assert said == "Copied the code block with xclip."
        assert app.clipboard == ""
    assert (desktop / "in").read_text() == "ü $(rm -rf /) `x`\n"
    assert (desktop / "args").read_text() == "-selection clipboard -in\n"
    assert "SECRET_KEY" not in (desktop / "env").read_text()
    assert "DISPLAY=':7'" in (desktop / "env").read_text()


async def test_a_tool_that_fails_or_hangs_gives_way_to_the_next(
    desktop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.tui.clipboard.SECONDS", 0.2)
    tool(desktop, "xclip", "exit 1")
    tool(desktop, "xsel", "exec /bin/sleep 60")
    app = App[None]()
    async with app.run_test():
        assert "OSC 52" in await copied(app, "text", "the item")
        tool(desktop, "xsel", "/bin/cat > /dev/null")
        assert await copied(app, "text", "the item") == "Copied the item with xsel."


@pytest.mark.parametrize(
    ("env", "platform", "names"),
    [
        ({}, "linux", []),
        ({"WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}, "linux", ["wl-copy", "xclip", "xsel"]),
        ({}, "darwin", ["pbcopy"]),
        ({"SSH_CONNECTION": "a b"}, "darwin", []),
    ],
)
def test_only_tools_that_reach_this_users_clipboard(
    env: dict[str, str], platform: str, names: list[str]
) -> None:
    assert [command[0] for command in tools(env, platform)] == names
