"""The list at any number of conversations, its filter and orders, and rest when idle."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from chat_tui.controller import Summary
from chat_tui.library import Library
from chat_tui.tui.conversations.row import mark
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened
from tests.tui.test_turns import start


async def fill(home: Path, count: int) -> None:
    """Put many conversations into the library, the first one the latest."""
    home.mkdir(parents=True, exist_ok=True)
    library = Library(home / "library.db")
    library.open()
    now = time.time()
    rows = [
        (f"conv_{n:05}", f"Row {n} {'odd' if n % 2 else 'even'}", now - n * 60, now - n * 60)
        for n in range(count)
    ]
    await library._db.write(
        lambda db: db.executemany(
            "INSERT INTO conversations (profile, conversation_id, title, created_at, updated_at) "
            "VALUES ('local', ?, ?, ?, ?)",
            rows,
        )
    )
    await library.close()


async def listed(app: Opened, count: int) -> None:
    await app.until(lambda: app.app.list_pane.list.total == count, f"{count} rows")


def top(app: Opened) -> str:
    """Return the title in the first line of the list."""
    rows = app.app.list_pane.list
    found = rows._at(rows.scroll_offset.y)
    return found.title if found else ""


async def test_of_many_only_a_window_is_held_and_the_end_is_a_key_away(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 5000)
    async with opened(server, home) as app:
        await listed(app, 5000)
        rows = app.app.list_pane.list
        assert len(rows.rows) <= 300
        assert rows.max_scroll_y == 5000 - rows.size.height
        rows.focus()
        await app.pilot.press("G")
        await app.until(lambda: rows.chosen and rows.chosen.title == "Row 4999 odd")
        await app.shows("Row 4999 odd")
        assert len(rows.rows) <= 300
        await app.pilot.press("pageup", "g")
        await app.until(lambda: rows.chosen and rows.chosen.title == "Row 0 even")


async def test_cursor_and_view_stay_on_their_conversation_when_the_order_changes(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 1000)
    async with opened(server, home) as app:
        await listed(app, 1000)
        rows = app.app.list_pane.list
        rows.focus()
        rows.cursor = 500
        await app.until(lambda: rows.chosen)
        title, line = rows.chosen.title if rows.chosen else "", rows.cursor - rows.scroll_offset.y
        index = app.controller._library.index
        (late,) = await index.find("local", "conv_00900")
        await index.change(late.key, touch=True)
        rows.refresh_rows()
        await app.until(lambda: rows.cursor == 501, "the row moved down")
        assert rows.chosen
        assert (rows.chosen.title, rows.cursor - rows.scroll_offset.y) == (title, line)
        shown = top(app)
        rows.scroll_to(y=100, animate=False, immediate=True)
        await app.until(lambda: top(app) not in ("", shown))
        shown = top(app)
        (later,) = await index.find("local", "conv_00950")
        await index.change(later.key, touch=True)
        rows.refresh_rows()
        await app.until(lambda: rows.scroll_offset.y == 101)
        assert top(app) == shown


async def test_the_filter_ranks_marks_letters_and_gives_the_list_back(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 1000)
    async with opened(server, home) as app:
        await listed(app, 1000)
        rows = app.app.list_pane.list
        rows.focus()
        rows.cursor = 40
        await app.pilot.press("slash")
        await app.until(lambda: app.app.list_pane.query(Input), "the filter")
        await app.pilot.press(*"r77o")
        await app.until(lambda: rows.total == 23 and rows.chosen, "what is found")
        assert rows.chosen is not None
        assert rows.chosen.title == "Row 77 odd"
        assert rows.chosen.matched == (0, 4, 5, 7)
        await app.shows("23 found")
        await app.pilot.press("down", "down", "up")
        assert rows.cursor == 1
        chosen = rows.chosen
        assert chosen is not None
        await app.pilot.press("escape")
        await listed(app, 1000)
        await app.until(lambda: rows.chosen == replace(chosen, matched=()))


async def test_a_late_answer_to_an_older_query_is_passed_over(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 100)
    async with opened(server, home) as app:
        await listed(app, 100)
        rows = app.app.list_pane.list
        from chat_tui.controller import Wanted  # noqa: PLC0415 - as the app does

        old = await app.controller.listing(Wanted(0, 10, "even"))
        rows.find("odd")
        await app.until(lambda: rows.total == 50)
        rows.take(old)
        assert all("odd" in row.title for row in rows.rows)


async def test_the_order_changes_by_a_key_and_is_remembered(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 12)
    async with opened(server, home, size=(160, 40)) as app:
        await listed(app, 12)
        await app.shows("12 conversations")
        app.app.list_pane.list.focus()
        await app.pilot.press("s", "s")
        await app.shows("by title")
        await app.until(lambda: app.app.list_pane.list.rows[2].title == "Row 10 even")
    async with opened(server, home, size=(160, 40)) as app:
        await app.shows("by title")


async def test_one_conversation_is_not_called_several(server: EmbeddedServer, home: Path) -> None:
    await fill(home, 1)
    async with opened(server, home, size=(160, 40)) as app:
        await listed(app, 1)
        await app.shows("1 conversation ")


async def test_the_queue_is_seen_edited_removed_and_sent_on(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await start(app, "pace 40\nlong 4000")
        for word in ("one", "two", "three"):
            await app.type(f"echo {word}")
            await app.pilot.press("enter")
        await app.shows("3 queued, sent when the answer has come")
        await app.pilot.press("ctrl+t")
        await app.until(lambda: app.app.composer.text == "echo three")
        app.app.panes.queue.focus()
        await app.pilot.press("down", "d")
        await app.until(lambda: len(app.app.panes.queue._queued) == 1)
        await app.pilot.press("escape")
        await app.shows("1 queued, waiting")
        await app.shows("ctrl+r sends on")
        assert app.app.composer.text == "echo three"
        await app.pilot.press("ctrl+r")
        await app.until(lambda: app.app.transcript.records[-1].item.text == "one", "the answer")
        await app.until(lambda: app.app.view and not app.app.view.running)
        assert not app.app.panes.queue.display
        assert app.app.composer.text == "echo three"


async def test_an_idle_program_paints_nothing_and_holds_no_timer_but_one_for_ages(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 50)
    async with opened(server, home) as app:
        await listed(app, 50)
        await app.send("echo hello")
        await app.until(lambda: not app.controller._tasks)
        await asyncio.sleep(1.0)
        painted: list[object] = []
        show = app.app._display

        def display(screen: Screen[Any], what: RenderableType | None) -> None:
            painted.append(what)
            show(screen, what)

        app.app._display = display  # type: ignore[method-assign, assignment]
        await asyncio.sleep(2.5)
        assert painted == []
        nodes: list[MessagePump] = [app.app, *app.app.screen.walk_children(with_self=True)]
        timers = [timer for node in nodes for timer in node._timers]
        running = [timer for timer in timers if bool(timer._active.is_set())]
        rows = app.app.list_pane.list
        assert rows._ages.waiting
        assert running == [rows._ages._timer]
        app.app.app_focus = False
        await app.until(lambda: not rows._ages.waiting, "rest")
        app.app.app_focus = True
        await app.until(lambda: rows._ages.waiting, "ages again")


async def test_only_rows_whose_age_reads_differently_are_painted_again(
    server: EmbeddedServer, home: Path
) -> None:
    await fill(home, 10)
    async with opened(server, home) as app:
        await listed(app, 10)
        rows = app.app.list_pane.list
        await app.until(lambda: len(rows._drawn_ages) >= 10)
        rows._drawn_ages[3] = "old"
        drawn: list[int] = []
        render = rows.render_line

        def render_line(y: int) -> Strip:
            drawn.append(y)
            return render(y)

        rows.render_line = render_line  # type: ignore[method-assign]
        rows._repaint_ages()
        await app.pilot.pause()
        assert drawn == [3]


def test_each_state_has_a_shape_of_its_own() -> None:
    quiet = Summary(
        key=1,
        title="a",
        conversation_id="conv_1",
        response_id="",
        updated_at=0,
        created_at=0,
        stored=True,
        running=False,
        pending=False,
        unread=False,
        failed=False,
        queued=False,
    )
    states = [
        (replace(quiet, running=True), "●"),
        (replace(quiet, pending=True), "!"),
        (replace(quiet, queued=True), "!"),
        (replace(quiet, failed=True), "✗"),
        (replace(quiet, unread=True), "◆"),
    ]
    for row, sign in states:
        assert mark(row, current=True)[0] == sign
    assert mark(quiet, current=True)[0] == "▸"
    assert mark(quiet, current=False)[0] == " "
