"""The widget: what the reader sees, and what stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rich.style import Style
from textual.app import App, ComposeResult

from chat_tui.items import Place, Record
from chat_tui.tui.theme import variables
from chat_tui.tui.transcript.messages import (
    CopyWanted,
    ItemHighlighted,
    LinkOpened,
    OlderWanted,
)
from chat_tui.tui.transcript.transcript import Transcript
from tests.tui.transcript.corpus import DOCUMENTS, LONG_CODE, message

if TYPE_CHECKING:
    from textual.message import Message
    from textual.strip import Strip


class Bare(App[None]):
    """Nothing but a transcript; keeps the messages it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(self.current_theme)

    def compose(self) -> ComposeResult:
        yield Transcript()

    def on_event_message(self, message: Message) -> None:
        self.got.append(message)

    on_item_highlighted = on_item_opened = on_older_wanted = on_event_message
    on_link_opened = on_copy_wanted = on_jump_missed = on_event_message
    on_links_wanted = on_event_message

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


async def test_it_may_be_filled_before_it_has_a_size() -> None:
    class Early(Bare):
        def compose(self) -> ComposeResult:
            pane = Transcript()
            pane.show(said("one", "two"), older=False)
            pane.append(said("three")[0])
            yield pane

        async def on_mount(self) -> None:
            first = self.transcript.records[0]
            self.transcript.update(Record(message("user", "uno"), ref=first.ref))
            self.transcript.action_cursor_last()
            self.transcript.action_toggle_raw()
            self.transcript.action_toggle_raw()
            self.transcript.find("two")
            await self.transcript.searched()
            assert self.transcript.find_next() is not None

    app = Early()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        text = " ".join(app.lines())
        assert "uno" in text
        assert "▌ two" in text
        assert "three" in text


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


async def test_reloading_keeps_the_line_that_is_read_and_the_cursor() -> None:
    app = Bare()
    records = said(*(f"number {n}\n\nsecond line" for n in range(40)))
    async with app.run_test(size=(60, 10)) as pilot:
        app.transcript.show(records, older=False)
        await pilot.pause()
        for _ in range(6):
            app.transcript.action_page_up()
        app.transcript.cursor = records[20].ref
        await pilot.pause()
        before = app.lines()
        app.got.clear()
        app.transcript.reload([*said("new before"), *records[5:], *said("after")], older=False)
        await pilot.pause()
        assert app.lines() == before
        assert app.transcript.cursor == records[20].ref
        assert not [m for m in app.got if isinstance(m, ItemHighlighted)]
        app.transcript.reload(records[30:], older=False)
        await pilot.pause()
        assert app.transcript.cursor is None


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


def output(text: str) -> Record:
    return Record({"type": "function_call_output", "call_id": "c", "output": text})


def of(app: Bare, kind: type[Any]) -> list[Any]:
    return [message for message in app.got if isinstance(message, kind)]


async def test_older_items_are_wanted_once_and_do_not_move_what_is_read() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        app.transcript.show(said(*(f"text {n}" for n in range(40))), older=True)
        await pilot.pause()
        assert of(app, OlderWanted) == []
        for _ in range(10):
            app.transcript.action_page_up()
        app.transcript.action_page_down()
        await pilot.pause()
        assert len(of(app, OlderWanted)) == 1
        before = app.lines()
        app.transcript.prepend(said(*(f"older {n}" for n in range(40))), older=False)
        await pilot.pause()
        assert app.lines() == before
        app.transcript.action_scroll_top()
        await pilot.pause()
        assert "  older 0" in " ".join(app.lines()).replace("▎", " ")
        assert len(of(app, OlderWanted)) == 1


