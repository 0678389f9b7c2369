"""The pane around the conversation list: its title and, while wanted, the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chat_tui.tui.conversations.list import ConversationList

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.widgets import Input

_TITLE = "Conversations"
_ORDERED = {"recent": "conversations", "created": "by creation", "title": "by title"}
"""How the list says its order; short, because the pane is narrow."""
_MOST = 500
"""A filter that finds this many found the best of more."""


class ConversationPane(Vertical):
    """The list with its title and, while wanted, the filter."""

    DEFAULT_CSS = """
    ConversationPane {
        width: 20%;
        min-width: 22;
        max-width: 34;
        background: $background;
        border-right: vkey $rule;
        &:focus-within { border-right: vkey $primary 60%; }
        & > Input {
            height: 1; border: none; padding: 0 1; background: $surface;
        }
    }
    """

    class FilterOpened(Message):
        """Sent when the filter was opened: letters will follow."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(id=id)
        self.list = ConversationList(id="conversations")
        self._title = Static(Content(_TITLE), classes="pane-title")

    def compose(self) -> ComposeResult:
        """Lay the title over the list."""
        yield self._title
        yield self.list

    def on_conversation_list_listed(self, event: ConversationList.Listed) -> None:
        """Say how the list is sorted and how long it is, or how much was found."""
        event.stop()
        if event.query:
            text = f"best {event.total:,}" if event.total >= _MOST else f"{event.total:,} found"
        else:
            text = f"{event.total:,} {_ORDERED[event.order]}"
        self._title.update(Content(text), layout=False)

    # --- the filter -----------------------------------------------------------------------------

    def open_filter(self) -> None:
        """Open the filter and go there."""
        from textual.widgets import Input  # noqa: PLC0415 - not needed for the first frame

        if not self.query(Input):
            entry = Input(placeholder="filter", compact=True)
            entry.cursor_blink = False  # nothing repaints while nothing happens
            self.mount(entry, before=self.list)
            self.post_message(self.FilterOpened())
        self.query_one(Input).focus()
        self.list.filtering = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list as the user types."""
        event.stop()
        self.list.find(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the filter to what it found."""
        event.stop()
        self.list.focus()

    def on_key(self, event: events.Key) -> None:
        """Move through what was found without leaving the filter."""
        moves = {"down": self.list.action_cursor_down, "up": self.list.action_cursor_up}
        if event.key in moves and not self.list.has_focus:
            event.stop()
            moves[event.key]()

    async def close_filter(self) -> bool:
        """Show everything again; returns whether a filter was open."""
        from textual.widgets import Input  # noqa: PLC0415

        found = self.query(Input)
        if not found:
            return False
        await found.remove()
        self.list.filtering = False
        self.list.find("")
        self.list.focus()
        return True
