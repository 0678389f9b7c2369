"""The widget: what the reader sees, and what stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App, ComposeResult

from chat_tui.items import Record
from chat_tui.tui.transcript import Transcript
from tests.tui.transcript.corpus import message

if TYPE_CHECKING:
    from textual.message import Message


class Bare(App[None]):
    """Nothing but a transcript; keeps the messages it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Transcript()

    def on_event_message(self, message: Message) -> None:
        self.got.append(message)

    on_item_highlighted = on_item_opened = on_older_wanted = on_event_message
    on_link_opened = on_copied = on_event_message

    @property
    def transcript(self) -> Transcript:
        return self.query_one(Transcript)

    def lines(self) -> list[str]:
        """Return what is on the screen, without the scrollbar and trailing spaces."""
        pane = self.transcript
        return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]


def said(*texts: str) -> list[Record]:
    roles = ("user", "assistant")
    return [Record(message(roles[n % 2], text)) for n, text in enumerate(texts)]


async def test_it_opens_at_the_end_and_shows_the_last_answer() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        app.transcript.show(said(*(f"text {n}" for n in range(1000))), older=False)
        await pilot.pause()
        assert app.lines()[-1] == "  text 999"
        assert app.lines()[-2].startswith("  assistant")


async def test_reading_further_up_is_not_disturbed_by_new_text() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        records = said(*(f"text {n}" for n in range(100)))
        app.transcript.show(records, older=False)
        app.transcript.action_page_up()
        await pilot.pause()
        before = app.lines()[:-1]
        app.transcript.append(said("new")[0])
        app.transcript.stream(records[-1].ref, "\n\nmore\n\nand more")
        await pilot.pause(0.2)
        assert app.lines()[:-1] == before
        assert "new below" in app.lines()[-1]


async def test_streamed_text_is_followed_and_ends_like_the_whole() -> None:
    app = Bare()
    text = "Some **bold** words\n\n- a\n- b\n\n```py\nx = 1\n```\nend"
    async with app.run_test(size=(60, 20)) as pilot:
        record = Record(message("assistant", ""))
        app.transcript.show([*said("hello"), record], older=False)
        for char in text:
            app.transcript.stream(record.ref, char)
        await pilot.pause(0.2)
        streamed = app.lines()
        raw: dict[str, Any] = message("assistant", text, status="completed")
        app.transcript.update(Record(raw, ref=record.ref))
        await pilot.pause()
        assert app.lines() == streamed
        assert "  end" in streamed
