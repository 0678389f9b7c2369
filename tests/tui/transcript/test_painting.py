"""Only lines that look different are painted again, and none of those is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.geometry import Region

from chat_tui.items import Record
from chat_tui.tui.transcript.transcript import Transcript
from tests.tui.transcript.corpus import message
from tests.tui.transcript.test_transcript import Bare, said

TEXTS = {
    "prose": "many words that fill one line after the other, and then some more of them. ",
    "code": "for x in y:\n    print(x)  # done\n",
    "list": "- an item\n- another\n",
    "table": "| a | b | c |\n",
}


class Screen:
    """What the screen shows, if exactly the lines of the refreshed regions are drawn."""

    def __init__(self, pane: Transcript, patch: pytest.MonkeyPatch) -> None:
        self._pane = pane
        self._regions: list[Region] = []
        self.lines = self.wanted()
        self.painted = 0
        patch.setattr(pane, "refresh", self._refresh)

    def _refresh(self, *regions: Region) -> None:
        self._regions += regions or (self._pane.size.region,)

    def wanted(self) -> list[str]:
        """Return what the pane draws now."""
        return [self._pane.render_line(y).text for y in range(self._pane.size.height)]

    def paint(self) -> None:
        """Draw what was refreshed."""
        wanted = self.wanted()
        for y in {y for region in self._regions for y in region.line_range}:
            self.lines[y] = wanted[y]
            self.painted += 1
        self._regions.clear()


@pytest.mark.parametrize("shape", TEXTS)
async def test_a_growing_text_is_always_shown_as_it_is(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        pane = app.transcript
        pane.show(said("one", "two", "three"), older=False)
        answer = Record(message("assistant", ""))
        pane.append(answer)
        pane.set_streaming(answer.ref)
        await pilot.pause()
        screen = Screen(pane, monkeypatch)
        start = {"code": "```python\n", "table": "| one | two | three |\n|---|---|---|\n"}
        for delta in [start.get(shape, ""), *TEXTS[shape] * 6]:
            pane.stream(answer.ref, delta)
            pane._flush()
            screen.paint()
            assert screen.lines == screen.wanted()


async def test_one_more_word_paints_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        pane = app.transcript
        pane.show(said("one", "two", "three"), older=False)
        answer = Record(message("assistant", "A word"))
        pane.append(answer)
        await pilot.pause()
        screen = Screen(pane, monkeypatch)
        pane.stream(answer.ref, " and")
        pane._flush()
        screen.paint()
        assert screen.lines == screen.wanted()
        assert screen.painted == 1
        assert [line for line in screen.lines if "A word and" in line]


async def test_a_text_that_begins_with_empty_lines_is_not_drawn_again_at_its_end() -> None:
    app = Bare()
    async with app.run_test(size=(40, 12)) as pilot:
        pane = app.transcript
        answer = Record(message("assistant", ""))
        pane.show([answer], older=False)
        await pilot.pause()
        for delta in ("\n", "\n- one", "\n- two"):
            pane.stream(answer.ref, delta)
            pane._flush()
        drawn = pane._document.layout(0)
        assert drawn.text == "- one\n- two"
        pane.update(replace(answer, held=message("assistant", "\n\n- one\n- two")))
        assert pane._document.layout(0) is drawn
