"""What must hold whatever comes: the line the reader looks at stays where it is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from chat_tui.items import Record
from tests.tui.transcript.corpus import DOCUMENTS, LONG_CODE, message
from tests.tui.transcript.test_transcript import Bare, output

if TYPE_CHECKING:
    from chat_tui.tui.transcript.transcript import Transcript

# --- the reader's place ---------------------------------------------------------------------------


def records(chance: random.Random, count: int) -> list[Record]:
    texts = [*DOCUMENTS.values(), LONG_CODE, "short", "word " * 200]
    made = []
    for _ in range(count):
        text = chance.choice(texts)
        kind = chance.randrange(3)
        role = "user" if kind else "assistant"
        made.append(output(text) if kind == 2 else Record(message(role, text)))
    return made


def gap(app: Bare, index: int) -> int:
    """Return how many empty lines stand above the first line of an item."""
    return len(app.transcript._document.layout(index).head()) - 1


def cursor_row(app: Bare) -> int:
    """Return on which line of the screen the chosen item's first line stands, -1 for nowhere."""
    pane = app.transcript
    assert pane.cursor is not None
    row = pane._view.row_of(pane._document.index(pane.cursor))
    return -1 if row is None else row + gap(app, pane._document.index(pane.cursor))


async def change(app: Bare, chance: random.Random) -> str:
    """Let something happen that is none of the reader's business; return what."""
    pane: Transcript = app.transcript
    document = pane._document
    others = [n for n, record in enumerate(document.records) if record.ref != pane.cursor]
    what = chance.choice(["append", "prepend", "measure", "grow", "fold all", "drop", "update"])
    index = chance.choice(others)
    shown = {row.entry for row in pane._view.rows()}
    if what == "append":
        pane.append(records(chance, 1)[0])
    elif what == "prepend":
        pane.prepend(records(chance, chance.randrange(1, 30)), older=False)
    elif what == "measure":
        layout = document.layout(index)
        for part in range(layout.parts):
            layout.height(part)
        document.settle(index)
        pane._changed()
    elif what == "grow" and index not in shown:
        pane.stream(document.records[index].ref, "\n\nmore\n\n- and more " * chance.randrange(1, 9))
        pane._flush()
    elif what == "fold all":
        pane.action_toggle_all()
    elif what == "drop" and index not in shown and len(others) > 5:
        pane.drop(document.records[index].ref)
    elif what == "update" and index not in shown:
        ref = document.records[index].ref
        pane.update(Record(message("assistant", "other " * chance.randrange(1, 500)), ref=ref))
    else:
        return "nothing"
    return what


@pytest.mark.parametrize("seed", range(12))
async def test_the_line_under_the_cursor_never_moves(seed: int) -> None:
    chance = random.Random(seed)
    app = Bare()
    async with app.run_test(size=(chance.randrange(30, 120), 24)) as pilot:
        pane = app.transcript
        pane.show(records(chance, 40), older=False)
        await pilot.pause()
        for _ in range(8):
            pane.cursor = pane.records[chance.randrange(3, len(pane.records) - 3)].ref
            pane._choose(pane._document.index(pane.cursor))
            pane._view.move(-chance.randrange(1, 8))
            pane._moved()
            await pilot.pause()
            if cursor_row(app) < 0:
                continue
            for _ in range(6):
                before = cursor_row(app)
                what = await change(app, chance)
                assert cursor_row(app) == before, what


@pytest.mark.parametrize("seed", range(6))
async def test_the_item_at_the_top_stays_there_when_the_size_changes(seed: int) -> None:
    chance = random.Random(seed)
    app = Bare()
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.transcript
        pane.show(records(chance, 40), older=False)
        pane._view.move(-chance.randrange(100, 400))
        pane._moved()
        await pilot.pause()
        for _ in range(5):
            before = pane.records[pane._view.anchor.entry].ref, pane._view.anchor.part
            await pilot.resize_terminal(chance.randrange(20, 200), chance.randrange(8, 40))
            await pilot.pause()
            if pane._view.at_end:
                break
            after = pane.records[pane._view.anchor.entry].ref, pane._view.anchor.part
            assert after == before
