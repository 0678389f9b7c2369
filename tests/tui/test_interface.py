"""Panes, keys, dialogs, inspector and bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.widgets import TextArea

from chat_tui.config import ConfigError, Settings
from chat_tui.controller import Launch
from chat_tui.tui.inspector.pane import Tab
from chat_tui.tui.keymap import ACTIONS, keymap
from tests.support.server import EmbeddedServer
from tests.support.tui import opened

LOCAL = replace(Settings(), profile="local")
HOSTILE = (
    "[bold]x[/] [@click=app.quit]y[/] \x1b]52;c;aGk=\x07 \x1b[31mred \u202eevil [/nope] \x9b1m"
)


@pytest.mark.parametrize(
    ("size", "list_shown", "inspector_shown"),
    [((80, 24), True, False), ((120, 40), True, True), ((60, 20), False, False)],
)
async def test_panes_fold_by_width_and_open_as_overlays(
    server: EmbeddedServer,
    home: Path,
    size: tuple[int, int],
    list_shown: bool,
    inspector_shown: bool,
) -> None:
    async with opened(server, home, size=size) as app:
        assert app.app.list_pane.display is list_shown
        assert app.app.inspector.display is inspector_shown
        await app.pilot.press("f4")
        assert app.app.inspector.display is not inspector_shown
        if not inspector_shown:
            assert app.app.inspector.has_class("-overlay")
            await app.pilot.press("escape")
            await app.until(lambda: not app.app.inspector.display)
            assert app.app.focused is app.app.composer


async def test_a_tiny_terminal_says_so_and_loses_nothing(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.type("a thought")
        await app.pilot.resize_terminal(40, 12)
        await app.until(lambda: "This terminal is 40×12" in app.screen())
        await app.pilot.press("x", "enter", "f5", "ctrl+n", "f1")
        await app.pilot.pause()
        await app.pilot.resize_terminal(40, 13)
        await app.until(lambda: "This terminal is 40×13" in app.screen())
        await app.pilot.resize_terminal(100, 30)
        await app.until(lambda: "This terminal" not in app.screen())
        assert app.app.composer.text == "a thought"
        assert app.app.view is not None
        assert app.app.view.choices.store
        assert not app.app.transcript.records


async def test_the_inspector_follows_the_cursor_and_the_turn(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("echo look")
        app.app.transcript.focus()
        await app.pilot.press("G")
        await app.until(lambda: app.app.inspector.tab is Tab.ITEM)
        record = app.app.transcript.records[-1]
        await app.until(lambda: record.item.id[:16] in app.screen())
        app.app.inspector.tab = Tab.TURN
        await app.until(lambda: "completed" in app.screen() and "Usage" in app.screen())
        app.app.inspector.tab = Tab.CONVERSATION
        await app.until(lambda: "Metadata" in app.screen())


async def test_metadata_is_checked_before_it_is_sent(server: EmbeddedServer, home: Path) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"topic": "a"})
    async with opened(server, home, launch=Launch(target=made.id)) as app:
        app.app.action_metadata()
        await app.until(lambda: app.app.screen.query(TextArea), "the editor")
        editor = app.app.screen.query_one(TextArea)
        for text, problem in (
            ("{", "Not JSON"),
            ('{"a": 1}', "must be a string"),
            (json.dumps({"k" * 65: "x"}), "at most 64 characters"),
            (json.dumps({"a": "v" * 513}), "at most 512 characters"),
            (json.dumps({f"k{number}": "v" for number in range(17)}), "at most 16 pairs"),
        ):
            editor.load_text(text)
            await app.shows(problem)
            await app.pilot.press("f10")
            assert app.app.screen.query(TextArea)
        editor.load_text('{"topic": "b", "note": "ü"}')
        await app.pilot.pause()
        await app.pilot.press("f10")
        await app.until(
            lambda: client.conversations.retrieve(made.id).metadata == {"topic": "b", "note": "ü"}
        )


async def test_hostile_text_is_inert_everywhere(server: EmbeddedServer, home: Path) -> None:
    client = server.openai()
    made = client.conversations.create(metadata={"title": HOSTILE, "note": HOSTILE})
    client.conversations.items.create(
        made.id,
        items=[
            {"role": "user", "content": HOSTILE},
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": HOSTILE},
            {"type": "function_call_output", "call_id": "c1", "output": HOSTILE},
            {"role": "assistant", "content": HOSTILE},
        ],
    )
    async with opened(server, home, launch=Launch(target=made.id)) as app:
        app.app.transcript.focus()
        await app.pilot.press("o")
        for keys in (["k", "k", "r"], ["f4", "f4"], ["f2"], ["escape", "ctrl+o"], ["escape"]):
            await app.pilot.press(*keys)
            await app.pilot.pause(0.05)
            shown = app.screen()
            assert not any(
                (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c == "\u202e" for c in shown
            )
            assert "[bold]x[/]" in shown
        assert app.app.is_running


async def test_keys_can_be_remapped_and_unbound(server: EmbeddedServer, home: Path) -> None:
    settings = replace(LOCAL, keys={"toggle.store": "ctrl+g", "toggle.chaining": ""})
    async with opened(server, home, settings=settings) as app:
        await app.pilot.press("f5", "f6")
        await app.pilot.pause()
        view = app.app.controller.view(app.app.key)
        assert view.choices.store
        assert view.choices.chaining == "conversation"
        await app.pilot.press("ctrl+g")
        await app.until(lambda: not app.app.controller.view(app.app.key).choices.store)
        await app.pilot.press("f1")
        await app.until(lambda: "ctrl+g" in app.screen() or "Help" in app.screen())


async def test_enter_and_newline_can_be_swapped(server: EmbeddedServer, home: Path) -> None:
    settings = replace(LOCAL, composer=replace(LOCAL.composer, enter_sends=False))
    async with opened(server, home, settings=settings) as app:
        await app.type("echo one")
        await app.pilot.press("enter")
        assert app.app.composer.text == "echo one\n"
        await app.pilot.press("ctrl+j")
        await app.until(lambda: app.app.transcript.records)


async def test_a_backslash_before_enter_breaks_the_line(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.type("one\\")
        await app.pilot.press("enter", "t", "w", "o")
        assert app.app.composer.text == "one\ntwo"


async def test_a_large_paste_arrives_whole(server: EmbeddedServer, home: Path) -> None:
    text = "pace 0\n" + "".join(f"line {number} of many\n" for number in range(5000))
    async with opened(server, home) as app:
        await app.type(text + "end")
        assert app.app.composer.size.height < 25
        await app.pilot.press("enter")
        await app.until(lambda: app.app.view and app.app.view.turn and not app.app.view.running)
        assert app.app.transcript.records[0].item.text == text + "end"


def test_unknown_actions_in_the_configuration_are_named() -> None:
    with pytest.raises(ConfigError, match="nwe is not an action; did you mean"):
        keymap(replace(LOCAL, keys={"conversation.nwe": "f5"}))


@pytest.mark.parametrize(
    ("keys", "clash"),
    [
        ({"conversation.new": "enter"}, "takes enter from send"),
        ({"quit": "ctrl+p"}, r"takes ctrl\+p from palette"),
        ({"items.copy": "r"}, "takes r from items.raw"),
    ],
)
def test_keys_that_take_another_actions_key_are_refused(keys: dict[str, str], clash: str) -> None:
    with pytest.raises(ConfigError, match=clash):
        keymap(replace(LOCAL, keys=keys))


def test_two_actions_can_swap_their_keys() -> None:
    swapped = {"quit": "ctrl+p", "palette": "ctrl+q"}
    assert keymap(replace(LOCAL, keys=swapped)) == swapped


def test_no_two_actions_of_a_scope_share_a_key() -> None:
    seen: dict[tuple[str, str], str] = {}
    for action in ACTIONS:
        for key in filter(None, action.keys.split(",")):
            other = seen.setdefault((action.scope, key), action.id)
            assert other == action.id, f"{key}: {other} and {action.id}"


def test_no_action_depends_on_a_key_that_terminals_eat() -> None:
    eaten = {f"ctrl+{letter}" for letter in "imhszba"}
    for action in ACTIONS:
        keys = set(filter(None, action.keys.split(",")))
        assert not keys or keys - eaten, action.id


async def test_keys_that_arrive_together_take_effect_in_their_order(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        for key, character in (
            *(("t", "t"), ("e", "e"), ("h", "h")),
            *(("backspace", None), ("backspace", None), ("h", "h"), ("e", "e")),
            *(("left", None), ("X", "X"), ("home", None), ("a", "a")),
        ):
            app.app.post_message(events.Key(key, character))
        await app.until(lambda: len(app.app.composer.text) == 5)
        assert app.app.composer.text == "athXe"


async def test_what_stays_is_taken_out_of_the_collectors_sight(
    server: EmbeddedServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr("gc.freeze", lambda: told.append(True))
    async with opened(server, home) as app:
        await app.until(lambda: len(told) == 3, "first frame, first conversation, the client")
