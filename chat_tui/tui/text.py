"""Outside text on its way into widgets: made visible once, never parsed as markup."""

from __future__ import annotations

import time

from textual.content import Content

from chat_tui.items import visible, visible_line


def line(text: str, style: str = "") -> Content:
    """Return outside text on one line."""
    return Content.styled(visible_line(text), style) if style else Content(visible_line(text))


def block(text: str, style: str = "") -> Content:
    """Return outside text with its line breaks."""
    return Content.styled(visible(text), style) if style else Content(visible(text))


_UNITS = (("y", 31_557_600), ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60))


def ago(then: float, now: float | None = None) -> str:
    """Return how long ago a time in Unix seconds was, in at most four characters."""
    seconds = max(0.0, (time.time() if now is None else now) - then)
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def ago_lasts(then: float, now: float) -> float:
    """Return in how many seconds ``ago`` says something else."""
    seconds = now - then
    larger = float("inf")
    for _, size in _UNITS:
        if seconds >= size:
            return min(size - seconds % size, larger - seconds)
        larger = size
    return larger - seconds


def count(number: int) -> str:
    """Return a count of tokens or items as a person reads it: 950, 12.3k, 1.2M."""
    if number < 1000:
        return str(number)
    if number < 999_950:
        return f"{number / 1000:.1f}k" if number < 99_950 else f"{number / 1000:.0f}k"
    return f"{number / 1_000_000:.1f}M"


def when(moment: float) -> str:
    """Return a time in Unix seconds as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) if moment else "unknown"
