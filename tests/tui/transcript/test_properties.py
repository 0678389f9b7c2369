"""What must hold whatever comes: the line the reader looks at stays where it is."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_tui.items import Record
from tests.tui.transcript.corpus import DOCUMENTS, LONG_CODE, message
from tests.tui.transcript.test_transcript import Bare, output

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

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


def title_row(app: Bare) -> int:
    """Return on which line of the screen the chosen item's title stands, -1 for nowhere."""
    pane = app.transcript
    assert pane.cursor is not None
    row = pane._view.title_row(pane._document.index(pane.cursor))
    return -1 if row is None else row


def measure(pane: Transcript, index: int) -> None:
    """Correct the height of an item."""
    layout = pane._document.layout(index)
    for part in range(layout.parts):
        layout.height(part)
    pane._document.settle(index)
    pane._changed()


def grow(pane: Transcript, ref: int, times: int) -> None:
    """Let an item be written on."""
    pane.stream(ref, "\n\nmore\n\n- and more " * times)
    pane._flush()


def fold(pane: Transcript, ref: int, *, folded: bool) -> None:
    """Fold or open an item."""
    pane._document.fold(ref, folded)
    pane._changed()


def raw(pane: Transcript, ref: int) -> None:
    """Show an item as JSON, or rendered again."""
    pane._document.toggle_raw(ref)
    pane._changed()


CHANGES: dict[str, Callable[[Transcript, int, random.Random], object]] = {
    "append": lambda pane, _, chance: pane.append(records(chance, 1)[0]),
    "prepend": lambda pane, _, chance: pane.prepend(
        records(chance, chance.randrange(1, 30)), older=False
    ),
    "measure": lambda pane, ref, _: measure(pane, pane._document.index(ref)),
    "grow": lambda pane, ref, chance: grow(pane, ref, chance.randrange(1, 9)),
    "fold all": lambda pane, _ref, _: pane.action_toggle_all(),
    "fold": lambda pane, ref, chance: fold(pane, ref, folded=bool(chance.randrange(2))),
    "raw": lambda pane, ref, _: raw(pane, ref),
    "drop": lambda pane, ref, _: pane.drop(ref),
    "update": lambda pane, ref, chance: pane.update(
        Record(message("assistant", "other " * chance.randrange(1, 500)), ref=ref)
    ),
    "replace": lambda pane, ref, chance: pane.replace(
        ref, output("an output\n" * chance.randrange(1, 9))
    ),
}
"""What may happen to an item that is not the chosen one, or around it."""
THEMES = ["textual-dark", "textual-light", "nord", "gruvbox"]


async def happen(app: Bare, pilot: Pilot[None], chance: random.Random) -> str:
    """Let something happen that is none of the reader's business; return what."""
    pane: Transcript = app.transcript
    what = chance.choice([*CHANGES, "width", "height", "both", "theme"])
    if what in CHANGES:
        others = [record.ref for record in pane.records if record.ref != pane.cursor]
        shown = {pane.records[row.entry].ref for row in pane._view.rows()} & {*others}
        ref = chance.choice(sorted(shown) if shown and chance.randrange(2) else others)
        CHANGES[what](pane, ref, chance)
        return what
    width, height = app.size
    if what == "theme":
        app.theme = chance.choice(THEMES)
    else:
        await pilot.resize_terminal(
            width if what == "height" else chance.randrange(20, 200),
            height if what == "width" else chance.randrange(8, 40),
        )
    await pilot.pause()
    return what


async def read_on(chance: random.Random) -> None:
    """Choose items here and there, and look where their titles are while things happen."""
    app = Bare()
    async with app.run_test(size=(chance.randrange(30, 120), chance.randrange(10, 30))) as pilot:
        pane = app.transcript
        pane.show(records(chance, 40), older=False)
        await pilot.pause()
        for _ in range(4):
            pane._choose(chance.randrange(3, len(pane.records) - 3))
            pane._view.move(-chance.randrange(1, 8))
            pane._moved()
            await pilot.pause()
            for _ in range(8):
                before = title_row(app)
                if before < 0 or pane._follow:
                    break
                what = await happen(app, pilot, chance)
                after, expected = title_row(app), min(before, pane._view.height - 1)
                if pane._view.at_end:
                    assert after >= expected, f"{what}: only what lacks below may push it down"
                elif pane._view.anchor == (0, 0, 0):
                    assert after <= expected, f"{what}: only what lacks above may pull it up"
                else:
                    assert after == expected, what
                assert app.lines()[after][0] == "▌", f"{what}: what is painted is the chosen item"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32))
def test_the_line_under_the_cursor_never_moves(seed: int) -> None:
    asyncio.run(read_on(random.Random(seed)))


@pytest.mark.parametrize("seed", range(6))
async def test_without_a_cursor_what_is_at_the_top_stays_there_in_any_size(seed: int) -> None:
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
