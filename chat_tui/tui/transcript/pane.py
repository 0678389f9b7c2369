"""A document drawn in a scroll view: size, colours, scrolling and painting.

One widget without children. What is done with the items is in ``transcript``.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import TRANSPARENT
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from chat_tui.items import Kind, Place
from chat_tui.tui.transcript import code, messages, wording
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.overlay import key_of, overlaid
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette
from chat_tui.tui.transcript.search import Search
from chat_tui.tui.transcript.view import Row, View

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.scrollbar import ScrollDown, ScrollUp
    from textual.selection import Selection

RAIL = 2
"""Columns left of everything: the rail, and a space."""
MARGIN = 1
"""Columns right of everything."""
COLUMN = 120
"""Cells beyond which a wide pane stays empty: lines too long to follow are hard to read."""
NEAR = 40
"""Lines from the top at which older items are wanted."""
STRIPS = 300
"""Lines kept as they were painted."""

_RAILS = {
    Place.CONVERSATION: (" ", "text"),
    Place.CHAIN: ("┊", "aside"),
    Place.PRIVATE: ("┊", "private"),
    Place.PENDING: ("┊", "pending"),
    Place.STOPPED: ("┊", "error"),
}


class TranscriptPane(ScrollView, inherit_bindings=False):
    """The painting half of the transcript. Cost is that of what is visible."""

    DEFAULT_CSS = """
    TranscriptPane {
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
    TranscriptPane > .transcript--text { color: $foreground 92%; }
    TranscriptPane > .transcript--muted { color: $foreground 62%; }
    TranscriptPane > .transcript--faint { color: $foreground 45%; }
    TranscriptPane > .transcript--user { color: $text-accent; }
    TranscriptPane > .transcript--assistant { color: $text-primary; }
    TranscriptPane > .transcript--system { color: $text-secondary; }
    TranscriptPane > .transcript--reasoning { color: $foreground 62%; text-style: italic; }
    TranscriptPane > .transcript--tool { color: $text-success; }
    TranscriptPane > .transcript--compaction { color: $foreground 62%; }
    TranscriptPane > .transcript--error { color: $text-error; }
    TranscriptPane > .transcript--done { color: $text-success; }
    TranscriptPane > .transcript--private { color: $off-record; }
    TranscriptPane > .transcript--wanted { color: $text-warning; }
    TranscriptPane > .transcript--pending { color: $foreground 62%; }
    TranscriptPane > .transcript--aside { color: $text-secondary; }
    TranscriptPane > .transcript--heading { color: $text-primary; }
    TranscriptPane > .transcript--code { color: $foreground 92%; background: $foreground 6%; }
    TranscriptPane > .transcript--inline-code { color: $text-accent; background: $foreground 7%; }
    TranscriptPane > .transcript--link { color: $text-primary; }
    TranscriptPane > .transcript--math { color: $text-success; }
    TranscriptPane > .transcript--rail { color: $foreground 25%; }
    TranscriptPane > .transcript--cursor { color: $foreground 30%; }
    TranscriptPane:focus > .transcript--cursor { color: $primary; }
    TranscriptPane > .transcript--match { background: $warning 30%; }
    TranscriptPane > .transcript--match-current { color: $background; background: $warning; }
    TranscriptPane > .transcript--notice { color: $text-primary; background: $primary 20%; }
    TranscriptPane > .transcript--keyword { color: $text-accent; }
    TranscriptPane > .transcript--string { color: $text-success; }
    TranscriptPane > .transcript--number { color: $text-warning; }
    TranscriptPane > .transcript--comment { color: $foreground 62%; text-style: italic; }
    TranscriptPane > .transcript--name { color: $text-primary; }
    TranscriptPane > .transcript--operator { color: $foreground 75%; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"transcript--{role}" for role in (*ROLES, *MARKS)}
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id, classes=classes)
        self.placeholder: Content | str = ""
        """What an empty transcript says."""
        self._document = Document()
        self._view = View(self._document)
        self._chosen: int | None = None
        self._picked: tuple[int, int] | None = None
        """The code block jumped to: the ref of its item and its number there."""
        self._search = Search()
        self._palette: Palette | None = None
        """What the text is drawn with; replaced only when it would look different."""
        self._marks: Palette | None = None
        """The styles of this moment, focus and all."""
        self._older = False
        self._asked = False
        self._follow = True
        self._news = False
        self._rows: list[Row] | None = None
        self._ground = TRANSPARENT
        self._painted: list[Strip] = []
        """The lines of the window as the screen has them, or was told to fetch them."""
        self._held: tuple[int, int] | None = None
        """The chosen record and the row its title was painted on, and is to stay on."""
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(STRIPS)

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
            self._ground = self.background_colors[1]
            if not self._marks.draws_like(palette):
                palette = self._palette = self._marks
        region = self.scrollable_content_region
        width = min(max(region.width - RAIL - MARGIN, 1), COLUMN)
        if palette is not None and self._document.differs(width, palette):
            self._view.keep(lambda: self._document.resize(width, palette))
            self._strips.clear()
        elif region.height == self._view.height:
            return
        self._view.height = region.height
        self._hold()

    def _hold(self) -> None:
        """Let the title of the chosen record stand where it was painted, unless the end is kept."""
        if self._held is None or self._follow:
            return
        ref, row = self._held
        if ref == self._chosen and self._document.has(ref) and self._document.ready:
            self._view.put(self._document.index(ref), row)

    def _changed(self) -> None:
        """Fill the window again, follow the end if it was in view, and repaint."""
        if not self.is_mounted or not self.size:
            return
        self._prepare()
        if self._follow:
            self._view.to_end()
        else:
            self._hold()
        self._repaint()

    def _moved(self) -> None:
        """Repaint after the reader moved the view."""
        self._rows = self._view.rows()
        self._follow = self._view.at_end
        self._held = None
        self._repaint()

    def _repaint(self) -> None:
        if not self.is_mounted or not self.size:
            return
        self._prepare()
        self._rows = self._view.rows()
        self._held = None
        if self._chosen is not None and self._document.has(self._chosen):
            row = self._view.title_row(self._document.index(self._chosen))
            self._held = None if row is None else (self._chosen, row)
        if self._view.at_end:
            self._follow, self._news = True, False
        self._scrollbar()
        lines = self._lines(range(self._view.height))
        if len(lines) != len(self._painted):
            self.refresh()
        elif changed := [y for y, line in enumerate(lines) if line != self._painted[y]]:
            width = self.scrollable_content_region.width
            self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._painted = lines
        if self._older and not self._asked and self._view.top < NEAR and self._document.records:
            self._asked = True
            self.post_message(messages.OlderWanted())

    def _scrollbar(self) -> None:
        """Tell the scrollbar where the window is; drawn again only where that looks different."""
        window, total, top = self._view.height, self._document.heights.total, self._view.top
        bar = self.vertical_scrollbar
        before = _thumb(window, bar.window_virtual_size, bar.position)
        self.set_reactive(Widget.virtual_size, Size(self.scrollable_content_region.width, total))
        self.set_reactive(Widget.scroll_y, top)
        self.set_reactive(Widget.scroll_target_y, top)
        bar.set_reactive(ScrollBar.window_virtual_size, total)
        bar.set_reactive(ScrollBar.window_size, window)
        bar.set_reactive(ScrollBar.position, top)
        after = _thumb(window, total, top)
        if ends := [ends for ends in zip(before, after, strict=True) if ends[0] != ends[1]]:
            bar.refresh(*(Region(0, min(end) // 8, 1, max(end) // 8 + 1) for end in ends))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the scrollbar and the wheel."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) == round(new_value):
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

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines as they go to the screen; called by Textual.

        Textual's own way makes each line anew wherever it moves. A line that comes as the same
        object is neither filtered, cut nor encoded again; there is no border or padding to add.
        """
        lines = self._lines(crop.line_range)
        self._painted[crop.y : crop.bottom] = lines
        for each in self.get_line_filters():
            lines = [line.apply_filter(each, self._ground) for line in lines]
        return [line.crop(crop.x, crop.right) for line in lines]

    def render_line(self, y: int) -> Strip:
        """Return one line of the window; called by Textual."""
        return self._lines([y])[0]

    def _lines(self, window: Iterable[int]) -> list[Strip]:
        """Return some lines of the window."""
        if self._marks is None or self._rows is None:
            self._prepare()
            self._rows = self._view.rows()
        palette, rows = self._marks, self._rows
        width = self.scrollable_content_region.width
        if palette is None:
            return [Strip.blank(width) for _ in window]
        if not self._document.records:
            return [self._empty_line(y, width, palette) for y in window]
        blank = Strip.blank(width, palette["text"])
        selection, pointed = self.text_selection, self.app.mouse_over is self
        lines: list[Strip] = []
        for y in window:
            if y >= len(rows):
                lines.append(blank)
                continue
            row = rows[y]
            line = self._strip(row, width, palette)
            if selection is not None:
                line = self._selected(row, line, selection)
            if y == self._view.height - 1 and self._news:
                line = self._below(line, width, palette)
            elif pointed:
                line = line.apply_offsets(0, key_of(self._document, row))
            lines.append(line)
        return lines

    def _selected(self, row: Row, line: Strip, selection: Selection) -> Strip:
        """Return a line with what is selected marked on it."""
        span = selection.get_span(key_of(self._document, row))
        if span is None:
            return line
        style = self.screen.get_component_rich_style("screen--selection")
        return overlaid(line, max(span[0], RAIL), span[1], style)

    def _strip(self, row: Row, width: int, palette: Palette) -> Strip:
        record = self._document.records[row.entry]
        layout = self._document.layout(row.entry)
        chosen = record.ref == self._chosen
        picked = (
            self._picked is not None
            and self._picked[0] == record.ref
            and code.belongs(layout, row.part, self._picked[1])
        )
        query = self._search.query
        current = self._search.current_in(record.ref, layout, row.part) if query else -1
        look = (chosen, picked, record.place, query, current)
        key = (layout.key(row.part), row.part, row.line, look)
        if (strip := self._strips.get(key)) is not None:
            return strip
        if row.part == 0:
            lines = layout.head(details=chosen, query=query)
        else:
            lines = layout.lines(row.part, query)
        line = lines[row.line]
        gap = row.part == 0 and row.line == 0 and len(lines) > 1
        sign, role = _RAILS[record.place]
        if chosen:
            sign, role = "█" if picked else "▌", "cursor"
        elif sign == " " and layout.entry.kind is Kind.USER:
            sign, role = "▎", "user"
        rail = Segment(" " * RAIL if gap else sign.ljust(RAIL), palette[role])
        drawn = [segment for segment in line if segment.text]
        if query:
            drawn = [_marked(segment, current, palette) for segment in drawn]
        strip = Strip([rail, *drawn]).adjust_cell_length(width, palette["text"])
        self._strips[key] = strip
        return strip

    def _below(self, line: Strip, width: int, palette: Palette) -> Strip:
        """Return the last line with the mark that something new is below."""
        mark = " ↓ new below "
        size = cell_len(mark) + 1
        if width < 2 * size:
            return line
        end = [Segment(mark, palette["notice"]), Segment(" ", palette["text"])]
        return Strip([*line.crop(0, width - size), *end], width)

    def _empty_line(self, y: int, width: int, palette: Palette) -> Strip:
        text = self.placeholder.plain if isinstance(self.placeholder, Content) else self.placeholder
        lines = text.split("\n")
        at = y - (self._view.height - len(lines)) // 2
        if not 0 <= at < len(lines):
            return Strip.blank(width, palette["text"])
        pad = max((width - cell_len(lines[at])) // 2, 0)
        segment = Segment(" " * pad + lines[at], palette["muted"])
        return Strip([segment]).adjust_cell_length(width, palette["text"])


def _marked(segment: Segment, current: int, palette: Palette) -> Segment:
    """Return a segment on the ground of a match if it belongs to one."""
    found = wording.numbers(segment.style)
    if not found or segment.style is None:
        return segment
    if current in found:
        return segment._replace(style=segment.style + palette["match-current"])
    return segment._replace(style=segment.style + Style(bgcolor=palette["match"].bgcolor))


def _thumb(window: int, total: int, top: float) -> tuple[int, int]:
    """Return where a scrollbar as long as the window shows its thumb: from and to eighths."""
    if total <= window:
        return 0, 0
    size = max(1.0, window * window / total)
    start = int((window - size) * top / (total - window) * 8)
    return start, start + ceil(size * 8)