async def test_the_cursor_goes_item_by_item_and_turn_by_turn() -> None:
    app = Bare()
    async with app.run_test(size=(60, 12)) as pilot:
        records = said(*(f"text {n}" for n in range(20)))
        app.transcript.show(records, older=False)
        pane = app.transcript
        visited = []
        for action in ("up", "up", "down", "first", "down", "last"):
            getattr(pane, f"action_cursor_{action}")()
            visited.append(next(n for n, r in enumerate(records) if r.ref == pane.cursor))
        assert visited == [19, 18, 19, 0, 1, 19]
        pane.action_previous_turn()
        assert pane.cursor == records[18].ref
        pane.action_previous_turn()
        assert pane.cursor == records[16].ref
        pane.action_next_turn()
        assert pane.cursor == records[18].ref
        await pilot.pause()
        assert any(line.startswith("▌") and line.endswith("text 18") for line in app.lines())
        assert of(app, ItemHighlighted)[-1].record is records[18]


async def test_the_chosen_item_is_always_in_view() -> None:
    app = Bare()
    async with app.run_test(size=(40, 8)) as pilot:
        app.transcript.show(said(*[*DOCUMENTS.values()][:8], "end"), older=False)
        for action in ["first", *["down"] * 8, *["up"] * 8, "last", "first"]:
            getattr(app.transcript, f"action_cursor_{action}")()
            await pilot.pause()
            assert any(line.startswith("▌") for line in app.lines()), action


async def test_folding_keeps_the_line_of_the_cursor() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        long = output("\n".join(f"row {n}" for n in range(50)))
        records = [*said("a", "b", "c"), long, *said("d", "e")]
        app.transcript.show(records, older=False, at_end=False)
        app.transcript.cursor = long.ref
        await pilot.pause()
        folded = app.lines()
        row = next(n for n, line in enumerate(folded) if "▸ └ output" in line)
        app.transcript.action_toggle_open()
        await pilot.pause()
        assert "▾ └ output" in app.lines()[row]
        assert app.lines()[row + 1].endswith("row 0")
        app.transcript.action_toggle_open()
        await pilot.pause()
        assert app.lines() == folded
        app.transcript.action_toggle_all()
        await pilot.pause()
        assert "▾ └ output" in app.lines()[row]
        app.transcript.action_toggle_all()
        await pilot.pause()
        assert app.lines() == folded


async def test_an_item_is_shown_raw_and_rendered_again() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        (record,) = said("# hello")
        app.transcript.show([record], older=False)
        app.transcript.action_cursor_first()
        await pilot.pause()
        rendered = app.lines()
        app.transcript.action_toggle_raw()
        await pilot.pause()
        assert any('"role": "user"' in line for line in app.lines())
        app.transcript.action_toggle_raw()
        await pilot.pause()
        assert app.lines() == rendered


async def test_copying_gives_the_text_as_it_was_written() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show(said("x", "**bold** and `code`"), older=False)
        app.transcript.action_copy_item()
        assert of(app, CopyWanted) == []
        app.transcript.action_cursor_last()
        app.transcript.action_copy_item()
        await pilot.pause()
        (copied,) = of(app, CopyWanted)
        assert (copied.text, copied.what) == ("**bold** and `code`", "the answer")


async def test_a_click_chooses_folds_and_opens_links() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        records = [*said("hello", "see [this](https://a.b/c)"), output("one\ntwo")]
        app.transcript.show(records, older=False)
        await pilot.pause()
        lines = app.lines()
        at = next(n for n, line in enumerate(lines) if "this" in line)
        await pilot.click(Transcript, offset=(lines[at].index("this") + 1, at))
        assert app.transcript.cursor == records[1].ref
        assert [message.url for message in of(app, LinkOpened)] == ["https://a.b/c"]
        at = next(n for n, line in enumerate(lines) if "output" in line)
        await pilot.click(Transcript, offset=(4, at))
        await pilot.pause()
        assert app.transcript.cursor == records[2].ref
        assert "▸ └ output" in app.lines()[at]


