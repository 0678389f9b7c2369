"""The notice: one sentence about what went wrong or what follows, with the way out."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from chat_tui.errors import Severity
from chat_tui.items import visible_line

_MARKS = {Severity.INFORMATION: "·", Severity.WARNING: "!", Severity.ERROR: "✗"}
_STYLES = {
    Severity.INFORMATION: "$primary",
    Severity.WARNING: "$warning",
    Severity.ERROR: "$error",
}
_LONGEST = 600


class NoticeBar(Static):
    """Stands above the composer until something else is to be said; takes no place when empty."""

    DEFAULT_CSS = """
    NoticeBar {
        height: auto;
        max-height: 40%;
        padding: 0 2;
        margin-right: 1;
        background: $surface;
        display: none;
        &.-shown { display: block; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - as every widget names it
        super().__init__(Content(""), id=id)
        self.sentence = ""

    def show(
        self, sentence: str, way_out: str = "", severity: Severity = Severity.INFORMATION
    ) -> None:
        """Say something."""
        self.sentence = visible_line(sentence)[:_LONGEST]
        style = _STYLES[severity]
        parts: list[tuple[str, str]] = [
            (f"{_MARKS[severity]} ", f"bold {style}"),
            (self.sentence, style if severity is not Severity.INFORMATION else "$foreground"),
        ]
        if way_out:
            parts.append((f"  {visible_line(way_out)}", "$muted"))
        self.update(Content.assemble(*parts))
        self.add_class("-shown")

    def clear(self) -> None:
        """Say nothing."""
        if self.sentence:
            self.sentence = ""
            self.remove_class("-shown")
