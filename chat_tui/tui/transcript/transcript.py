"""The widget that shows a conversation: it draws rows of a view and moves the view.

One widget without children. What an item looks like is in ``entries`` and ``layout``, where the
reader looks in ``view``, and which keys lead to the actions is declared with all other keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.reactive import reactive

from chat_tui.items import Kind, Record, visible_line
from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.transcript import messages
from chat_tui.tui.transcript.pane import TranscriptPane
from chat_tui.tui.transcript.stream import Stream
from chat_tui.tui.transcript.view import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.timer import Timer

    from chat_tui.tui.transcript.overlay import Match

FLUSHES = 20
"""Times a second that growing text is drawn, at most."""


class Transcript(TranscriptPane, can_focus=True, inherit_bindings=False):
    """A conversation, item by item, with a block cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ITEMS)
    scope = Scope.ITEMS

    cursor: reactive[int | None] = reactive(None, repaint=False, init=False)
    """The ref of the selected item."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id, classes=classes)
        self._streams: dict[int, Stream] = {}
        self._timer: Timer | None = None

    # --- what it shows --------------------------------------------------------------------

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

    def show(self, records: Sequence[Record], *, older: bool, at_end: bool = True) -> None:
        """Replace everything; ``older`` tells whether there is more before the first record."""
        self._fill(records, older=older)
        self._follow, self._news = at_end, False
        self._view.anchor = Row(0, 0, 0)
        self.cursor = None
        self._highlights.search(self._document, "")
        self._changed()

    def reload(self, records: Sequence[Record], *, older: bool) -> None:
        """Replace everything, keeping the reader's place and the cursor where they still exist."""
        before, anchor = self.records, self._view.anchor
        self._fill(records, older=older)
        top = before[anchor.entry].ref if anchor.entry < len(before) else None
        if top is not None and self._document.has(top):
            self._view.anchor = anchor._replace(entry=self._document.index(top))
        else:
            self._view.anchor = Row(0, 0, 0)
        if not self._document.has(self.cursor):
            self.cursor = None
        self._highlights.search(self._document, "")
        self._changed()

    def _fill(self, records: Sequence[Record], *, older: bool) -> None:
        self._streams = {}
        self._rest()
        if self.size:
            self._prepare()
        self._document.load(records)
        self._older, self._asked = older, False

    def prepend(self, records: Sequence[Record], *, older: bool) -> None:
        """Add older records at the front; what the reader sees stays where it is."""
        self._older, self._asked = older, False
        self._document.prepend(records)
        index, part, line = self._view.anchor
        self._view.anchor = Row(index + len(records), part, line)
        self._changed()

    def append(self, record: Record) -> None:
        """Add a record at the end."""
        self._document.append(record)
        self._news = not self._follow
        self._changed()

    def update(self, record: Record) -> None:
        """Take over the new content of a record with the same ref."""
        self.replace(record.ref, record)

    def replace(self, ref: int, record: Record) -> None:
        """Let ``record`` take the place of ``ref``, with its cursor and its position."""
        self._streams.pop(ref, None)
        changed = self._document.update(ref, record)
        if self.cursor == ref != record.ref:
            self._choice(record.ref)
        if changed:
            self._changed()

    def drop(self, ref: int) -> None:
        """Take a record out."""
        self._streams.pop(ref, None)
        index = self._document.remove(ref)
        if self._view.anchor.entry > index:
            at, part, line = self._view.anchor
            self._view.anchor = Row(at - 1, part, line)
        if self.cursor == ref:
            near = min(index, len(self._document) - 1)
            self.cursor = self._document.records[near].ref if near >= 0 else None
        self._changed()

    def stream(self, ref: int, delta: str) -> None:
        """Let the text of a record grow; drawn a few times a second, never per token."""
        self._streams.setdefault(ref, Stream()).add(delta)
        if self._timer is None:
            self._timer = self.set_interval(1 / FLUSHES, self._flush)
            self._flush()

    def set_streaming(self, ref: int | None) -> None:
        """Show which record is being written."""
        self._document.grows(ref)
        self._repaint()

    def _flush(self) -> None:
        """Draw what has come since the last time; without news, stop looking."""
        news = [(ref, text) for ref, stream in self._streams.items() if (text := stream.take())]
        for ref, text in news:
            if self._document.has(ref):
                self._document.stream(ref, text)
        if news:
            self._news = not self._follow
            self._changed()
        else:
            self._rest()

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    # --- the block cursor -----------------------------------------------------------------

    def _choice(self, ref: int | None) -> None:
        """Set the cursor without telling anyone: the item under it is the same, or gone."""
        self.set_reactive(Transcript.cursor, ref)
        self._chosen = ref

    def watch_cursor(self, ref: int | None) -> None:
        """Show the chosen item and tell the screen about it."""
        self._chosen = ref
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
            shown = self._view.row_of(index) or 0
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
        """Choose the first loaded item."""
        self._choose(0)
        self._view.to_line(0)
        self._moved()

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
            if self._document.records[index].item.kind is Kind.USER:
                self._choose(index)
                return
            index += by
        if by > 0:
            self.action_cursor_last()
        else:
            self._choose(0)

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

    # --- what the reader does with an item ------------------------------------------------

    def action_open_item(self) -> None:
        """Ask for the details of the chosen item."""
        if (current := self._current()) is not None:
            self.post_message(messages.ItemOpened(self._document.records[current]))

    def action_toggle_open(self) -> None:
        """Fold or open the chosen item."""
        if (current := self._current()) is not None:
            self._toggle(current)

    def _toggle(self, index: int) -> None:
        self._prepare()
        record = self._document.records[index]
        layout = self._document.layout(index)
        if not layout.entry.folds:
            return
        self._kept(index, lambda: self._document.fold(record.ref, not layout.folded))

    def action_toggle_all(self) -> None:
        """Open all items that can be folded, or fold them all when none is folded."""
        if not self._document.records:
            return
        current = self._current()
        rows = self._view.rows()
        keep = current if current is not None else rows[0].entry if rows else 0
        self._kept(keep, self._document.fold_all)

    def action_toggle_raw(self) -> None:
        """Show the chosen item as the JSON it is, or rendered again."""
        current = self._current()
        if current is None:
            return
        ref = self._document.records[current].ref
        self._kept(current, lambda: self._document.toggle_raw(ref))

    def _kept(self, index: int, change: Callable[[], None]) -> None:
        """Change how items look while the head of one stays on its row."""
        self._prepare()
        row = self._view.row_of(index)
        shown = any(row.entry == index for row in self._view.rows())
        change()
        if row is not None or shown:
            self._view.to_entry(index, row or 0)
        self._rows = None
        self._moved()

    def action_copy_item(self) -> None:
        """Copy what is selected with the mouse, else the text of the chosen item as written."""
        if self.text_selection is not None and (selected := self.screen.get_selected_text()):
            self.app.copy_to_clipboard(selected)
            self.post_message(messages.Copied(selected, "selection"))
            return
        if (current := self._current()) is None:
            return
        record = self._document.records[current]
        text = self._document.source(record.ref)
        self.app.copy_to_clipboard(text)
        self.post_message(messages.Copied(text, record.item.kind.value))

    def on_click(self, event: events.Click) -> None:
        """Choose the item under the pointer; its head folds it, a link asks to open."""
        if self.text_selection is not None:
            return
        offset = event.get_content_offset(self)
        rows = self._view.rows()
        if offset is None or not 0 <= offset.y < len(rows):
            return
        row = rows[offset.y]
        self.cursor = self._document.records[row.entry].ref
        link = event.style.meta.get("link")
        if isinstance(link, str) and link:
            self.post_message(messages.LinkOpened(link))
        elif row.part == 0 and self._document.layout(row.entry).entry.folds:
            self._toggle(row.entry)

    # --- find -----------------------------------------------------------------------------

    def find(self, query: str) -> list[Match]:
        """Mark ``query`` wherever it stands in the loaded items, and return all places.

        Upper and lower case are the same; an empty query ends the search.
        """
        self._highlights.search(self._document, visible_line(query))
        self.refresh()
        return list(self._highlights.matches)

    def find_next(self) -> Match | None:
        """Go to the next match, from the last on to the first; return it."""
        return self._find(1)

    def find_previous(self) -> Match | None:
        """Go to the match before, from the first on to the last; return it."""
        return self._find(-1)

    def _find(self, by: int) -> Match | None:
        found = self._highlights
        found.matches = [match for match in found.matches if self._document.has(match.ref)]
        found.current = min(found.current, len(found.matches) - 1)
        if not found.matches:
            return None
        if found.current < 0:
            start = self._current() or 0
            later = [n for n, m in enumerate(found.matches) if self._document.index(m.ref) >= start]
            found.current = later[0] if later and by > 0 else len(found.matches) - 1
        else:
            found.current = (found.current + by) % len(found.matches)
        match = found.matches[found.current]
        self._go_to(match)
        return match

    def _go_to(self, match: Match) -> None:
        """Bring a match into view, opening the item it is in."""
        index = self._document.index(match.ref)
        self._prepare()
        if self._document.layout(index).folded:
            self._document.fold(match.ref, folded=False)
        self.cursor = match.ref
        place = self._highlights.place(self._document.layout(index), match.number)
        self._view.anchor = Row(index, *place)
        self._view.move(-self._view.height // 3)
        self._moved()