async def test_the_wheel_and_the_scrollbar_move_the_window() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        app.transcript.show(said(*(f"text {n}" for n in range(200))), older=False)
        await pilot.pause()
        pane = app.transcript
        await pilot._post_mouse_events([_wheel()], pane)
        await pilot.pause()
        assert app.lines()[-1] != "  text 199"
        pane.scroll_to(y=0, animate=False)
        await pilot.pause()
        assert "▎ text 0" in app.lines()
        pane.scroll_to(y=pane.max_scroll_y, animate=False)
        await pilot.pause()
        assert app.lines()[-1] == "  text 199"
        pane.scroll_to(y=300, animate=False)
        await pilot.pause()
        assert abs(pane.scroll_y - 300) < 10


def grounds(strip: Strip) -> int:
    """Return how many backgrounds a line has."""
    return len({str(segment.style.bgcolor) for segment in strip if segment.style})


def _wheel() -> Any:
    from textual.events import MouseScrollUp  # noqa: PLC0415 - used here only

    return MouseScrollUp


async def test_a_resize_keeps_the_end_or_the_line_that_is_read() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        app.transcript.show(said(*(f"text {n} " + "word " * 40 for n in range(50))), older=False)
        await pilot.pause()
        await pilot.resize_terminal(90, 14)
        await pilot.pause()
        assert app.transcript.scroll_y == app.transcript.max_scroll_y
        for _ in range(3):
            app.transcript.action_page_up()
        await pilot.pause()
        first = next(line for line in app.lines() if "text" in line)
        await pilot.resize_terminal(44, 14)
        await pilot.pause()
        assert any(line[:9] == first[:9] for line in app.lines())


@pytest.mark.parametrize("theme", ["textual-light", "nord", "ansi-dark"])
async def test_a_theme_changes_colours_and_nothing_else(theme: str) -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show(
            said("hello", "**bold** [x](http://a.b)\n\n```py\nx = 1\n```"), older=False
        )
        await pilot.pause()
        before = [app.transcript.render_line(y) for y in range(20)]
        app.theme = theme
        await pilot.pause()
        after = [app.transcript.render_line(y) for y in range(20)]
        assert [strip.text for strip in after] == [strip.text for strip in before]
        styles = [[segment.style for segment in strip] for strip in after]
        assert styles != [[segment.style for segment in strip] for strip in before]


async def test_a_record_is_replaced_where_it_stands() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        first, second = said("one", "two")
        app.transcript.show([first, second], older=False)
        app.transcript.cursor = first.ref
        settled = Record(message("user", "one, settled"))
        app.transcript.replace(first.ref, settled)
        await pilot.pause()
        assert app.transcript.cursor == settled.ref
        assert app.transcript.records == [settled, second]
        assert app.transcript.record(settled.ref) is settled
        assert "▌ one, settled" in app.lines()
        with pytest.raises(KeyError):
            app.transcript.record(first.ref)
        app.transcript.drop(settled.ref)
        await pilot.pause()
        assert app.transcript.cursor == second.ref
        assert "▌ two" in app.lines()


async def test_steps_close_ranks_when_the_message_between_them_goes() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        records = [output("one"), *said("between"), output("two")]
        app.transcript.show(records, older=False)
        await pilot.pause()
        assert sum(not line for line in app.lines()[:8]) == 3
        app.transcript.drop(records[1].ref)
        await pilot.pause()
        shown = [line.strip() for line in app.lines()[:5]]
        assert (shown[0], shown[2], shown[4]) == ("", "one", "two")


async def test_nothing_is_painted_when_an_update_changes_nothing() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        (record,) = said("one")
        app.transcript.show([record], older=False)
        await pilot.pause()
        painted: list[object] = []
        app.transcript.refresh = lambda *regions, **_: painted.append(regions)  # type: ignore[method-assign,assignment]
        app.transcript.update(Record(dict(record.raw), ref=record.ref))
        assert painted == []
        app.transcript.update(Record(record.raw, Place.PRIVATE, ref=record.ref))
        assert painted != []


