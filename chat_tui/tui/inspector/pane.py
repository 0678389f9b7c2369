"""The inspector's widgets: three tabs over one scrolling view of lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Static

from chat_tui.tui.inspector.folding import folded
from chat_tui.tui.keymap import Scope, bindings

if TYPE_CHECKING:
    from textual import events

    from chat_tui.controller import View
    from chat_tui.items import Record
    from chat_tui.tui.inspector.facts import Lines


class Tab(StrEnum):
    """What the inspector looks at."""

    ITEM = "Item"
    CONVERSATION = "Conversation"
    TURN = "Turn"


class LinesView(ScrollView, can_focus=True):
    """Lines of content, folded to the width when that changes, drawn when looked at."""

    BINDINGS = bindings(Scope.INSPECTOR)
    scope = Scope.INSPECTOR
    DEFAULT_CSS = "LinesView { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }"

    @dataclass
    class TabWanted(Message):
        """Sent when the user turns to another tab."""

        by: int

    class EditWanted(Message):
        """Sent when the user wants to edit the metadata."""

    class CopyWanted(Message):
        """Sent when the user wants what is shown in the clipboard."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self._lines: Lines = []
        self._folded: Lines = []
        self._width = 0

    def show(self, lines: Lines, *, from_top: bool) -> None:
        """Show other lines."""
        self._lines = lines
        self._width = 0
        self._fold()
        if from_top:
            self.scroll_home(animate=False)
        self.refresh()

    def on_resize(self) -> None:
        """Fold to the new width."""
        self._fold()

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0 or width == self._width or not self._lines:
            return
        self._width = width
        self._folded = [part for line in self._lines for part in folded(line, width)]
        self.virtual_size = Size(width, len(self._folded))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        row = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if row >= len(self._folded):
            return Strip.blank(width, self.rich_style)
        segments = self._folded[row].render_segments(self.visual_style)
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def action_next_tab(self) -> None:
        """Turn to the next tab."""
        self.post_message(self.TabWanted(1))

    def action_previous_tab(self) -> None:
        """Turn to the previous tab."""
        self.post_message(self.TabWanted(-1))

    def action_edit_metadata(self) -> None:
        """Ask to edit the metadata."""
        self.post_message(self.EditWanted())

    def action_copy(self) -> None:
        """Ask for a copy of what is shown."""
        self.post_message(self.CopyWanted())


class Inspector(Vertical):
    """Three tabs: the item under the cursor, the conversation, the turn."""

    DEFAULT_CSS = """
    Inspector {
        width: 31%;
        min-width: 30;
        max-width: 56;
        background: $background;
        border-left: vkey $rule;
        &:focus-within { border-left: vkey $primary 60%; }
    }
    """

    tab: reactive[Tab] = reactive(Tab.CONVERSATION)
    """The tab on top."""

    @dataclass
    class Copied(Message):
        """Sent when text should go to the clipboard."""

        text: str
        what: str

    class MetadataWanted(Message):
        """Sent when the user wants to edit the conversation's metadata."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self._view: View | None = None
        self._record: Record | None = None
        self._drawn: object = None
        self._tabs = Static(Content(""), classes="pane-title")
        self.lines = LinesView(id="inspector-lines")

    async def furnish(self) -> None:
        """Lay the tabs over the lines; before that the pane is an empty place."""
        await self.mount(self._tabs, self.lines)
        self._draw(from_top=True)

    def on_show(self) -> None:
        """Draw what changed while the pane was hidden."""
        self._draw(from_top=False)

    def show(self, view: View) -> None:
        """Show the facts of a conversation."""
        other = self._view is None or self._view.key != view.key
        self._view = view
        self._draw(from_top=other)

    def show_item(self, record: Record | None, *, chosen: bool = False) -> None:
        """Show an item; its tab comes to the top when the item was ``chosen`` by hand."""
        other = record is None or self._record is None or record.ref != self._record.ref
        self._record = record
        if chosen and self.tab is Tab.CONVERSATION:
            self.tab = Tab.ITEM
        elif self.tab is Tab.ITEM:
            self._draw(from_top=other)

    def watch_tab(self) -> None:
        """Show the other tab."""
        self._draw(from_top=True)

    def _draw(self, *, from_top: bool) -> None:
        """Draw the tab on top, if it can be seen and differs from what is drawn."""
        if not self.lines.is_mounted or not self.display or self._view is None:
            return
        shown = (self.tab, self._record if self.tab is Tab.ITEM else self._view)
        if shown == self._drawn:
            return
        self._drawn = shown
        self._tabs.update(_tab_line(self.tab), layout=False)
        self.lines.show(self._lines(self._view), from_top=from_top)

    def _lines(self, view: View) -> Lines:
        """Return the lines of the tab on top."""
        from chat_tui.tui.inspector import facts  # noqa: PLC0415 - not needed for the first frame

        if self.tab is Tab.ITEM:
            return facts.item_lines(self._record)
        return (facts.conversation_lines if self.tab is Tab.CONVERSATION else facts.turn_lines)(
            view
        )

    def on_lines_view_tab_wanted(self, event: LinesView.TabWanted) -> None:
        """Turn to a neighbouring tab."""
        event.stop()
        tabs = list(Tab)
        self.tab = tabs[(tabs.index(self.tab) + event.by) % len(tabs)]

    def on_lines_view_edit_wanted(self, event: LinesView.EditWanted) -> None:
        """Pass the wish on."""
        event.stop()
        self.post_message(self.MetadataWanted())

    def on_lines_view_copy_wanted(self, event: LinesView.CopyWanted) -> None:
        """Copy the raw item, or the facts shown."""
        from chat_tui.tui.inspector import facts  # noqa: PLC0415

        event.stop()
        if self.tab is Tab.ITEM and self._record is not None:
            self.post_message(self.Copied(facts.readable_json(self._record.raw), "the item's JSON"))
        elif self._view is not None and self.tab is not Tab.ITEM:
            text = facts.plain(self._lines(self._view))
            self.post_message(self.Copied(text, f"the {self.tab.lower()}'s facts"))

    def on_click(self, event: events.Click) -> None:
        """Turn to the tab clicked on."""
        if event.widget is not self._tabs:
            return
        position = 0
        for tab in Tab:
            position += len(tab) + 3
            if event.x < position:
                self.tab = tab
                return


def _tab_line(active: Tab) -> Content:
    parts: list[str | tuple[str, str]] = []
    for tab in Tab:
        style = "bold underline $primary" if tab is active else "$muted"
        parts += ["   " if parts else "", (str(tab), style)]
    return Content.assemble(*parts)
