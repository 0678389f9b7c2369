"""The conversation list: virtual rows over a window of summaries, with a filter on request."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from chat_tui.items import visible_line
from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.text import ago

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.app import ComposeResult
    from textual.widgets import Input

    from chat_tui.controller import Summary

MORE_WITHIN = 50
"""Rows from the end at which more are asked for."""


class ConversationList(ScrollView, can_focus=True):
    """One line a conversation: a state mark, the title, how long ago it changed."""

    BINDINGS = bindings(Scope.LIST)
    scope = Scope.LIST
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"list--{role}" for role in ("row", "time", "current", "cursor", "busy", "alert", "unread")
    }
    DEFAULT_CSS = """
    ConversationList {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > .list--row { color: $foreground; }
        & > .list--time { color: $muted; text-style: dim; }
        & > .list--current { background: $panel; color: $primary; text-style: bold; }
        & > .list--cursor { background: $primary 22%; }
        & > .list--busy { color: $success; }
        & > .list--unread { color: $primary; }
        & > .list--alert { color: $error; }
    }
    """

    cursor: reactive[int] = reactive(0)
    """Row of the cursor."""
    current: reactive[int] = reactive(0)
    """Key of the open conversation; 0 for none."""

    @dataclass
    class Chosen(Message):
        """Sent when the user opens a conversation."""

        key: int

    @dataclass
    class DeleteWanted(Message):
        """Sent when the user asks to delete the conversation under the cursor."""

        key: int

    class FilterWanted(Message):
        """Sent when the user wants to filter the list."""

    @dataclass
    class MoreWanted(Message):
        """Sent when the cursor or the view came near the end of the rows at hand."""

        offset: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self._rows: list[Summary] = []
        self._wanted = -1
        self.empty = "No conversations yet."

    @property
    def rows(self) -> Sequence[Summary]:
        """The summaries at hand."""
        return self._rows

    @property
    def chosen(self) -> Summary | None:
        """The summary under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def show(self, rows: Sequence[Summary]) -> None:
        """Replace all rows; the cursor stays on the conversation it was on."""
        under = self.chosen.key if self.chosen else 0
        if list(rows) == self._rows:
            return
        self._rows = list(rows)
        self._wanted = -1
        position = next((i for i, row in enumerate(self._rows) if row.key == under), None)
        self.virtual_size = Size(0, len(self._rows))
        self.cursor = (
            min(self.cursor, max(0, len(self._rows) - 1)) if position is None else position
        )
        self.refresh()

    def extend(self, rows: Sequence[Summary]) -> None:
        """Add rows after the last one."""
        self._rows += rows
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint the two rows concerned and bring the new one into view."""
        for row in (before, now):
            self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
        if self.size.height:
            self.scroll_to_region(Region(0, now, 1, 1), animate=False, force=True, x_axis=False)
        self._ask_for_more(now)

    def watch_current(self) -> None:
        """Repaint: another row is the open one."""
        position = next((i for i, row in enumerate(self._rows) if row.key == self.current), None)
        if position is not None and not self.has_focus:
            self.cursor = position
        self.refresh()

    def watch_has_focus(self, _: bool) -> None:
        """Repaint the cursor, which shows only with the focus."""
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more rows when the end comes near."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more(int(new_value) + self.size.height)

    def _ask_for_more(self, row: int) -> None:
        total = len(self._rows)
        if total and row >= total - MORE_WITHIN and self._wanted != total:
            self._wanted = total
            self.post_message(self.MoreWanted(total))

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if row >= len(self._rows):
            return self._empty_line(row, width)
        return self._strip(self._rows[row], width, under_cursor=row == self.cursor)

    def _empty_line(self, row: int, width: int) -> Strip:
        text = f" {self.empty}" if row == 0 and not self._rows else ""
        style = self.get_component_rich_style("list--time")
        return Strip([Segment(text, style)]).adjust_cell_length(width, self.rich_style)

    def _strip(self, row: Summary, width: int, *, under_cursor: bool) -> Strip:
        base = self.get_component_rich_style("list--row")
        if row.key == self.current:
            base += self._look("current")
        if under_cursor and self.has_focus:
            base += self._look("cursor")
        mark, mark_style = self._mark(row)
        age = f"{ago(row.updated_at, time.time()):>4} "
        title_width = max(0, width - 3 - len(age))
        title = Strip([Segment(visible_line(row.title), base)])
        if title.cell_length > title_width:
            title = Strip([*title.crop(0, title_width - 1), Segment("…", base)])
        time_style = base + self._look("time")
        return Strip(
            [
                Segment(f" {mark} ", base + mark_style),
                *title.adjust_cell_length(title_width, base),
                Segment(age, time_style),
            ]
        )

    def _look(self, role: str) -> Style:
        """Return what a role adds to a row's style."""
        return self.get_component_rich_style(f"list--{role}", partial=True)

    def _mark(self, row: Summary) -> tuple[str, Style]:
        """Return the state mark of a row: a shape each, so that it does not depend on colour."""
        if row.running:
            return "●", self._look("busy")
        if row.pending or row.failed:
            return "!", self._look("alert")
        if row.unread:
            return "◆", self._look("unread")
        if row.key == self.current:
            return "▸", self._look("unread")
        return " ", self._look("row")

    # --- acting ---------------------------------------------------------------------------------

    def action_cursor_up(self) -> None:
        """Go one row up."""
        self.cursor -= 1

    def action_cursor_down(self) -> None:
        """Go one row down."""
        self.cursor += 1

    def action_cursor_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_cursor_last(self) -> None:
        """Go to the last row."""
        self.cursor = len(self._rows) - 1

    def action_page_up(self) -> None:
        """Go a page up."""
        self.cursor -= max(1, self.size.height - 1)

    def action_page_down(self) -> None:
        """Go a page down."""
        self.cursor += max(1, self.size.height - 1)

    def action_open(self) -> None:
        """Open the conversation under the cursor."""
        if self.chosen:
            self.post_message(self.Chosen(self.chosen.key))

    def action_delete(self) -> None:
        """Ask to delete the conversation under the cursor."""
        if self.chosen:
            self.post_message(self.DeleteWanted(self.chosen.key))

    def action_filter(self) -> None:
        """Ask for the filter."""
        self.post_message(self.FilterWanted())

    def on_click(self, event: events.Click) -> None:
        """Open the conversation clicked on."""
        row = event.y + self.scroll_offset.y
        if row < len(self._rows):
            self.cursor = row
            self.action_open()