async def test_a_call_is_ticked_when_its_output_arrives() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        call = {"type": "function_call", "call_id": "c", "name": "find", "arguments": "{}"}
        app.transcript.show([Record(call)], older=False)
        await pilot.pause()
        assert not any("✓" in line for line in app.lines())
        app.transcript.append(output("done"))
        await pilot.pause()
        assert any("find()" in line and "✓" in line for line in app.lines())


async def test_reasoning_is_open_while_it_is_written_and_folds_when_done() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        record = Record({"type": "reasoning", "summary": []})
        app.transcript.show([record], older=False)
        app.transcript.set_streaming(record.ref)
        app.transcript.stream(record.ref, "First I think")
        await pilot.pause(0.1)
        assert "    First I think" in app.lines()
        assert "writing" in " ".join(app.lines())
        summary = [{"type": "summary_text", "text": "First I think"}]
        app.transcript.set_streaming(None)
        app.transcript.update(Record({"type": "reasoning", "summary": summary}, ref=record.ref))
        await pilot.pause()
        assert "  ▸ reasoning · First I think" in app.lines()


async def test_tokens_are_painted_a_few_times_a_second_and_idle_is_free() -> None:
    app = Bare()
    async with app.run_test(size=(60, 20)) as pilot:
        (record,) = said("")
        app.transcript.show([record], older=False)
        await pilot.pause()
        painted = 0
        refresh = app.transcript.refresh

        def counted(*regions: Any, **options: Any) -> Any:
            nonlocal painted
            painted += 1
            return refresh(*regions, **options)

        app.transcript.refresh = counted  # type: ignore[method-assign]
        for _ in range(1000):
            app.transcript.stream(record.ref, "token ")
        assert painted <= 2
        await pilot.pause(0.3)
        assert painted <= 8
        assert app.transcript._timer is None
        assert sum(line.count("token") for line in app.lines()) > 50


async def test_find_counts_marks_and_goes_round() -> None:
    app = Bare()
    async with app.run_test(size=(60, 10)) as pilot:
        texts = [f"text {n}" for n in range(100)]
        texts[10] = "a Needle and a needle"
        texts[90] = "the **needle** again"
        records = said(*texts)
        records.insert(50, output("\n".join([*map(str, range(30)), "NEEDLE"])))
        app.transcript.show(records, older=False)
        app.transcript.find("needle")
        await app.transcript.searched()
        assert app.transcript.found == (0, 4)
        for index in (10, 10, 50, 91, 10):
            match = app.transcript.find_next()
            await pilot.pause()
            assert match is not None
            assert match.ref == records[index].ref == app.transcript.cursor
            assert any("needle" in line.casefold() for line in app.lines())
        previous = app.transcript.find_previous()
        assert previous is not None
        assert previous.ref == records[91].ref
        assert app.transcript.found == (4, 4)
        row = next(n for n, line in enumerate(app.lines()) if "needle" in line)
        strip = app.transcript.render_line(row)
        assert [segment.text for segment in strip if "needle" in segment.text] == ["needle"]
        assert grounds(strip) == 2
        app.transcript.find("")
        assert app.transcript.find_next() is None


async def test_the_mouse_selects_source_text() -> None:
    app = Bare()
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.show(said("hello", "a **bold** word\n\n- one\n- two"), older=False)
        await pilot.pause()
        lines = app.lines()
        first = next(n for n, line in enumerate(lines) if "bold" in line)
        last = next(n for n, line in enumerate(lines) if "two" in line)
        await pilot.hover(Transcript, offset=(2, first))
        await pilot.mouse_down(Transcript, offset=(2, first))
        await pilot.hover(Transcript, offset=(7, last))
        await pilot.pause()
        marked = [y for y in range(20) if grounds(app.transcript.render_line(y)) > 1]
        assert marked == [*range(first, last + 1)]
        await pilot.mouse_up(Transcript, offset=(7, last))
        text = app.screen.get_selected_text()
        assert text is not None
        assert text.splitlines()[0] == "a **bold** word"
        assert "one" in text
        assert "hello" not in text
        assert app.transcript.cursor is None
        app.transcript.action_copy_item()
        await pilot.pause()
        assert [(copied.text, copied.what) for copied in of(app, CopyWanted)] == [
            (text, "the selection")
        ]


