"""The list: as many virtual rows as there are conversations, over a window of those looked at.

How rows look is in ``painting``; here is which of them are asked for and what is done with one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from chat_tui.tui.conversations.painting import ListPane
from chat_tui.tui.keymap import Scope, bindings

if TYPE_CHECKING:
    from textual import events

    from chat_tui.controller import Listing

WINDOW = 200
"""Rows held at a time."""
MARGIN = 50
"""Rows from the edge of the window at which the next one is asked for."""


class ConversationList(ListPane, can_focus=True):
    """The conversations there are, or what a query finds among them."""

    BINDINGS = bindings(Scope.LIST)
    scope = Scope.LIST

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

    # --- what is asked for ----------------------------------------------------------------------

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

    def _show_heading(self, listing: Listing) -> None:
        heading = (listing.total, str(listing.order), listing.query)
        if heading != self._heading:
            self._heading = heading
            self._nothing = " Nothing matches." if listing.query else " No conversations yet."
            if not listing.total:
                self.refresh()
            self.post_message(self.Listed(*heading))

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

    def on_show(self) -> None:
        """Bring the rows up to date."""
        self._ask()

    def on_resize(self) -> None:
        """Ask for what has come into view."""
        self._ask()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for rows that come into view."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()
        self._keep_ages()

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
