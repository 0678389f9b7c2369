"""Breaking spans into lines of at most so many cells; what a span looks like lives elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from chat_tui.tui.transcript.inline import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

Line = list[Span]

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_CLOSING = "、。，．！？：；」』）】〉》〕％"
_MODIFIERS = "\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff"
_UNITS = re.compile(rf" +|[{_WIDE}](?:\u200d[{_WIDE}]|[{_CLOSING}{_MODIFIERS}])*|[^ {_WIDE}]+")
"""Spaces, one wide character with what belongs to it, or a word."""
_NARROW = re.compile(
    "[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2030-\u205e\u2500-\u25fc]*"
)
"""Text of one cell a character, but for what ``visible`` has replaced."""

Range = tuple[int, int]


def wrap(spans: Sequence[Span], width: int) -> list[Line]:
    """Return the lines of ``spans``: broken at spaces, newlines and around wide characters.

    What has no such place is broken anywhere. No line is wider than ``width`` cells, unless one
    character alone is.
    """
    width = max(width, 1)
    text = spans[0].text if len(spans) == 1 else "".join([span.text for span in spans])
    ranges: list[Range] = []
    start = 0
    while True:
        end = text.find("\n", start)
        stop = len(text) if end < 0 else end
        if stop - start <= width and _NARROW.fullmatch(text, start, stop):
            ranges.append(_trimmed(text, start, stop))
        elif _NARROW.fullmatch(text, start, stop):
            _narrow(text, start, stop, width, ranges)
        else:
            _mixed(text, start, stop, width, ranges)
        if end < 0:
            return _sliced(spans, ranges)
        start = end + 1


def _trimmed(text: str, start: int, end: int) -> Range:
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return start, end


def _narrow(text: str, start: int, stop: int, width: int, ranges: list[Range]) -> None:
    """Break text of one cell a character."""
    while True:
        start, _ = _trimmed(text, start, stop)
        if stop - start <= width:
            ranges.append(_trimmed(text, start, stop))
            return
        cut = text.rfind(" ", start, start + width + 1)
        if cut <= start:
            ranges.append((start, start + width))
            start += width
        else:
            ranges.append(_trimmed(text, start, cut))
            start = cut + 1


def _mixed(text: str, start: int, stop: int, width: int, ranges: list[Range]) -> None:
    """Break text whose characters differ in width."""
    used = 0
    end = start
    for match in _UNITS.finditer(text, start, stop):
        unit = match[0]
        size = cell_len(unit)
        if unit[0] == " ":
            if end > start:
                used += size
            else:
                start = end = match.end()
        elif used + size <= width:
            used += size
            end = match.end()
        else:
            if end > start:
                ranges.append((start, end))
            start = match.start()
            for part in filter(None, chop_cells(unit, width)):
                if start + len(part) < match.end():
                    ranges.append((start, start + len(part)))
                    start += len(part)
                used = cell_len(part)
            end = match.end()
    ranges.append((start, end))


def _sliced(spans: Sequence[Span], ranges: list[Range]) -> list[Line]:
    """Return the spans cut to ranges that do not overlap and go forward."""
    if len(spans) == 1:
        span = spans[0]
        return [
            [span._replace(text=span.text[start:end])] if end > start else []
            for start, end in ranges
        ]
    lines: list[Line] = []
    at = index = 0
    for start, end in ranges:
        line: Line = []
        while index < len(spans) and at + len(spans[index].text) <= start:
            at += len(spans[index].text)
            index += 1
        place, here = index, at
        while place < len(spans) and here < end:
            span = spans[place]
            part = span.text[max(start - here, 0) : end - here]
            if part:
                line.append(span._replace(text=part))
            here += len(span.text)
            place += 1
        lines.append(line)
    return lines


def fold(text: str, width: int) -> list[str]:
    """Return a line of preformatted text cut at ``width`` cells, without touching its spaces."""
    width = max(width, 1)
    if len(text) <= width and text.isascii():
        return [text]
    if cell_len(text) <= width:
        return [text]
    return list(chop_cells(text, width))


def clipped(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells, its end left out with a sign."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return next(iter(chop_cells(text[: width + 1], width - 1)), "") + "…" if width > 1 else "…"
