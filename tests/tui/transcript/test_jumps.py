"""Jumping, code blocks and links: from one to the next, and copying what is meant."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_tui.items import Place, Record
from chat_tui.tui.transcript.blocks import Format
from chat_tui.tui.transcript.code import may_hold_code
from chat_tui.tui.transcript.jumps import Target, went_wrong
from chat_tui.tui.transcript.links import Link, links
from chat_tui.tui.transcript.messages import CopyWanted, JumpMissed, LinksWanted
from tests.tui.transcript.corpus import message
from tests.tui.transcript.test_transcript import Bare, of, said

CODE = "```make\nall:\n\techo " + "x" * 5000 + "\n```"


def call(name: str, **more: Any) -> Record:
    raw = {"type": "function_call", "call_id": name, "name": name, "arguments": "{}", **more}
    return Record(raw)


async def test_tool_calls_and_errors_are_gone_to_one_by_one() -> None:
    app = Bare()
    broken = Record(message("assistant", "half", status="incomplete"), Place.STOPPED)
    records = [*said("a", "b"), call("one"), *said("c"), call("two"), broken, *said("d", "e")]
    async with app.run_test(size=(60, 8)) as pilot:
        pane = app.transcript
        pane.show(records, older=False)
        await pilot.pause()
        visited = []
        for action in ("previous_call", "previous_call", "previous_call", "next_call", "next_call"):
            getattr(pane, f"action_{action}")()
            visited.append(next(n for n, r in enumerate(records) if r.ref == pane.cursor))
        assert visited == [4, 2, 2, 4, 4]
        pane.action_next_error()
        assert pane.cursor == broken.ref
        pane.action_next_error()
        await pilot.pause()
        missed = [(m.target, m.by) for m in of(app, JumpMissed)]
        assert missed == [(Target.CALL, -1), (Target.CALL, 1), (Target.ERROR, 1)]


@pytest.mark.parametrize(
    ("raw", "place", "wrong"),
    [
        (message("assistant", "fine"), Place.CONVERSATION, False),
        (message("assistant", "cut", status="incomplete"), Place.CONVERSATION, True),
        (message("assistant", "cut"), Place.STOPPED, True),
        ({"type": "mcp_call", "error": "no"}, Place.CONVERSATION, True),
        ({"type": "mcp_call", "error": None}, Place.CONVERSATION, False),
        ({"type": "web_search_call", "status": "failed"}, Place.CONVERSATION, True),
        (
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            Place.CONVERSATION,
            True,
        ),
        ({"role": "assistant", "content": 7}, Place.CONVERSATION, False),
    ],
)
def test_what_went_wrong(raw: dict[str, Any], place: Place, wrong: bool) -> None:
    assert went_wrong(Record(raw, place)) is wrong
    assert went_wrong(Record(json.dumps(raw), place)) is wrong


@pytest.mark.parametrize(
    ("raw", "may"),
    [
        (message("assistant", "Only words, and a \\ sign."), False),
        (message("assistant", "Before\n\n```python\nn = 1\n```"), True),
        (message("assistant", "Before\n\n~~~\nn = 1\n~~~"), True),
        (message("assistant", "Before\n\n\tn = 1"), True),
        (message("assistant", "Before\n\n    n = 1"), True),
        ({"type": "code_interpreter_call", "code": "n = 1"}, True),
    ],
)
def test_what_may_hold_code(raw: dict[str, Any], may: bool) -> None:
    assert may_hold_code(Record(raw)) is may
    assert may_hold_code(Record(json.dumps(raw))) is may


async def test_code_blocks_are_gone_to_and_copied_as_they_were_written() -> None:
    app = Bare()
    two = "see\n\n```py\none = 1\n```\n\nand\n\n    two = 2\n\nend"
    texts = [*("filler " * 60 for _ in range(6)), two, CODE, *("filler " * 60 for _ in range(6))]
    records = said(*texts)
    async with app.run_test(size=(60, 14)) as pilot:
        pane = app.transcript
        pane.show(records, older=False)
        await pilot.pause()
        for _ in range(3):
            pane.action_previous_code()
            await pilot.pause()
            pane.action_copy_code()
            assert any(line.startswith("█") for line in app.lines())
        pane.action_next_code()
        pane.action_copy_code()
        await pilot.pause()
        copied = [message.text for message in of(app, CopyWanted)]
        assert copied[0] == "all:\n\techo " + "x" * 5000 + "\n"
        # What a person typed is no Markdown: the indented line there is none.
        assert copied[1:] == ["one = 1\n", "one = 1\n", copied[0]]
        assert {m.by for m in of(app, JumpMissed)} == {-1}


async def test_the_code_block_in_view_is_copied_without_a_jump() -> None:
    app = Bare()
    records = said(
        "x", "first\n\n```\nold\n```", "y", "second\n\n```\nnew\n```\n\n```\nnewest\n```"
    )
    async with app.run_test(size=(60, 40)) as pilot:
        pane = app.transcript
        pane.show(records, older=False)
        await pilot.pause()
        pane.action_copy_code()
        pane.cursor = records[1].ref
        pane.action_copy_code()
        pane.cursor = records[0].ref
        pane.action_copy_code()
        await pilot.pause()
        assert [m.text for m in of(app, CopyWanted)] == ["newest\n", "old\n", "newest\n"]
        assert {m.what for m in of(app, CopyWanted)} == {"the code block"}
        pane.show(said("none", "here"), older=False)
        pane.action_copy_code()
        await pilot.pause()
        assert [m.by for m in of(app, JumpMissed)] == [0]


async def test_long_code_is_copied_whole() -> None:
    app = Bare()
    code = "".join(f"def f{n}():\n    return {n}\n\n\n" for n in range(60)).rstrip("\n") + "\n"
    async with app.run_test(size=(60, 14)) as pilot:
        app.transcript.show(said("x", f"- in a list\n\n```py\n{code}```"), older=False)
        await pilot.pause()
        app.transcript.action_copy_code()
        await pilot.pause()
        assert [m.text for m in of(app, CopyWanted)] == [code]


def test_links_are_listed_once_each_with_their_words() -> None:
    text = (
        "[the **site**](http://a.b) and <http://c.d>, http://a.b again\n\n"
        "|x|y|\n|-|-|\n|[t](https://e.f)|z|\n\n```\nhttp://g.h\n```\n[no](javascript:x)"
    )
    assert links(text, Format.MARKDOWN) == [
        Link("http://a.b", "the site"),
        Link("http://c.d"),
        Link("https://e.f", "t"),
        Link("http://g.h"),
    ]
    assert links("[x](http://y.z)", Format.TYPED) == [Link("http://y.z")]


async def test_a_key_asks_for_the_links_of_the_item() -> None:
    app = Bare()
    async with app.run_test(size=(60, 14)) as pilot:
        app.transcript.show(said("x", "http://a.b and http://c.d", "none"), older=False)
        app.transcript.focus()
        await pilot.press("l", "k", "l", "k", "l")
        assert [[link.url for link in m.links] for m in of(app, LinksWanted)] == [
            [],
            ["http://a.b", "http://c.d"],
        ]
