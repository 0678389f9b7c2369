"""A dialog that finds one thing among many as the user types."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chat_tui.errors import ChatTuiError
from chat_tui.items import visible_line
from chat_tui.tui.editing import Line
from chat_tui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; label and detail may come from outside."""

    answer: str
    label: str
    detail: str = ""


Finder = Callable[[str], Awaitable[Sequence[Choice]]]
"""Returns the choices that match what was typed, best first."""


class ChooseScreen(Dialog[str]):
    """Answers a choice, or None; with ``free`` also what was typed when nothing matches."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    ChooseScreen OptionList {
        height: auto; max-height: 14; border: none; background: $surface; padding: 0; margin-top: 1;
    }
    """

    def __init__(
        self,
        title: str,
        find: Finder,
        *,
        placeholder: str = "",
        free: bool = False,
        start: str = "",
        last: bool = False,
        hint: str = "",
    ) -> None:
        """Choose what ``find`` returns.

        Highlighted is the answer ``start`` while it matches; else the first choice, or the ``last``
        one while nothing is typed; ``hint`` is said below.
        """
        super().__init__()
        self._title = title
        self._find = find
        self._placeholder = placeholder
        self._free = free
        self._start = start
        self._last = last
        self._hint = hint
        self._found: Sequence[Choice] = ()
        """What the list shows."""

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        box = Vertical(classes="dialog")
        box.border_title = self._title
        box.border_subtitle = "type to find · ↑ ↓ · enter · esc leaves"
        with box:
            yield Line(placeholder=self._placeholder)
            yield OptionList(markup=False)
            yield Static(Content(""), classes="dialog-hint")

    async def on_mount(self) -> None:
        """Show everything at first."""
        await self._search("")

    async def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow as the user types."""
        await self._search(event.value)

    async def _search(self, query: str) -> None:
        hint = self._hint
        try:
            found = await self._find(query.strip())
        except ChatTuiError as error:
            found, hint = (), str(error)
        if not self.is_current or self.query_one(Input).value != query:
            return  # left, or typed on, while it was searched
        self._found = found
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(_option(choice) for choice in found)
        if found:
            answers = [choice.answer for choice in found]
            default = len(found) - 1 if self._last and not query else 0
            at = answers.index(self._start) if self._start in answers else default
            options.highlighted = at
        elif not hint:
            hint = "Enter tries what you typed." if self._free and query else "Nothing matches."
        self.query_one(".dialog-hint", Static).update(Content(visible_line(hint)))

    def action_move(self, by: int) -> None:
        """Move the highlight without leaving the input."""
        options = self.query_one(OptionList)
        (options.action_cursor_down if by > 0 else options.action_cursor_up)()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer the highlighted choice, else what was typed."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.dismiss(self._found[options.highlighted].answer)
        elif self._free and event.value.strip():
            self.dismiss(event.value.strip())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer the choice clicked on."""
        self.dismiss(self._found[event.option_index].answer)


def _option(choice: Choice) -> Option:
    return Option(
        Content.assemble(visible_line(choice.label), "  ", (visible_line(choice.detail), "$muted"))
    )


def among(choices: Sequence[Choice]) -> Finder:
    """Return a finder over a fixed list: every word typed must occur in label or detail."""

    async def find(query: str) -> Sequence[Choice]:
        words = query.lower().split()
        return [
            choice
            for choice in choices
            if all(word in f"{choice.label} {choice.detail}".lower() for word in words)
        ]

    return find
