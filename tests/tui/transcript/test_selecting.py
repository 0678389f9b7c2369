"""Selecting lines with keys: begun at the cursor, extended by moving, copied, left."""

from __future__ import annotations

from chat_tui.tui.transcript.messages import CopyWanted
from tests.tui.transcript.test_transcript import Bare, said


def copied(app: Bare) -> list[str]:
    return [message.text for message in app.got if isinstance(message, CopyWanted)]


async def test_lines_are_selected_from_the_cursor_on_and_copied() -> None:
    app = Bare()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.transcript
        pane.show(said("hello", "one\n\n- two\n- three\n\n`four`"), older=False)
        pane.focus()
        await pilot.pause()
        await pilot.press("G", "v", "j", "j")
        await pilot.pause()
        assert pane.selecting
        await pilot.press("j", "k", "y")
        await pilot.pause()
        assert copied(app) == ["one\n\ntwo"]
        assert not pane.selecting
        assert pane.cursor == pane.records[-1].ref
        await pilot.press("k")
        assert pane.cursor == pane.records[0].ref


async def test_a_selection_goes_on_beyond_the_window_and_up_again() -> None:
    app = Bare()
    async with app.run_test(size=(60, 8)) as pilot:
        pane = app.transcript
        pane.show(said(*(f"text {n}" for n in range(40))), older=False)
        pane.focus()
        pane._choose(20)
        await pilot.pause()
        await pilot.press("v", *["j"] * 12, "y")
        await pilot.pause()
        taken = copied(app)[-1].split("\n")
        assert taken[0] == "text 20"
        assert taken[-1] == "text 24"
        pane._choose(20)
        await pilot.press("v", *["k"] * 6, "y")
        await pilot.pause()
        assert copied(app)[-1].split("\n")[0] == "text 18"
        assert copied(app)[-1].split("\n")[-1] == "text 20"
        await pilot.press("v", *["pagedown"] * 60)
        assert pane.selecting
        await pilot.press("y")
        await pilot.pause()
        assert copied(app)[-1].endswith("text 39")


async def test_escape_and_the_same_key_end_it() -> None:
    app = Bare()
    async with app.run_test(size=(60, 8)) as pilot:
        pane = app.transcript
        pane.show(said("one", "two"), older=False)
        pane.focus()
        await pilot.press("G", "v", "escape")
        assert not pane.selecting
        await pilot.press("v", "v")
        assert not pane.selecting
        assert app.screen.selections == {}
