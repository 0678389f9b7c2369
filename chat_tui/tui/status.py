"""The two bottom lines: what the next turn will do, and the keys that matter here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from chat_tui.config import Chaining
from chat_tui.items import visible_line
from chat_tui.tui.keymap import Action, shown
from chat_tui.tui.text import count

if TYPE_CHECKING:
    from chat_tui.controller import View

METER_CELLS = 5


class StatusLine(Static):
    """Profile and model, chaining, storage, compaction, context used. Always true."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1;
        background: $surface;
        color: $muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(Content(" "), id=id)
        self._view: View | None = None
        self._endpoint = ""

    def show(self, view: View) -> None:
        """Show the facts of a conversation."""
        self._view = view
        self._draw()

    def show_endpoint(self, state: str) -> None:
        """Show a word about the endpoint while it is not ready; empty when it is."""
        self._endpoint = state
        self._draw()

    def on_resize(self) -> None:
        """Fit the width."""
        self._draw()

    def _draw(self) -> None:
        if self._view is not None:
            width = self.size.width - 2
            self.update(fitted(self._view, self._endpoint, width), layout=False)


def fitted(view: View, endpoint: str, width: int) -> Content:
    """Return the fullest form of the status that fits ``width`` cells."""
    content = Content("")
    for detail in (3, 2, 1, 0):
        left, right = _left(view, endpoint, detail), meter(view, detail)
        gap = width - left.cell_length - right.cell_length
        content = Content.assemble(left, " " * max(2, gap), right)
        if gap >= 2:
            break
    return content


def _left(view: View, endpoint: str, detail: int) -> Content:
    model = visible_line(view.choices.model) or "no model"
    source = f"{visible_line(view.profile)} · {model}" if detail else visible_line(view.profile)
    parts: list[str | Content | tuple[str, str]] = [(source, "bold $foreground")]
    if endpoint:
        parts += ["  ", (endpoint, "$warning")]
    glue = "   " if detail >= 2 else " · "
    parts += [glue, _mode(view), " · ", _storage(view)]
    parts += [" · ", _compaction(view, detail)]
    if view.running:
        parts += [glue, ("answering", "$success")]
    return Content.assemble(*parts)


def _mode(view: View) -> Content:
    """Return the chaining mode; where the server cannot do the one chosen, both."""
    chosen, real = view.choices.chaining, view.plan.chaining
    name = {Chaining.RESPONSE: "response chain"}.get(real, str(real))
    return Content(name) if chosen is real else Content.styled(f"{name} (fallback)", "$warning")


def _storage(view: View) -> Content:
    if view.choices.store:
        return Content("stored")
    return Content.styled("OFF THE RECORD", "bold $off-record")


def _compaction(view: View, detail: int) -> Content:
    word = "compact" if detail else "cmp"
    if view.choices.compaction == "off":
        return Content(f"{word} off")
    if not view.plan.threshold:
        return Content(f"{word} unavailable")
    if view.choices.compaction == "auto":
        at = "80 %" if view.choices.window else count(view.plan.threshold)
        return Content(f"{word} auto {at}")
    return Content(f"{word} at {count(view.plan.threshold)}")


def meter(view: View, detail: int = 3) -> Content:
    """Return how full the context was at the end of the last turn."""
    used, window = view.context_tokens, view.choices.window
    if not used:
        return Content("context empty") if not view.records else Content("context unknown")
    if not window:
        return Content(f"{count(used)} tokens of an unknown window")
    share = min(1.0, used / window)
    filled = max(1, round(share * METER_CELLS))
    style = "$error" if share > 0.9 else "$warning" if share > 0.75 else "$primary"
    bar = "▮" * filled
    percent = "<1 %" if share < 0.01 else f"{share:.0%}".replace("%", " %")
    parts: list[str | Content | tuple[str, str]] = []
    if detail >= 1:
        parts += [(bar, style), ("▯" * (METER_CELLS - filled), "$rule"), " "]
    parts.append(percent)
    if detail >= 2:
        parts.append(f" {count(used)} of {count(window)}")
    return Content.assemble(*parts)


class KeyHints(Static):
    """The few keys that matter where the focus is, from the real bindings."""

    DEFAULT_CSS = """
    KeyHints {
        height: 1;
        padding: 0 1;
        color: $muted;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(Content(" "), id=id)

        self._hints: list[Content] = []

    def show(self, hints: Iterable[tuple[Action, str]]) -> None:
        """Show actions, each with the key it has now; the last one always has its place."""
        self._hints = [
            Content.assemble((shown(key), "bold $foreground 80%"), f" {action.hint}")
            for action, key in hints
        ]
        self._draw()

    def on_resize(self) -> None:
        """Fit the width."""
        self._draw()

    def _draw(self) -> None:
        """Drop what does not fit, before the last hint."""
        if not self._hints:
            return
        gap = Content("   ")
        *others, last = self._hints
        room = self.size.width - 2 - last.cell_length
        fitting: list[Content] = []
        for hint in others:
            room -= hint.cell_length + len(gap)
            if room < 0:
                break
            fitting.append(hint)
        self.update(gap.join([*fitting, last]), layout=False)
