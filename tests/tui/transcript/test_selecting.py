"""Selecting lines with keys: begun at the cursor, extended by moving, copied, left."""

from __future__ import annotations

import pytest

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
        assert copied(app) == ["one\n\n- two"]
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


SOURCES = (
    "# One\n\ntext\n\n### Three",
    "- one\n- two\n  - three\n    - four\n- five",
    "3. three\n4. four\n   1. one",
    "- [ ] open\n- [x] done",
    "> a quote\n> - one\n>\n> > inner",
    "text\n\n```python\nfor x in y:\n    print(x)\n```\n\nmore",
    "text\n\n````\n```\nfence\n```\n````",
    "| a | b |\n| :--- | ---: |\n| `x \\| y` | 2 |\n| **c** | 3 |",
    "text\n\n---\n\n$$\nx^2\n$$",
    "text[^1]\n\n[^1]: a note\n\n[1]: https://example.org",
    "text\n\n```python\n" + "\n".join(f"x{n} = {n}" for n in range(120)) + "\n```",
)


@pytest.mark.parametrize("source", SOURCES)
async def test_what_is_selected_whole_is_copied_as_markdown(source: str) -> None:
    app = Bare()
    async with app.run_test(size=(60, 12)) as pilot:
        pane = app.transcript
        pane.show(said("hello", source), older=False)
        pane.focus()
        pane.cursor = pane.records[-1].ref
        pane.action_cursor_last()
        await pilot.press("g", "j", "v", *["pagedown"] * 16, "y")
        await pilot.pause()
        assert copied(app) == [source]


async def test_code_alone_is_copied_without_fences_and_half_a_list_with_markers() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        pane = app.transcript
        pane.show(said("hello", "```sh\nls\n```"), older=False)
        pane.focus()
        await pilot.press("G", "v", "pagedown", "y")
        await pilot.pause()
        pane.show(said("hello", f"- one\n- two {'words ' * 20}"), older=False)
        await pilot.press("G", "k", "j", "v", "j", "y")
        await pilot.pause()
        code, half = copied(app)
        assert code == "ls"
        assert half.splitlines()[0] == "- one"
        assert half.splitlines()[1].lstrip().startswith("- two words")
