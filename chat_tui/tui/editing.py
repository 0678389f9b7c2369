"""Text boxes whose keys take effect in the order in which they were pressed, and that rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive
from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from textual import events
    from textual.widget import Widget


async def run_own_binding(box: Widget, event: events.Key) -> bool:
    """Run a box's own binding of a key at once; returns whether it had one.

    Textual hands a key that edits (backspace, an arrow) up to the app and back, while characters
    are inserted at once: of keys that arrive together, the characters would overtake the others.
    """
    for binding in box._bindings.key_to_bindings.get(event.key, []):
        if not binding.id:  # those with an id are the program's, not the box's
            event.stop()
            await box.run_action(binding.action)
            return True
    return False


class Line(Input):
    """A line of text. Its cursor does not blink: nothing repaints while nothing happens."""

    cursor_blink = reactive(False, init=False)

    async def _on_key(self, event: events.Key) -> None:
        if not await run_own_binding(self, event):
            await super()._on_key(event)
        event.prevent_default()


class Editor(TextArea):
    """Several lines of text, with a cursor that does not blink either."""

    cursor_blink = reactive(False, init=False)

    async def _on_key(self, event: events.Key) -> None:
        if not await run_own_binding(self, event):
            await super()._on_key(event)
        event.prevent_default()
