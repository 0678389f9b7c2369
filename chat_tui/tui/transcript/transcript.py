"""The widget that shows a conversation: it draws rows of a view and moves the view.

One widget without children. What an item looks like is in ``entries`` and ``layout``, where the
reader looks in ``view``, and which keys lead to the actions is declared with all other keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from chat_tui.items import Kind, Place, Record
from chat_tui.tui.keymap import Scope, bindings
from chat_tui.tui.transcript import messages
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette
from chat_tui.tui.transcript.stream import Stream
from chat_tui.tui.transcript.view import Row, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.binding import BindingType
    from textual.scrollbar import ScrollDown, ScrollUp
    from textual.timer import Timer

FLUSHES = 20
"""Times a second that growing text is drawn, at most."""
RAIL = 2
"""Columns left of everything: the rail, and a space."""
MARGIN = 1
"""Columns right of everything."""
COLUMN = 120
"""Cells beyond which a wide pane stays empty: lines too long to follow are hard to read."""
NEAR = 40
"""Lines from the top at which older items are wanted."""
STRIPS = 1000

_RAILS = {
    Place.CONVERSATION: (" ", "text"),
    Place.CHAIN: ("┊", "aside"),
    Place.PRIVATE: ("┊", "private"),
    Place.PENDING: ("┊", "pending"),
    Place.STOPPED: ("┊", "error"),
}


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """A conversation, item by item, with a block cursor. Cost is that of what is visible."""

    DEFAULT_CSS = """
    Transcript {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 15%;
        scrollbar-color-hover: $foreground 30%;
        scrollbar-color-active: $primary;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    Transcript > .transcript--text { color: $foreground 92%; }
    Transcript > .transcript--muted { color: $foreground 62%; }
    Transcript > .transcript--faint { color: $foreground 38%; }
    Transcript > .transcript--user { color: $text-accent; }
    Transcript > .transcript--assistant { color: $text-primary; }
    Transcript > .transcript--system { color: $text-secondary; }
    Transcript > .transcript--reasoning { color: $foreground 62%; text-style: italic; }
    Transcript > .transcript--tool { color: $text-success; }
    Transcript > .transcript--compaction { color: $foreground 50%; }
    Transcript > .transcript--error { color: $text-error; }
    Transcript > .transcript--done { color: $text-success; }
    Transcript > .transcript--private { color: $text-warning; }
    Transcript > .transcript--pending { color: $foreground 50%; }
    Transcript > .transcript--aside { color: $text-secondary; }
    Transcript > .transcript--heading { color: $text-primary; }
    Transcript > .transcript--code { color: $foreground 92%; background: $foreground 6%; }
    Transcript > .transcript--inline-code { color: $text-accent; background: $foreground 7%; }
    Transcript > .transcript--link { color: $text-primary; }
    Transcript > .transcript--math { color: $text-success; }
    Transcript > .transcript--rail { color: $foreground 25%; }
    Transcript > .transcript--cursor { color: $foreground 30%; }
    Transcript:focus > .transcript--cursor { color: $primary; }
    Transcript > .transcript--match { background: $warning 30%; }
    Transcript > .transcript--match-current { background: $warning 70%; }
    Transcript > .transcript--notice { color: $text-primary; background: $primary 20%; }
    Transcript > .transcript--keyword { color: $text-accent; }
    Transcript > .transcript--string { color: $text-success; }
    Transcript > .transcript--number { color: $text-warning; }
    Transcript > .transcript--comment { color: $foreground 45%; text-style: italic; }
    Transcript > .transcript--name { color: $text-primary; }
    Transcript > .transcript--operator { color: $foreground 75%; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{role}" for role in (*ROLES, *MARKS)}
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ITEMS)

    cursor: reactive[int | None] = reactive(None, repaint=False)
    """The ref of the selected item."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id, classes=classes)
        self.placeholder: Content | str = ""
        """What an empty transcript says."""
        self._document = Document()
        self._view = View(self._document)
        self._palette: Palette | None = None
        """What the text is drawn with; replaced only when it would look different."""
        self._marks: Palette | None = None
        """The styles of this moment, focus and all."""
        self._older = False
        self._asked = False
        self._follow = True
        self._news = False
        self._moving = False
        self._rows: list[Row] | None = None
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS)
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

    @property
    def at_end(self) -> bool:
        """Whether the view follows the end."""
        return self._follow

    def show(self, records: Sequence[Record], *, older: bool, at_end: bool = True) -> None:
        """Replace everything; ``older`` tells whether there is more before the first record."""
        self._streams = {}
        self._rest()
        self._prepare()
        self._document.load(records)
        self._older, self._asked = older, False
        self._follow, self._news = at_end, False
        self._view.anchor = Row(0, 0, 0)
        self.set_reactive(Transcript.cursor, None)
        self._changed()

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
            self.set_reactive(Transcript.cursor, record.ref)
        if changed:
            self._strips.clear()
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

    def set_streaming(self, ref: int | None) -> None:
        """Show which record is being written."""
        self._document.grows(ref)
        self._strips.clear()
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

    # --- size, colours and place ----------------------------------------------------------

    def on_mount(self) -> None:
        """Resolve the colours once there is a theme."""
        self._changed()

    def notify_style_update(self) -> None:
        """Take over new colours; called by Textual."""
        super().notify_style_update()
        self._marks = None
        self._strips.clear()

    def on_resize(self) -> None:
        """Take over a new size; what is at the top stays there, or the end when it was seen."""
        self._changed()

    def _prepare(self) -> None:
        """Bring the document up to the width and the colours of this moment."""
        palette = self._palette
        if self._marks is None:
            self._marks = Palette.resolve(self.get_component_rich_style)
            if not self._marks.draws_like(palette):
                palette = self._palette = self._marks
        region = self.scrollable_content_region
        width = min(max(region.width - RAIL - MARGIN, 1), COLUMN)
        if palette is not None and self._document.differs(width, palette):
            self._view.keep(lambda: self._document.resize(width, palette))
            self._strips.clear()
        self._view.height = region.height

    def _changed(self) -> None:
        """Fill the window again, follow the end if it was in view, and repaint."""
        if not self.is_mounted or not self.size:
            return
        self._prepare()
        if self._follow:
            self._view.to_end()
        self._repaint()

    def _moved(self) -> None:
        """Repaint after the reader moved the view."""
        self._rows = self._view.rows()
        self._follow = self._view.at_end
        self._repaint()

    def _repaint(self) -> None:
        if not self.is_mounted or not self.size:
            return
        self._prepare()
        self._rows = self._view.rows()
        if self._view.at_end:
            self._follow, self._news = True, False
        self._scrollbar()
        self.refresh()
        if self._older and not self._asked and self._view.top < NEAR and self._document.records:
            self._asked = True
            self.post_message(messages.OlderWanted())

    def _scrollbar(self) -> None:
        """Tell the scrollbar where the window is; no layout of the screen is needed for that."""
        size = Size(self.scrollable_content_region.width, self._document.heights.total)
        self._moving = True
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        top = self._view.top
        self.scroll_target_y = top
        self.scroll_y = top
        self._moving = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the scrollbar and the wheel."""
        super().watch_scroll_y(old_value, new_value)
        if self._moving or round(old_value) == round(new_value):
            return
        self._prepare()
        lines = round(new_value) - round(old_value)
        if new_value <= 0:
            self._view.to_line(0)
        elif new_value >= self.max_scroll_y:
            self._view.to_end()
        elif abs(lines) <= 3 * self._view.height:
            self._view.move(lines)
        else:
            self._view.to_line(round(new_value))
        self._moved()

    def _on_scroll_up(self, event: ScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.action_page_up()

    def _on_scroll_down(self, event: ScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.action_page_down()

    # --- drawing --------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return one line of the window; called by Textual."""
        if self._marks is None or self._rows is None:
            self._prepare()
            self._rows = self._view.rows()
        palette = self._marks
        if palette is None:
            return Strip.blank(self.size.width)
        width = self.scrollable_content_region.width
        if not self._document.records:
            return self._empty_line(y, width, palette)
        if y == self._view.height - 1 and self._news:
            return self._below(y, width, palette)
        if y >= len(self._rows):
            return Strip.blank(width, palette["text"])
        return self._strip(self._rows[y], width, palette)

    def _strip(self, row: Row, width: int, palette: Palette) -> Strip:
        record = self._document.records[row.entry]
        layout = self._document.layout(row.entry)
        chosen = record.ref == self.cursor
        key = (record.ref, row.part, row.line, chosen, width)
        fixed = row.part < layout.fixed
        if fixed and (strip := self._strips.get(key)) is not None:
            return strip
        lines = layout.head(details=chosen) if row.part == 0 else layout.lines(row.part)
        line = lines[row.line]
        gap = row.part == 0 and row.line == 0 and len(lines) > 1
        sign, role = _RAILS[record.place]
        if chosen:
            sign, role = "▌", "cursor"
        elif sign == " " and layout.entry.kind is Kind.USER:
            sign, role = "▎", "user"
        rail = Segment(" " * RAIL if gap else sign.ljust(RAIL), palette[role])
        strip = Strip([rail, *line]).adjust_cell_length(width, palette["text"])
        if fixed:
            self._strips[key] = strip
        return strip

    def _below(self, y: int, width: int, palette: Palette) -> Strip:
        """Return the last line with the mark that something new is below."""
        rows = self._rows or []
        line = self._strip(rows[y], width, palette) if y < len(rows) else Strip.blank(width)
        mark = " ↓ new below "
        size = cell_len(mark) + 1
        if width < 2 * size:
            return line
        return Strip(
            [
                *line.crop(0, width - size),
                Segment(mark, palette["notice"]),
                Segment(" ", palette["text"]),
            ],
            width,
        )

    def _empty_line(self, y: int, width: int, palette: Palette) -> Strip:
        text = self.placeholder.plain if isinstance(self.placeholder, Content) else self.placeholder
        lines = text.split("\n")
        at = y - (self._view.height - len(lines)) // 2
        if not 0 <= at < len(lines):
            return Strip.blank(width, palette["text"])
        pad = max((width - cell_len(lines[at])) // 2, 0)
        segment = Segment(" " * pad + lines[at], palette["muted"])
        return Strip([segment]).adjust_cell_length(width, palette["text"])

    # --- the block cursor -----------------------------------------------------------------

    def watch_cursor(self, ref: int | None) -> None:
        """Show the chosen item and tell the screen about it."""
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
        self._strips.clear()
        if row is not None or shown:
            self._view.to_entry(index, row or 0)
        self._rows = None
        self._moved()

    def action_copy_item(self) -> None:
        """Copy the text of the chosen item as it was written."""
        if (current := self._current()) is None:
            return
        record = self._document.records[current]
        text = self._document.source(record.ref)
        self.app.copy_to_clipboard(text)
        self.post_message(messages.Copied(text, record.item.kind.value))

    def on_click(self, event: events.Click) -> None:
        """Choose the item under the pointer; its fold sign folds it, a link asks to open."""
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
