"""The list: as many virtual rows as there are conversations, over a window of those looked at."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.widget import Widget

from chat_tui.tui.conversations.ages import Ages
from chat_tui.tui.conversations.row import draw, draw_words
from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.text import ago

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.strip import Strip

    from chat_tui.controller import Listing, Summary

WINDOW = 200
"""Rows held at a time."""
MARGIN = 50
"""Rows from the edge of the window at which the next one is asked for."""
_ROLES = ("row", "time", "current", "cursor", "busy", "alert", "unread", "match")


class ConversationList(ScrollView, can_focus=True):
    """One line a conversation: a state mark, the title, how long ago it changed."""

    BINDINGS = bindings(Scope.LIST)
    scope = Scope.LIST
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{role}" for role in _ROLES}
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
        & > .list--match { color: $accent; text-style: underline; }
    }
    """

    cursor: reactive[int] = reactive(0)
    """Row of the cursor."""
    current: reactive[int] = reactive(0)
    """Key of the open conversation; 0 for none."""
    filtering: reactive[bool] = reactive(False)
    """Whether a filter is open: the cursor shows although the focus is there."""

    @dataclass
    class Chosen(Message):
        """Sent when the user opens a conversation."""

        key: int

    @dataclass
    class DeleteWanted(Message):
        """Sent when the user asks to delete the conversation under the cursor."""

        key: int

    @dataclass
    class RowsWanted(Message):
        """Sent when rows are looked at that are not at hand or not true any more.

        One at a time: the next follows ``take`` or ``failed``. ``near`` is a key and the position
        it had: the window is to move as far as that row has moved.
        """

        first: int
        count: int
        query: str
        places: tuple[int, ...]
        near: tuple[int, int] | None

    @dataclass
    class Listed(Message):
        """Sent when the length, the order or the query of what is shown changed."""

        total: int
        order: str
        query: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self.total = 0
        """Rows there are."""
        self._rows: Sequence[Summary] = ()
        self._first = 0
        self._query = ""
        self._heading: tuple[int, str, str] | None = None
        self._about_to_ask = False
        self._asking = False
        self._stale = False
        self._asked_stale = False
        self._wanted_key = 0
        """A conversation to put the cursor on once its place is known."""
        self._open_wanted = False
        """Whether the best row is to be opened once the query's answer is there."""
        self._on_screen = False
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

    def refresh_rows(self) -> None:
        """Look again at what is shown: it may have changed."""
        self._stale = True
        self._ask()

    def find(self, query: str) -> None:
        """Show what a query finds, best first; everything when it is empty."""
        if query.strip() != self._query:
            self._query = query.strip()
            self._open_wanted = False
            self.refresh_rows()

    def _ask(self) -> None:
        """Ask soon, once for a burst of reasons.

        The message must begin here: Textual ends its way up at whoever caused it.
        """
        if not self._about_to_ask:
            self._about_to_ask = True
            self.call_later(self._ask_now)

    def _ask_now(self) -> None:
        """Ask for what is looked at, when it is not at hand; one question at a time."""
        self._about_to_ask = False
        if self._asking or not self._on_screen:
            return
        seen = self._visible()
        low, high = max(0, seen.start - MARGIN), min(self.total, seen.stop + MARGIN)
        covered = self._first <= low and high <= self._first + len(self._rows)
        if covered and not self._stale:
            return
        anchor = self._anchor() if self._stale else None
        keys = {self._wanted_key, self.chosen.key if self.chosen else 0, anchor[0] if anchor else 0}
        self._asking, self._asked_stale, self._stale = True, self._stale, False
        # While letters are typed what is found is seen once, from the top: the fewer, the faster.
        count = min(WINDOW, len(seen) + 2 * MARGIN) if self._asked_stale else WINDOW
        first = max(0, (seen.start + seen.stop - count) // 2)
        self.post_message(
            self.RowsWanted(first, count, self._query, tuple(sorted(keys - {0})), anchor)
        )

    def _anchor(self) -> tuple[int, int] | None:
        """Return the row that must not move on the screen: the cursor's, else the first one.

        At the top none: what is new comes in there and shall be seen.
        """
        seen = self._visible()
        if seen.start == 0:
            return None
        place = self.cursor if self.cursor in seen else seen.start
        row = self._at(place)
        return (row.key, place) if row else None

    def failed(self) -> None:
        """Ask again when next looked at: the rows could not be had."""
        self._asking = False
        self._stale |= self._asked_stale

    def take(self, listing: Listing | None) -> None:
        """Show the rows asked for; answers to an older query are passed over."""
        self._asking = False
        if listing is None or listing.query != self._query:
            self._stale |= self._asked_stale
            self._ask()
            return
        under = self.chosen.key if self.chosen else 0
        anchor = self._anchor() if self._asked_stale else None
        before = self._picture()
        changed_query = self._heading is None or self._heading[2] != listing.query
        self._rows, self._first = listing.rows, listing.first
        self._resize(listing.total)
        if changed_query and listing.query:
            self._move(0, 0)
        elif self._asked_stale:
            self._restore(listing, under, anchor)
        self._drawn_ages = {p: t for p, t in self._drawn_ages.items() if p in self._visible()}
        self._repaint(before)
        self._show_heading(listing)
        self._ask()
        self._keep_ages()
        if self._open_wanted:
            self._open_wanted = False
            self.call_later(self.action_open)  # as in _ask: the message must begin here

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

    def _restore(self, listing: Listing, under: int, anchor: tuple[int, int] | None) -> None:
        """Keep the cursor and the view on the conversations they were on."""
        places = listing.places
        followed = places.get(self._wanted_key)
        top, seen = self.scroll_offset.y, self.cursor in self._visible()
        if anchor and anchor[0] in places:
            top += places[anchor[0]] - anchor[1]
        cursor = places.get(under, self.cursor) if followed is None else followed
        if followed is not None:
            self._wanted_key = 0
        self._move(cursor, top, follow=followed is not None or seen)

    def _move(self, cursor: int, top: int, *, follow: bool = True) -> None:
        height = max(1, self.size.height)
        cursor = self.validate_cursor(cursor)
        if follow:
            top = min(max(top, cursor - height + 1), cursor)
        self.set_reactive(ConversationList.cursor, cursor)
        top = max(0, min(top, self.total - height))
        if top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def _show_heading(self, listing: Listing) -> None:
        heading = (listing.total, str(listing.order), listing.query)
        if heading != self._heading:
            self._heading = heading
            self.post_message(self.Listed(*heading))

    # --- when it is looked at -------------------------------------------------------------------

    def on_mount(self) -> None:
        """Rest while the program is not looked at."""
        self.watch(self.app, "app_focus", self._keep_ages, init=False)

    def on_show(self) -> None:
        """Bring the rows up to date."""
        self._on_screen = True
        self._ask()
        self._keep_ages()

    def on_hide(self) -> None:
        """Rest."""
        self._on_screen = False
        self._ages.stop()

    def on_resize(self) -> None:
        """Ask for what has come into view."""
        self._ask()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.total - 1))

    def watch_cursor(self, before: int, now: int) -> None:
        """Repaint the two rows concerned and bring the new one into view."""
        for row in (before, now):
            self._repaint_row(row)
        if self.size.height:
            self.scroll_to_region(Region(0, now, 1, 1), animate=False, force=True, x_axis=False)

    def watch_current(self) -> None:
        """Repaint: another row is the open one, and the cursor goes there unless it is in use."""
        if not (self.has_focus or self.filtering):
            place = self._position(self.current)
            if place is not None:
                self.cursor = place
            elif self.current:
                self._wanted_key = self.current
                self.refresh_rows()
        self.refresh()

    def watch_has_focus(self, _: bool) -> None:
        """Repaint the cursor, which shows only with the focus."""
        self._repaint_row(self.cursor)

    def watch_filtering(self) -> None:
        """Repaint the cursor, which shows while a filter is open."""
        self._repaint_row(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for rows that come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()
        self._keep_ages()

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
        if self._heading is None:
            return ""
        return " Nothing matches." if self._query else " No conversations yet."

    def _look(self, role: str) -> Style:
        """Return what a role adds to a row's style."""
        return self.get_component_rich_style(f"list--{role}", partial=True)

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
        self.cursor = self.total - 1

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

    def open_when_found(self) -> None:
        """Open the row under the cursor; while a query is not answered yet, its best one then."""
        if self._heading is not None and self._heading[2] == self._query:
            self.call_later(self.action_open)
        else:
            self._open_wanted = True

    def action_delete(self) -> None:
        """Ask to delete the conversation under the cursor."""
        if self.chosen:
            self.post_message(self.DeleteWanted(self.chosen.key))

    def on_click(self, event: events.Click) -> None:
        """Open the conversation clicked on."""
        row = event.y + self.scroll_offset.y
        if row < self.total:
            self.cursor = row
            self.action_open()
