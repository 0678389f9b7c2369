"""What the reader does with the chosen item: fold, show raw, copy, open its links, click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.items import Kind
from chat_tui.tui.transcript import code, messages
from chat_tui.tui.transcript.cursor import CursorPane
from chat_tui.tui.transcript.jumps import Target
from chat_tui.tui.transcript.links import links

if TYPE_CHECKING:
    from textual import events

_NAMES = {kind: f"{kind} item" for kind in Kind} | {
    Kind.USER: "message",
    Kind.ASSISTANT: "answer",
    Kind.CALL: "call",
    Kind.OUTPUT: "output",
    Kind.UNKNOWN: "item",
}
"""What a kind is called in a sentence."""


class ActingPane(CursorPane, inherit_bindings=False):
    """The half of the transcript that does something with what is chosen."""

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
        self._prepare()
        if current is None or self._view.title_row(current) is None:
            rows = self._view.rows()
            current = rows[0].entry if rows else 0
        self._kept(current, self._document.fold_all)

    def action_toggle_raw(self) -> None:
        """Show the chosen item as the JSON it is, or rendered again."""
        current = self._current()
        if current is None:
            return
        ref = self._document.records[current].ref
        self._kept(current, lambda: self._document.toggle_raw(ref))

    def action_copy_item(self) -> None:
        """Copy what is selected with the mouse, else the text of the chosen item as written."""
        if self.text_selection is not None and (selected := self.screen.get_selected_text()):
            self.post_message(messages.CopyWanted(selected, "the selection"))
            return
        if (current := self._current()) is None:
            return
        record = self._document.records[current]
        text = self._document.source(record.ref)
        self.post_message(messages.CopyWanted(text, f"the {_NAMES[record.kind]}"))

    def action_copy_code(self) -> None:
        """Copy the picked code block, else the one nearest to where the reader looks."""
        place = self._nearest_code()
        if place is None:
            self.post_message(messages.JumpMissed(Target.CODE, 0))
            return
        index, part = place
        self._pick(index, part)
        layout = self._document.layout(index)
        text = code.source(layout, code.starts(layout).index(part))
        self.post_message(messages.CopyWanted(text, "the code block"))

    def _nearest_code(self) -> tuple[int, int] | None:
        """Return (index, part) of the code block meant when none is named."""
        self._prepare()
        current = self._current()
        rows = self._view.rows()
        if current is not None:
            if part := self._picked_part(current):
                return current, part
            starts = code.starts(self._document.layout(current))
            seen = {row.part for row in rows if row.entry == current}
            if starts:
                return current, next((start for start in starts if start in seen), starts[0])
        for row in reversed(rows):
            if row.part and row.part in code.starts(self._document.layout(row.entry)):
                return row.entry, row.part
        for by in (-1, 1):
            index = current if current is not None else rows[-1].entry if rows else -1
            while 0 <= index < len(self._document):
                if part := self._next_code(index, 1 << 30 if by < 0 else 0, by):
                    return index, part
                index += by
        return None

    def action_links(self) -> None:
        """Open the link of the chosen item, or offer them when there are several."""
        if (current := self._current()) is None:
            return
        self._prepare()
        layout = self._document.layout(current)
        body = self._document.body(self._document.records[current].ref)
        self.post_message(messages.LinksWanted(tuple(links(body, layout.entry.form))))

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
