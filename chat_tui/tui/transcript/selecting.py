"""What is selected, by the mouse or by keys: the same selection, from line to line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Offset
from textual.selection import Selection

from chat_tui.tui.transcript.acting import ActingPane
from chat_tui.tui.transcript.overlay import key_of, row_of, selected_text
from chat_tui.tui.transcript.pane import RAIL
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from textual import events

_WIDE = 1 << 20
"""A column behind the end of every line."""


class SelectingPane(ActingPane, inherit_bindings=False):
    """The half of the transcript that selects; moving extends while it does."""

    _span: tuple[int, int] | None = None
    """Where the selection began and where it goes to, as numbers of lines."""

    # --- with the mouse -------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text; called by Textual."""
        return selected_text(self._document, selection, RAIL), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected; called by Textual."""
        self.refresh()

    def text_select_all(self) -> None:
        """Select the chosen item; called by Textual on a double click."""
        if self._chosen is None or not self._document.has(self._chosen):
            return
        index = self._document.index(self._chosen)
        part = self._document.layout(index).parts - 1
        last = Row(index, part, self._document.layout(index).height(part) - 1)
        self.screen.selections = {
            self: Selection(
                Offset(0, key_of(self._document, Row(index, 1 if part else 0, 0))),
                Offset(_WIDE, key_of(self._document, last)),
            )
        }

    # --- with keys ------------------------------------------------------------------------

    @property
    def selecting(self) -> bool:
        """Whether lines are being selected with keys."""
        return self._span is not None and self.text_selection is not None

    def action_select_lines(self) -> None:
        """Begin to select at the chosen item, or end it."""
        if self.selecting:
            self._unselect()
            return
        self._prepare()
        if (row := self._first_row()) is not None:
            here = key_of(self._document, row)
            self._select(here, here)

    def _first_row(self) -> Row | None:
        """Return the first line in view of what is chosen: its text rather than its title."""
        rows = self._view.rows()
        current = self._current()
        if current is None:
            return rows[0] if rows else None
        picked = self._picked_part(current)
        mine = [row for row in rows if row.entry == current]
        if picked:
            mine = [row for row in mine if row.part >= picked] or mine
        text = next((row for row in mine if row.part), mine[-1] if mine else None)
        return text or Row(current, 0, self._document.layout(current).height(0) - 1)

    def _select(self, start: int, end: int) -> None:
        self._span = start, end
        first, last = sorted((start, end))
        self.screen.selections = {self: Selection(Offset(0, first), Offset(_WIDE, last))}

    def _unselect(self) -> None:
        self._span = None
        self.screen.clear_selection()

    def _extend(self, lines: int) -> bool:
        """Move the end of the selection; return whether there is one."""
        if self._span is None or not self.selecting:
            self._span = None
            return False
        self._prepare()
        start, end = self._span
        row = self._view.walk(row_of(self._document, end), lines)
        self._select(start, key_of(self._document, row))
        rows = self._view.rows()
        if row not in rows:
            self._view.anchor = row
            if lines > 0:
                self._view.move(1 - self._view.height)
            self._moved()
        return True

    def on_key(self, event: events.Key) -> None:
        """Let escape end the selection before it means anything else."""
        if event.key == "escape" and self.selecting:
            event.stop()
            self._unselect()

    def action_copy_item(self) -> None:
        """Copy what is selected, which ends the selection with keys, or the chosen item."""
        super().action_copy_item()
        if self.selecting:
            self._unselect()

    def action_cursor_up(self) -> None:
        """Choose the item above, or select a line further up."""
        if not self._extend(-1):
            super().action_cursor_up()

    def action_cursor_down(self) -> None:
        """Choose the item below, or select a line further down."""
        if not self._extend(1):
            super().action_cursor_down()

    def action_page_up(self) -> None:
        """Look a page further up, or select so far."""
        if not self._extend(2 - max(self._view.height, 3)):
            super().action_page_up()

    def action_page_down(self) -> None:
        """Look a page further down, or select so far."""
        if not self._extend(max(self._view.height, 3) - 2):
            super().action_page_down()
