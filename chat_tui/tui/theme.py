"""The two themes of our own; every colour in the program comes from a theme variable."""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

DUSK = Theme(
    name="dusk",
    primary="#8fb4ff",
    secondary="#b8a6f5",
    accent="#f0b866",
    warning="#f0b866",
    error="#f2777f",
    success="#84d1a0",
    foreground="#d9dce3",
    background="#14161b",
    surface="#191c22",
    panel="#23272f",
    dark=True,
    variables={
        "input-selection-background": "#8fb4ff 25%",
        "block-cursor-blurred-background": "#2b3039",
        "scrollbar": "#2f3540",
        "scrollbar-hover": "#3d4553",
        "scrollbar-active": "#4d5768",
        "scrollbar-background": "#14161b",
        "scrollbar-background-hover": "#14161b",
        "scrollbar-background-active": "#14161b",
        "scrollbar-corner-color": "#14161b",
    },
)

PAPER = Theme(
    name="paper",
    primary="#2f5fc4",
    secondary="#6a4fb3",
    accent="#a5630c",
    warning="#a5630c",
    error="#b9303f",
    success="#27784a",
    foreground="#2a2d34",
    background="#faf9f6",
    surface="#f3f1ec",
    panel="#e8e5de",
    dark=False,
    variables={
        "input-selection-background": "#2f5fc4 20%",
        "block-cursor-blurred-background": "#e0dcd3",
        "scrollbar": "#d3cec3",
        "scrollbar-hover": "#bdb7aa",
        "scrollbar-active": "#a49d8f",
        "scrollbar-background": "#faf9f6",
        "scrollbar-background-hover": "#faf9f6",
        "scrollbar-background-active": "#faf9f6",
        "scrollbar-corner-color": "#faf9f6",
    },
)

THEMES = (DUSK, PAPER)


def variables(theme: Theme) -> dict[str, str]:
    """Return the variables our styles need beyond Textual's, for any theme.

    ``muted`` is a plain colour because ``text-muted`` depends on a ground that content drawn line
    by line does not know.
    """
    foreground = Color.parse(theme.foreground or ("#e0e0e0" if theme.dark else "#202020"))
    background = Color.parse(theme.background or ("#121212" if theme.dark else "#efefef"))
    return {
        "muted": background.blend(foreground, 0.58).hex,
        "rule": background.blend(foreground, 0.16).hex,
        "off-record": "#e58fc4" if theme.dark else "#a12f7d",
    }
