"""The painting half of the list: the rows at hand, the cursor on them, their ages.

Which rows are at hand and what is done with them is in ``list``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.widget import Widget

from chat_tui.tui.conversations.ages import Ages
from chat_tui.tui.conversations.row import draw, draw_words
from chat_tui.tui.text import ago

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

    from chat_tui.controller import Summary

_ROLES = ("row", "time", "current", "cursor", "busy", "alert", "unread", "match")


class ListPane(ScrollView):
    """One line a conversation: a state mark, the title, how long ago it changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{role}" for role in _ROLES}
    DEFAULT_CSS = """
    ListPane {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & > .list--row { color: $foreground; }
        & > .list--time { color: $muted; }
        & > .list--current { background: $panel; color: $primary; text-style: bold; }
        & > .list--cursor { background: $primary 22%; }
        & > .list--busy { color: $success; }
        & > .list--unread { color: $primary; }
        & > .list--alert { color: $error; }
        & > .list--match { color: $accent; text-style: underline; }
    }
    """

    cursor: reactive[int] = reactive(0)
    """Row of the cursor."""
    current: reactive[int] = reactive(0)
    """Key of the open conversation; 0 for none."""
    filtering: reactive[bool] = reactive(False)
    """Whether a filter is open: the cursor shows although the focus is there."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self.total = 0
        """Rows there are."""
        self._rows: Sequence[Summary] = ()
        self._first = 0
        self._on_screen = False
        self._nothing = ""
        """What an empty list says."""
        self._drawn_ages: dict[int, str] = {}
        self._ages = Ages(self, self._repaint_ages)

    # --- what is at hand ------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Summary]:
        """The summaries at hand."""
        return self._rows

    @property
    def chosen(self) -> Summary | None:
        """The summary under the cursor."""
        return self._at(self.cursor)

    def _at(self, row: int) -> Summary | None:
        place = row - self._first
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def _position(self, key: int) -> int | None:
        return next((self._first + i for i, row in enumerate(self._rows) if row.key == key), None)

    def _visible(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(self.total, top + max(1, self.size.height)))

    # --- where it is looked at ------------------------------------------------------------------

    def _resize(self, total: int) -> None:
        """Be so long; the screen is laid out again only when the scrollbar comes or goes."""
        if total == self.total:
            return
        scrolled, self.total = self.total > self.size.height, total
        size = Size(0, total)
        if scrolled != (total > self.size.height):
            self.virtual_size = size
        else:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def _move(self, cursor: int, top: int, *, follow: bool = True) -> None:
        height = max(1, self.size.height)
        cursor = self.validate_cursor(cursor)
        if follow:
            top = min(max(top, cursor - height + 1), cursor)
        self.set_reactive(ListPane.cursor, cursor)
        top = max(0, min(top, self.total - height))
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_mount(self) -> None:
        """Rest while the program is not looked at."""
        self.watch(self.app, "app_focus", self._keep_ages, init=False)

    def on_show(self) -> None:
        """Keep the ages true."""
        self._on_screen = True
        self._keep_ages()

    def on_hide(self) -> None:
        """Rest."""
        self._on_screen = False
        self._ages.stop()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.total - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint the two rows concerned and bring the new one into view."""
        for row in (before, now):
            self._repaint_row(row)
        if self.size.height:
            self.scroll_to_region(Region(0, now, 1, 1), animate=False, force=True, x_axis=False)

    def watch_has_focus(self, _: bool) -> None:
        """Repaint the cursor, which shows only with the focus."""
        self._repaint_row(self.cursor)

    def watch_filtering(self) -> None:
        """Repaint the cursor, which shows while a filter is open."""
        self._repaint_row(self.cursor)

    # --- drawing --------------------------------------------------------------------------------

    def _picture(self) -> tuple[int, int, list[Summary | None]]:
        return self.scroll_offset.y, self.cursor, [self._at(row) for row in self._visible()]

    def _repaint(self, before: tuple[int, int, list[Summary | None]]) -> None:
        """Repaint the lines that are not what they were."""
        now = self._picture()
        if now[0] != before[0] or len(now[2]) != len(before[2]):
            self.refresh()
            return
        for line, (was, row) in enumerate(zip(before[2], now[2], strict=True)):
            if was != row or (before[1] != now[1] and now[0] + line in (before[1], now[1])):
                self._repaint_row(now[0] + line)

    def _repaint_row(self, row: int) -> None:
        if row in self._visible():
            self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _repaint_ages(self) -> None:
        """Repaint the rows whose age reads differently now."""
        now = time.time()
        for place in self._visible():
            row = self._at(place)
            if row and self._drawn_ages.get(place) != ago(row.updated_at, now):
                self._repaint_row(place)
        self._keep_ages()

    def _keep_ages(self) -> None:
        """Wait for the next age to change while the list is looked at, else not at all."""
        if not (self._on_screen and self.app.app_focus):
            self._ages.stop()
            return
        seen = [self._at(place) for place in self._visible()]
        self._ages.start(row.updated_at for row in seen if row)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        place = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        row = self._at(place)
        if row is None:
            return draw_words(self._words(place), width, self._look("time"), self.rich_style)
        age = ago(row.updated_at, time.time())
        self._drawn_ages[place] = age
        base = self.get_component_rich_style("list--row")
        if row.key == self.current:
            base += self._look("current")
        if place == self.cursor and (self.has_focus or self.filtering):
            base += self._look("cursor")
        return draw(row, age, width, base, self._look, current=row.key == self.current)

    def _words(self, place: int) -> str:
        if self.total or place:
            return "   …" if place < self.total else ""
        return self._nothing

    def _look(self, role: str) -> Style:
        """Return what a role adds to a row's style."""
        return self.get_component_rich_style(f"list--{role}", partial=True)
