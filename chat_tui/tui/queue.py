"""The queue: messages that wait to be sent, one line each, above the composer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from chat_tui.items import visible_line
from chat_tui.tui.keymap import Scope, bindings

if TYPE_CHECKING:
    from textual import events

    from chat_tui.controller import Queued

SHOWN = 5
"""Messages shown at a time."""


class QueueBar(Static, can_focus=True):
    """Takes no place when nothing waits."""

    BINDINGS = bindings(Scope.QUEUE)
    scope = Scope.QUEUE
    DEFAULT_CSS = """
    QueueBar {
        height: auto;
        padding: 0 2;
        margin-right: 1;
        display: none;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &.-shown { display: block; }
        &:focus { background: $surface; }
    }
    """

    cursor: reactive[int] = reactive(0)
    """Which message the keys mean."""

    @dataclass
    class EditWanted(Message):
        """Sent when the user wants a message back in the composer."""

        number: int

    @dataclass
    class RemoveWanted(Message):
        """Sent when the user wants a message gone."""

        number: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(Content(""), id=id)
        self._queued: tuple[Queued, ...] = ()
        self._waits = False
        self._key = ""

    def show(self, queued: Sequence[Queued], *, waits: bool, key: str) -> None:
        """Show what waits; ``key`` lets it go on when it ``waits`` for that."""
        if (tuple(queued), waits, key) == (self._queued, self._waits, self._key):
            return
        self._queued, self._waits, self._key = tuple(queued), waits, key
        self.cursor = self.validate_cursor(self.cursor)
        self.set_class(bool(queued), "-shown")
        self._draw()

    def _draw(self) -> None:
        if not self._queued:
            return
        lines = [self._heading()]
        first = max(0, min(self.cursor - SHOWN + 1, len(self._queued) - SHOWN))
        for place, queued in list(enumerate(self._queued))[first : first + SHOWN]:
            here = self.has_focus and place == self.cursor
            text = f"{place + 1} {visible_line(queued.text)}"
            style = "bold $foreground on $primary 22%" if here else "$foreground"
            lines.append(Content.styled(text, style))
        self.update(Content("\n").join(lines))

    def _heading(self) -> Content:
        count = len(self._queued)
        if self._waits:
            return Content.assemble(
                (f"! {count} queued, waiting", "$warning"), (f"  {self._key} sends on", "$muted")
            )
        return Content.styled(f"⋯ {count} queued, sent when the answer has come", "$muted")

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a message."""
        return max(0, min(cursor, len(self._queued) - 1))

    def watch_cursor(self) -> None:
        """Show where the cursor is."""
        self._draw()

    def watch_has_focus(self, _: bool) -> None:
        """Show the cursor with the focus only."""
        self._draw()

    def action_cursor_up(self) -> None:
        """Go one message up."""
        self.cursor -= 1

    def action_cursor_down(self) -> None:
        """Go one message down."""
        self.cursor += 1

    def action_edit(self) -> None:
        """Ask for the message in the composer."""
        if self._queued:
            self.post_message(self.EditWanted(self._queued[self.cursor].number))

    def action_remove(self) -> None:
        """Ask for the message to be gone."""
        if self._queued:
            self.post_message(self.RemoveWanted(self._queued[self.cursor].number))

    def on_click(self, event: events.Click) -> None:
        """Go to the message clicked on."""
        self.cursor = event.y - 1
