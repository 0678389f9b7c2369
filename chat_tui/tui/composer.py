"""The composer: where a message is written. It grows, keeps its draft and never loses text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from chat_tui.tui.editing import Editor
from chat_tui.tui.keymap import Scope, bindings

if TYPE_CHECKING:
    from textual import events
    from textual.timer import Timer

DRAFT_PAUSE = 0.4
"""Seconds without a key after which the draft is saved."""
STANDSTILL = 0.5
"""Seconds that typed characters wait at most for a command that was given before them."""


class Composer(Editor):
    """A growing text box; enter sends, shift+enter (and others) break the line."""

    BINDINGS = bindings(Scope.COMPOSER)
    scope = Scope.COMPOSER
    DEFAULT_CSS = """
    Composer {
        height: auto;
        min-height: 3;
        max-height: 40%;
        padding: 0 1;
        border: round $rule;
        background: $background;
        border-title-color: $muted;
        border-subtitle-color: $muted;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary; }
        &.-private, &.-private:focus {
            border: heavy $off-record;
            border-title-color: $off-record;
            border-title-style: bold;
        }
    }
    """

    @dataclass
    class Sent(Message):
        """Sent when the user wants the text to go; the box no longer holds it."""

        text: str
        key: int | None
        """The conversation it was written in; None before the first is open."""

    @dataclass
    class DraftChanged(Message):
        """Sent when the text changed and then rested for a moment."""

        text: str
        key: int | None
        """The conversation it was written in; None before the first is open."""

    @dataclass
    class Due(Message):
        """Sent when everything typed before a command has taken effect."""

        begin: Callable[[], None]

    class CopyNothing(Message):
        """Sent when ctrl+c was pressed with nothing selected."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            placeholder="Write a message",
        )
        self.cursor_blink = False  # a blinking cursor would repaint while nothing happens
        self._key: int | None = None
        self._saved = ""
        self._pause: Timer | None = None

    # --- text -----------------------------------------------------------------------------------

    def show(self, key: int, draft: str) -> None:
        """Show a conversation's draft; what is written of the same conversation stays."""
        if key != self._key:
            self._key = key
            self._fill(draft)

    def _fill(self, text: str) -> None:
        """Replace the text, which is saved elsewhere."""
        self._saved = text
        self.load_text(text)
        self.move_cursor(self.document.end)

    def put_back(self, text: str) -> None:
        """Put text before whatever is there, as a draft that is still to be saved."""
        self.load_text(f"{text}\n{self.text}" if self.text else text)
        self.move_cursor(self.document.end)

    def take(self) -> str:
        """Return the text and empty the box."""
        text = self.text
        self._fill("")
        return text

    def unsaved(self) -> str | None:
        """Return the text when it was not reported yet, and count it as reported."""
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if self.text == self._saved:
            return None
        self._saved = self.text
        return self.text

    def on_text_area_changed(self) -> None:
        """Report the draft once the keys rest."""
        if self._pause is not None:
            self._pause.reset()
        elif self.text != self._saved:
            self._pause = self.set_timer(DRAFT_PAUSE, self._report)

    def _report(self) -> None:
        text = self.unsaved()
        if text is not None:
            self._tell(self.DraftChanged(text, self._key))

    async def _on_key(self, event: events.Key) -> None:
        """Break the line on shift+enter as xterm's modifyOtherKeys reports it."""
        if event.key.endswith("+\r"):
            event.stop()
            event.prevent_default()
            self.action_newline()
        else:
            await super()._on_key(event)
            event.prevent_default()

    def set_private(self, *, private: bool) -> None:
        """Say by colour and word that the next turn is off the record."""
        self.set_class(private, "-private")
        self.border_title = "off the record" if private else ""

    # --- acting ---------------------------------------------------------------------------------

    def in_turn(self, begin: Callable[[], None], over: asyncio.Event | None = None) -> None:
        """Begin a command once all that was typed and sent before it has taken effect.

        What is typed after it waits until ``over`` is set, when given: it is meant for what the
        command brings.
        """
        self.call_later(self._stand_still, begin, over)

    async def _stand_still(self, begin: Callable[[], None], over: asyncio.Event | None) -> None:
        self._tell(self.Due(begin))
        if over is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(STANDSTILL):
                    await over.wait()

    def action_send(self) -> None:
        """Send, or break the line after a backslash."""
        # Keys with priority overtake characters that wait for this box; its own queue keeps order.
        self.call_later(self._send)

    def _send(self) -> None:
        row, column = self.cursor_location
        if column and self.document[row][column - 1] == "\\":
            self.replace("\n", (row, column - 1), (row, column))
        elif self.text.strip():
            self._tell(self.Sent(self.take(), self._key))

    def _tell(self, message: Message) -> None:
        # Posted to this box, it would first wait behind the keys that came after it.
        self.app.post_message(message)

    def action_newline(self) -> None:
        """Break the line."""
        self.call_later(self.insert, "\n")

    def action_copy(self) -> None:
        """Copy what is selected; with nothing selected the key means to quit."""
        if self.selected_text:
            super().action_copy()
        else:
            self.post_message(self.CopyNothing())
