"""Reading a long conversation: finding over all of it, coming back, turns, links, copying."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from chat_tui.controller import Launch
from chat_tui.items import Record
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened


@pytest.fixture(scope="module")
def long_one(server: EmbeddedServer) -> str:
    """Return a conversation of 900 items; the word needle stands in three of them."""
    client = server.openai()
    made = client.conversations.create(metadata={"title": "Long"})
    items = []
    for number in range(900):
        text = f"turn {number}"
        if number in (40, 640, 880):
            text = f"turn {number}\n\nthe Needle in it: größe"
        if number == 300:
            text = f"turn {number}\n\n```py\nonly = 1\n```"
        role = "user" if number % 2 == 0 else "assistant"
        items.append({"role": role, "content": text})
    for start in range(0, 900, 20):
        client.conversations.items.create(made.id, items=items[start : start + 20])  # type: ignore[arg-type]
    return made.id


async def cached(app: Opened) -> None:
    """Bring the whole conversation into the cache, then show its newest window again."""
    while await app.app.older.load():
        pass
    key = app.app.key
    await app.pilot.press("ctrl+n")
    await app.until(lambda: app.app.key != key, "another conversation")
    await app.open(key)
    await app.until(lambda: len(app.app.transcript.records) == 200, "the newest window")
    await app.pilot.pause(0.2)
    assert app.app.controller.cached_whole(app.app.key)


async def open_find(app: Opened, query: str) -> None:
    await app.pilot.press("ctrl+f")
    await app.until(lambda: isinstance(app.app.focused, Input))
    await app.pilot.press(*query)


def chosen(app: Opened) -> str:
    ref = app.app.transcript.cursor
    return "" if ref is None else app.app.transcript.record(ref).item.text.partition("\n")[0]


@pytest.mark.parametrize("query", ["needle", "GRÖßE"])
async def test_find_goes_through_the_whole_conversation_and_back(
    server: EmbeddedServer, home: Path, long_one: str, query: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        await cached(app)
        await app.pilot.press("shift+tab", "k", "k", "k")
        before, screen = chosen(app), app.screen().splitlines()[1:20]
        await open_find(app, query)
        await app.shows("1 of 1 · 2 more further up")
        assert chosen(app) == "turn 880"
        await app.pilot.press("shift+enter")
        await app.shows("1 of 2 · 1 more further up")
        assert chosen(app) == "turn 640"
        await app.pilot.press("up")
        await app.shows("1 of 3")
        assert chosen(app) == "turn 40"
        await app.pilot.press("up")
        await app.shows("3 of 3")
        assert chosen(app) == "turn 880"
        await app.pilot.press("tab")
        assert app.app.focused is app.app.transcript
        await app.pilot.press("n")
        await app.shows("1 of 3")
        await app.pilot.press("N", "N")
        await app.shows("2 of 3")
        await app.pilot.press("ctrl+f", "escape")
        await app.until(lambda: app.app.focused is app.app.transcript)
        assert not app.app.panes.find_bar.display
        assert chosen(app) == before
        await app.pilot.pause()
        assert app.screen().splitlines()[1:20] == screen


async def test_after_the_last_match_comes_the_first_of_the_whole_conversation(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        await cached(app)
        await open_find(app, "needle")
        await app.shows("1 of 1 · 2 more further up")
        await app.pilot.press("enter")
        await app.shows("1 of 3")
        assert chosen(app) == "turn 40"
        await app.pilot.press("enter")
        await app.shows("2 of 3")
        assert chosen(app) == "turn 640"


async def test_find_says_none_and_what_it_did_not_see(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        await app.until(lambda: app.app.transcript.records)
        await open_find(app, "nothing like it")
        await app.shows("none · older items not here yet")
        await app.pilot.press("escape")
        await open_find(app, "the needle")
        await app.shows("1 of 1")
        await app.pilot.press("up")
        await app.shows("1 of 2")
        assert chosen(app) == "turn 640"


async def test_what_arrives_while_one_finds_is_counted(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("echo one fish")
        await open_find(app, "fish")
        await app.shows("of 2")
        app.app.composer.focus()
        await app.send("echo two fish, fish")
        await app.shows("of 6")


async def test_a_conversation_opens_where_it_was_left(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        await cached(app)
        key = app.app.key
        app.app.transcript.focus()
        while len(app.app.transcript.records) < 400:
            await app.pilot.press("g")
            await app.pilot.pause(0.05)
        await app.pilot.press("j", "j", "j", "j")
        await app.pilot.pause()
        before, screen = chosen(app), app.screen().splitlines()[1:30]
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != key)
        await app.open(key)
        await app.until(lambda: chosen(app) == before, "the cursor is back")
        await app.pilot.pause(0.1)
        middle = [line.split("│")[0] for line in screen]
        assert [line.split("│")[0] for line in app.screen().splitlines()[1:30]] == middle
        app.app.transcript.append(Record({"role": "user", "content": "news"}))
        await app.shows("new below")
        app.app.transcript.action_scroll_bottom()
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != key)
        await app.open(key)
        await app.until(lambda: app.app.key == key)
        await app.shows("turn 899")
        assert app.app.transcript.scroll_y == app.app.transcript.max_scroll_y


async def test_the_turns_are_listed_and_gone_to(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        await cached(app)
        await app.pilot.press("ctrl+l")
        await app.until(lambda: app.app.screen.query(OptionList))
        await app.shows("turn 898")
        app.app.screen.query_one(Input).value = "turn 890"
        await app.until(lambda: app.app.screen.query_one(OptionList).option_count == 1)
        await app.pilot.press("enter")
        await app.until(lambda: chosen(app) == "turn 890")
        await app.pilot.press("ctrl+l")
        await app.until(lambda: app.app.screen.query(OptionList))
        highlighted = app.app.screen.query_one(OptionList).highlighted_option
        assert highlighted is not None
        assert "turn 890" in str(highlighted.prompt)
        app.app.screen.query_one(Input).value = "44 turn"
        await app.until(lambda: app.app.screen.query_one(OptionList).option_count == 13)
        await app.pilot.press("enter")
        await app.until(lambda: chosen(app) == "turn 44")


async def test_one_key_goes_to_the_first_item_of_all(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        app.app.transcript.focus()
        await app.pilot.press("g")
        await app.until(lambda: chosen(app) == "turn 0")
        assert not app.app.older.any


async def test_jumps_load_what_is_further_up(
    server: EmbeddedServer, home: Path, long_one: str
) -> None:
    async with opened(server, home, launch=Launch(target=long_one)) as app:
        app.app.transcript.focus()
        await app.pilot.press("C")
        await app.until(lambda: chosen(app) == "turn 300")
        await app.pilot.press("Y")
        await app.shows("Sent the code block to the terminal")
        assert app.app.clipboard == "only = 1\n"
        await app.pilot.press("X")
        await app.shows("No error further up.")
        await app.pilot.press("t")
        await app.shows("No tool call further down.")
        assert not app.app.older.any


async def test_the_links_of_an_item_are_offered(
    server: EmbeddedServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(server, home) as app:
        went: list[str] = []
        monkeypatch.setattr(app.app, "open_url", went.append)
        await app.send("echo [one](http://a.b/1) and http://a.b/2")
        app.app.transcript.focus()
        await app.pilot.press("G", "l")
        await app.until(lambda: app.app.screen.query(OptionList))
        await app.pilot.press("down", "enter")
        await app.until(lambda: went == ["http://a.b/2"])
        await app.pilot.press("ctrl+p")
        await app.pilot.press(*"error before")
        await app.pilot.pause(0.3)
        await app.pilot.press("enter")
        await app.shows("No error further up.")


async def test_keys_act_on_an_item_in_view(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("echo first")
        await app.send("long 200")
        await app.pilot.press("shift+tab", "g")
        first = app.app.transcript.cursor
        assert first == app.app.transcript.records[0].ref
        await app.pilot.press("escape")
        await app.send("long 200")
        await app.pilot.press("shift+tab")
        assert app.app.transcript.cursor == app.app.transcript.records[-1].ref


async def test_typing_in_the_outline_highlights_the_first_match(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        for word in ("first", "second", "third", "fourth"):
            await app.send(f"echo {word}")
        await app.pilot.press("ctrl+l")
        await app.shows("Turns")
        await app.pilot.press("f", "enter")
        await app.until(lambda: len(app.app.screen_stack) == 1)
        assert app.app.transcript.cursor == app.app.transcript.records[0].ref