class ConversationPane(Vertical):
    """The list with its title and, while wanted, the filter."""

    DEFAULT_CSS = """
    ConversationPane {
        width: 20%;
        min-width: 22;
        max-width: 34;
        background: $background;
        border-right: vkey $rule;
        &:focus-within { border-right: vkey $primary 60%; }
        & > Input {
            height: 1; border: none; padding: 0 1; background: $surface;
        }
    }
    """

    @dataclass
    class Filtered(Message):
        """Sent when the filter's text changed; empty when it was closed."""

        query: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self.list = ConversationList(id="conversations")

    def compose(self) -> ComposeResult:
        """Lay the title over the list."""
        yield Static(Content("Conversations"), classes="pane-title")
        yield self.list

    def on_conversation_list_filter_wanted(self) -> None:
        """Open the filter."""
        from textual.widgets import Input  # noqa: PLC0415 - not needed for the first frame

        if not self.query(Input):
            self.mount(Input(placeholder="filter", compact=True), before=self.list)
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list as the user types."""
        event.stop()
        self.list.empty = "Nothing matches." if event.value else "No conversations yet."
        self.post_message(self.Filtered(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the filter to what it found."""
        event.stop()
        self.list.focus()

    async def close_filter(self) -> bool:
        """Show everything again; returns whether a filter was open."""
        from textual.widgets import Input  # noqa: PLC0415

        found = self.query(Input)
        if not found:
            return False
        await found.remove()
        self.list.empty = "No conversations yet."
        self.post_message(self.Filtered(""))
        self.list.focus()
        return True