async def test_a_double_click_selects_the_item() -> None:
    app = Bare()
    async with app.run_test(size=(40, 20)) as pilot:
        app.transcript.show(said("hello", "a **bold** word\n\n- one"), older=False)
        await pilot.pause()
        row = next(n for n, line in enumerate(app.lines()) if "bold" in line)
        await pilot.double_click(Transcript, offset=(5, row))
        await pilot.pause()
        assert app.screen.get_selected_text() == "a **bold** word\n\n- one"


async def test_an_empty_conversation_says_what_to_do() -> None:
    app = Bare()
    async with app.run_test(size=(40, 9)) as pilot:
        app.transcript.placeholder = "Ask something.\n[bold]f1[/] helps"
        app.transcript.show([], older=False)
        await pilot.pause()
        shown = [line.strip() for line in app.lines() if line]
        assert shown == ["Ask something.", "[bold]f1[/] helps"]
        for action in ACTIONS.split():
            getattr(app.transcript, f"action_{action}")()
        assert of(app, ItemHighlighted) == []


ACTIONS = """cursor_up cursor_down cursor_first cursor_last toggle_open toggle_all toggle_raw
copy_item page_up page_down next_turn previous_turn scroll_top scroll_bottom"""


HOSTILE = "[bold]x[/] [@click=app.quit]x[/] \x1b[31m \x1b]52;c;QUFB\x07 \x9b31m \u202egnp \ud800 \0"


async def test_hostile_text_reaches_no_strip() -> None:
    app = Bare()
    raws: list[dict[str, Any]] = [
        message("user", HOSTILE),
        message("assistant", f"# {HOSTILE}\n```{HOSTILE}\n{HOSTILE}\n```\n{HOSTILE}"),
        message("assistant", f"|{HOSTILE}|\n|-|\n|{HOSTILE}|"),
        {"type": "function_call", "name": HOSTILE, "arguments": HOSTILE, "call_id": HOSTILE},
        {"type": "function_call_output", "call_id": HOSTILE, "output": HOSTILE},
        {"type": HOSTILE, HOSTILE: HOSTILE},
        {"type": "message", "role": HOSTILE, "content": HOSTILE, "status": HOSTILE},
    ]
    async with app.run_test(size=(70, 60)) as pilot:
        app.transcript.show([Record(raw, model=HOSTILE) for raw in raws], older=False)
        app.transcript.placeholder = HOSTILE
        growing = Record(message("assistant", ""))
        app.transcript.append(growing)
        app.transcript.stream(growing.ref, HOSTILE)
        for _ in range(3):
            app.transcript.action_cursor_up()
            await pilot.pause(0.1)
            for y in range(60):
                for segment in app.transcript.render_line(y):
                    assert not set("\x1b\x07\x9b\u202e\ud800\0") & set(segment.text)
                    assert segment.control is None
                    style = segment.style or Style()
                    assert style.link is None
                    assert set(style.meta) <= {"link", "offset"}
        assert any("[@click=app.quit]x[/]" in line for line in app.lines())


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (12, 4), (20, 6), (300, 4)])
async def test_any_size_of_pane_is_drawn(size: tuple[int, int]) -> None:
    app = Bare()
    async with app.run_test(size=size) as pilot:
        app.transcript.show(said(*DOCUMENTS.values(), LONG_CODE), older=False)
        for _ in range(5):
            app.transcript.action_page_up()
            await pilot.pause()
            for y in range(size[1]):
                assert app.transcript.render_line(y).cell_length <= size[0]
