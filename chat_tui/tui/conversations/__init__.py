"""The pane on the left: the list of conversations with its filter."""

from chat_tui.tui.conversations.list import ConversationList
from chat_tui.tui.conversations.pane import ConversationPane

__all__ = ["ConversationList", "ConversationPane"]
