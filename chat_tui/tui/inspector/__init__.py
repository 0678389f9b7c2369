"""The inspector pane: everything known about the item, the conversation and the turn."""

from chat_tui.tui.inspector.pane import Inspector, LinesView

__all__ = ["Inspector", "LinesView"]
