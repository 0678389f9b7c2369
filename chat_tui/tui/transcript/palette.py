"""The styles a transcript is drawn with, resolved from the theme; who uses them is not here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from chat_tui.tui.transcript.inline import Look, Span

if TYPE_CHECKING:
    from collections.abc import Callable

ROLES = (
    "text",
    "muted",
    "faint",
    "user",
    "assistant",
    "system",
    "reasoning",
    "tool",
    "compaction",
    "error",
    "done",
    "private",
    "wanted",
    "pending",
    "aside",
    "heading",
    "code",
    "inline-code",
    "link",
    "math",
    "rail",
    "keyword",
    "string",
    "number",
    "comment",
    "name",
    "operator",
)
"""What text is drawn in; every role has a component class ``transcript--ROLE``."""
MARKS = ("cursor", "match", "match-current", "notice")
"""What the widget draws over the text; component classes as well."""

_BOLD = Style(bold=True)
_ITALIC = Style(italic=True)
_STRIKE = Style(strike=True)
_UNDERLINE = Style(underline=True)
BOLD, ITALIC = _BOLD, _ITALIC


@dataclass(frozen=True, eq=False)
class Palette:
    """Styles by role."""

    styles: dict[str, Style]
    _looks: dict[tuple[str, Look], Style] = field(default_factory=dict)
    _grounds: dict[tuple[str, str], Style] = field(default_factory=dict)

    @classmethod
    def resolve(cls, component: Callable[[str], Style]) -> Palette:
        """Return the palette whose styles ``component`` gives for ``transcript--ROLE``."""
        return cls({role: component(f"transcript--{role}") for role in (*ROLES, *MARKS)})

    def draws_like(self, other: Palette | None) -> bool:
        """Whether text drawn with the other palette looks the same, marks aside."""
        return other is not None and all(self[role] == other[role] for role in ROLES)

    def __getitem__(self, role: str) -> Style:
        return self.styles[role]

    def segment(self, span: Span, tone: str) -> Segment:
        """Return a span drawn in a text of the role ``tone``.

        A link becomes meta data for the widget, never a hyperlink of the terminal.
        """
        style = self.look(tone, span.look)
        meta: dict[str, object] = {"link": span.link} if span.link else {}
        if span.found:
            meta["found"] = span.found
        return Segment(span.text, style + Style.from_meta(meta) if meta else style)

    def on(self, role: str, ground: str) -> Style:
        """Return the style of a role on the background of another one."""
        style = self._grounds.get((role, ground))
        if style is None:
            under = Style(bgcolor=self[ground].bgcolor)
            style = self._grounds[role, ground] = self[role] + under
        return style

    def look(self, tone: str, look: Look) -> Style:
        """Return the style of a span in a text of the role ``tone``."""
        style = self._looks.get((tone, look))
        if style is None:
            style = self._looks[tone, look] = self._combined(tone, look)
        return style

    def _combined(self, tone: str, look: Look) -> Style:
        style = self[tone]
        if look & Look.CODE:
            style = self["inline-code"]
        elif look & (Look.LINK | Look.IMAGE):
            style = self["link"]
        elif look & Look.TARGET:
            style = self["muted"]
        elif look & Look.MATH:
            style = self["math"]
        if look & Look.STRONG:
            style += _BOLD
        if look & Look.EMPHASIS:
            style += _ITALIC
        if look & Look.STRUCK:
            style += _STRIKE
        if look & Look.LINK:
            style += _UNDERLINE
        return style
