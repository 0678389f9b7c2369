"""The pane around the conversation list: its title and, while wanted, the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chat_tui.tui.conversations.list import ConversationList

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widgets import Input

    from chat_tui.tui.conversations.filter import Filter

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
        & > Filter {
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
            if event.total == 1:
                text = text.replace("conversations", "conversation")
        self._title.update(Content(text), layout=False)

    # --- the filter -----------------------------------------------------------------------------

    def open_filter(self) -> None:
        """Open the filter and go there."""
        from chat_tui.tui.conversations.filter import Filter  # noqa: PLC0415 - when first used

        if not self.query(Filter):
            self.mount(Filter(), before=self.list)
            self.post_message(self.FilterOpened())
        self.query_one(Filter).focus()
        self.list.filtering = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list as the user types."""
        event.stop()
        self.list.find(event.value)

    def on_filter_moved(self, event: Filter.Moved) -> None:
        """Move through what was found without leaving the filter."""
        event.stop()
        moves = {
            "up": self.list.action_cursor_up,
            "down": self.list.action_cursor_down,
            "page_up": self.list.action_page_up,
            "page_down": self.list.action_page_down,
        }
        moves[event.way]()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open what was found, as soon as it is."""
        event.stop()
        self.list.open_when_found()

    async def on_conversation_list_chosen(self) -> None:
        """Leave the filter: it has done its work."""
        await self.close_filter()

    async def close_filter(self) -> bool:
        """Show everything again; returns whether a filter was open."""
        if not self.list.filtering:
            return False
        await self.query("Filter").remove()
        self.list.filtering = False
        self.list.find("")
        self.list.focus()
        return True
