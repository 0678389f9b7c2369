"""The block cursor of the transcript: choosing items, jumping between them, paging.

What is done with the chosen item is in ``acting``; which keys lead here is in ``keymap``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive

from chat_tui.items import Kind, Record
from chat_tui.tui.transcript import code, messages
from chat_tui.tui.transcript.jumps import Target, hits
from chat_tui.tui.transcript.pane import TranscriptPane
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from collections.abc import Callable


class CursorPane(TranscriptPane, inherit_bindings=False):
    """The half of the transcript that moves."""

    cursor: reactive[int | None] = reactive(None, repaint=False, init=False)
    """The ref of the selected item."""

    # --- the loaded records -------------------------------------------------------------------

    @property
    def records(self) -> list[Record]:
        """The loaded records, oldest first."""
        return list(self._document.records)

    def record(self, ref: int) -> Record:
        """Return a loaded record. Raises KeyError when it is not loaded."""
        return self._document.records[self._document.index(ref)]

    def holds(self, ref: int) -> bool:
        """Whether a record is loaded."""
        return self._document.has(ref)

    # --- the block cursor -----------------------------------------------------------------

    def _choice(self, ref: int | None) -> None:
        """Set the cursor without telling anyone: the item under it is the same, or gone."""
        self.set_reactive(CursorPane.cursor, ref)
        if self._held is not None and ref is not None:
            self._held = ref, self._held[1]
        self._chosen = ref

    def watch_cursor(self, ref: int | None) -> None:
        """Show the chosen item and tell the screen about it."""
        self._chosen = ref
        if self._picked is not None and self._picked[0] != ref:
            self._picked = None
        chosen = self.record(ref) if ref is not None and self._document.has(ref) else None
        self.post_message(messages.ItemHighlighted(chosen))
        self.refresh()

    def validate_cursor(self, ref: int | None) -> int | None:
        """Let the cursor name loaded records only."""
        return ref if self._document.has(ref) else None

    def _choose(self, index: int) -> None:
        """Move the cursor to a record and bring it into view."""
        if not self._document.records:
            return
        index = max(0, min(index, len(self._document) - 1))
        self.cursor = self._document.records[index].ref
        self._reveal(index)

    def _reveal(self, index: int) -> None:
        self._prepare()
        rows = [row for row in self._view.rows() if row.entry == index]
        height = self._view.height
        layout = self._document.layout(index)
        for part in range(min(layout.parts, height)):
            layout.height(part)
        self._document.settle(index)
        whole = len(rows) >= min(layout.total, height)
        if whole and rows:
            return
        if index == len(self._document) - 1 and layout.total <= height:
            self._view.to_end()
        elif rows and rows[0][1:] == (0, 0) and layout.total <= height:
            shown = self._view.rows().index(rows[0])
            self._view.move(shown + layout.total - height)
        else:
            above = 0 if self._view.anchor.entry >= index else max(height - layout.total, 0)
            self._view.to_entry(index, above)
        self._moved()

    def _current(self) -> int | None:
        """Return the index of the chosen record, or of the one on which to start."""
        if self.cursor is not None and self._document.has(self.cursor):
            return self._document.index(self.cursor)
        return None

    def on_focus(self) -> None:
        """Let keys act on what is seen: an item chosen out of sight gives way to one in view."""
        current = self._current()
        if current is None:
            return
        self._prepare()
        rows = self._view.rows()
        if rows and current not in {row.entry for row in rows}:
            seen = rows[-1] if self._view.at_end else rows[0]
            self.cursor = self._document.records[seen.entry].ref

    def _step(self, by: int) -> None:
        current = self._current()
        if current is not None:
            self._choose(current + by)
        elif rows := self._view.rows():
            self._choose((rows[-1] if by < 0 or self._view.at_end else rows[0]).entry)

    def action_cursor_up(self) -> None:
        """Choose the item above."""
        self._step(-1)

    def action_cursor_down(self) -> None:
        """Choose the item below."""
        self._step(1)

    def action_cursor_first(self) -> None:
        """Choose the first item, asking for what is not loaded of those before it."""
        self._choose(0)
        self._view.to_line(0)
        self._moved()
        if self._older:
            self.post_message(messages.FirstWanted())

    def action_cursor_last(self) -> None:
        """Choose the last item and follow the end."""
        self._choose(len(self._document) - 1)
        self._view.to_end()
        self._moved()

    def action_next_turn(self) -> None:
        """Choose the next thing the user said."""
        self._turn(1)

    def action_previous_turn(self) -> None:
        """Choose the previous thing the user said."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        current = self._current()
        if current is None:
            rows = self._view.rows()
            if not rows:
                return
            current = rows[0].entry - (by > 0)
        index = current + by
        while 0 <= index < len(self._document):
            if self._document.records[index].kind is Kind.USER:
                self._choose(index)
                return
            index += by
        if by > 0:
            self.action_cursor_last()
        else:
            self._choose(0)

    def turn_in_view(self) -> int | None:
        """Return the ref of the message that began the turn at the top of the window."""
        current = self._current()
        rows = self._view.rows()
        if current is None and not rows:
            return None
        index = current if current is not None else rows[0].entry
        for record in reversed(self._document.records[: index + 1]):
            if record.kind is Kind.USER:
                return record.ref
        return None

    def show_turn(self, ref: int) -> None:
        """Choose a record and show it at the top of the window."""
        if not self._document.has(ref):
            return
        self.cursor = ref
        self._prepare()
        self._view.to_entry(self._document.index(ref))
        self._moved()

    def action_page_up(self) -> None:
        """Look a page further up."""
        self._prepare()
        self._view.move(2 - max(self._view.height, 3))
        self._moved()

    def action_page_down(self) -> None:
        """Look a page further down."""
        self._prepare()
        self._view.move(max(self._view.height, 3) - 2)
        self._moved()

    def action_scroll_top(self) -> None:
        """Look at the first loaded line."""
        self._prepare()
        self._view.to_line(0)
        self._moved()

    def action_scroll_bottom(self) -> None:
        """Look at the last line and follow it."""
        self._prepare()
        self._view.to_end()
        self._moved()

    def _kept(self, index: int, change: Callable[[], None]) -> None:
        """Change how items look while the head of one stays on its row."""
        self._prepare()
        title = self._view.title_row(index)
        shown = any(row.entry == index for row in self._view.rows())
        change()
        if title is not None:
            self._view.put(index, title)
        elif shown:
            self._view.to_entry(index)
        self._rows = None
        self._moved()

    # --- jumps --------------------------------------------------------------------------------

    def jump(self, target: Target, by: int) -> bool:
        """Choose the next (1) or previous (-1) loaded item or block; whether there was one."""
        if target is Target.CODE:
            return self._jump_to_code(by)
        current = self._current()
        if current is None:
            rows = self._view.rows()
            if not rows:
                return False
            current = rows[0].entry - 1 if by > 0 else rows[-1].entry + 1
        index = current + by
        while 0 <= index < len(self._document):
            if hits(target, self._document.records[index]):
                self._choose(index)
                return True
            index += by
        return False

    def _jump_to_code(self, by: int) -> bool:
        place = self._code_place(by)
        if place is None:
            return False
        index, part = place
        while 0 <= index < len(self._document):
            if found := self._next_code(index, part, by):
                self._pick(index, found)
                return True
            index += by
            part = 0 if by > 0 else 1 << 30
        return False

    def _code_place(self, by: int) -> tuple[int, int] | None:
        """Return (index, part) from which on code is looked for."""
        current = self._current()
        if current is not None:
            picked = self._picked_part(current)
            return current, picked or 0
        self._prepare()
        rows = self._view.rows()
        if not rows:
            return None
        return (rows[0].entry, rows[0].part - 1) if by > 0 else (rows[-1].entry, rows[-1].part + 1)

    def _next_code(self, index: int, part: int, by: int) -> int:
        """Return the part of the code block of an item after or before a part, or 0."""
        record = self._document.records[index]
        if not code.may_hold_code(record):
            return 0
        self._prepare()
        starts = code.starts(self._document.layout(index))
        if by > 0:
            return next((start for start in starts if start > part), 0)
        return next((start for start in reversed(starts) if start < part), 0)

    def _pick(self, index: int, part: int) -> None:
        """Choose a code block and bring it into view."""
        record = self._document.records[index]
        number = code.starts(self._document.layout(index)).index(part)
        self._picked = record.ref, number
        self.cursor = record.ref
        height = code.height(self._document.layout(index), part)
        shown = [row for row in self._view.rows() if row.entry == index and row.part == part]
        first = next((n for n, row in enumerate(self._view.rows()) if row == (index, part, 0)), -1)
        if not (shown and first >= 0 and first + height <= self._view.height):
            self._view.anchor = Row(index, part, 0)
            self._view.move(-max((self._view.height - height) // 3, 1))
        self._moved()

    def _picked_part(self, index: int) -> int:
        """Return the part of the picked code block if it is in this item, else 0."""
        if self._picked is None or self._document.records[index].ref != self._picked[0]:
            return 0
        self._prepare()
        starts = code.starts(self._document.layout(index))
        return starts[self._picked[1]] if self._picked[1] < len(starts) else 0

    def _jump(self, target: Target, by: int) -> None:
        if not self.jump(target, by):
            self.post_message(messages.JumpMissed(target, by))

    def action_next_call(self) -> None:
        """Choose the next tool call."""
        self._jump(Target.CALL, 1)

    def action_previous_call(self) -> None:
        """Choose the previous tool call."""
        self._jump(Target.CALL, -1)

    def action_next_error(self) -> None:
        """Choose the next item that went wrong."""
        self._jump(Target.ERROR, 1)

    def action_previous_error(self) -> None:
        """Choose the previous item that went wrong."""
        self._jump(Target.ERROR, -1)

    def action_next_code(self) -> None:
        """Choose the next code block."""
        self._jump(Target.CODE, 1)

    def action_previous_code(self) -> None:
        """Choose the previous code block."""
        self._jump(Target.CODE, -1)
