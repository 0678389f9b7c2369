"""Breaking spans into lines of at most so many cells; what a span looks like lives elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from chat_tui.tui.transcript.inline import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Line = list[Span]

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
_CLOSING = "、。，．！？：；」』）】〉》〕％"
_MODIFIERS = "\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff"
_UNITS = re.compile(
    rf"\n| +|[{_WIDE}](?:\u200d[{_WIDE}]|[{_CLOSING}{_MODIFIERS}])*|[^\s{_WIDE}]+|[^\S\n]"
)
"""A newline, spaces, one wide character with what belongs to it, or a word."""
_WIDE_START = re.compile(f"[{_WIDE}]")


def wrap(spans: Iterable[Span], width: int) -> list[Line]:
    """Return the lines of ``spans``: broken at spaces, newlines and wide characters.

    What has no such place is broken anywhere. No line is wider than ``width`` cells, unless one
    character alone is.
    """
    wrapper = _Wrapper(max(width, 1))
    for span in spans:
        if len(span.text) <= wrapper.room() and span.text.isascii() and "\n" not in span.text:
            wrapper.short(span)
            continue
        for unit in _UNITS.findall(span.text):
            wrapper.add(unit, span)
    return wrapper.finish()


class _Wrapper:
    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[Line] = []
        self._line: Line = []
        self._used = 0
        self._spaces: Line = []
        self._word: Line = []
        self._size = 0

    def room(self) -> int:
        """Return the cells certainly left on this line."""
        gap = sum(len(space.text) for space in self._spaces)
        return self._width - self._used - gap - self._size

    def short(self, span: Span) -> None:
        """Add a span that fits whole: only its last word may go on."""
        head, space, word = span.text.rpartition(" ")
        if space:
            self._flush()
            stripped = head.rstrip(" ")
            if stripped:
                self._put_spaces()
                self._line.append(span._replace(text=stripped))
                self._used += len(stripped)
            if stripped or self._line:
                gap = len(head) - len(stripped) + 1
                self._spaces.append(span._replace(text=" " * gap))
        if word:
            self._word.append(span._replace(text=word))
            self._size += len(word)

    def add(self, unit: str, span: Span) -> None:
        """Add a newline, spaces or a word."""
        if unit == "\n":
            self._flush()
            self._break()
        elif unit[0] == " " or unit.isspace():
            self._flush()
            if self._line:
                self._spaces.append(span._replace(text=" " * len(unit)))
        else:
            wide = _WIDE_START.match(unit) is not None
            if wide:
                self._flush()
            self._word.append(span._replace(text=unit))
            self._size += cell_len(unit)
            if wide:
                self._flush()

    def finish(self) -> list[Line]:
        """Return all lines."""
        self._flush()
        self._break()
        return self._lines

    def _break(self) -> None:
        self._lines.append(joined(self._line))
        self._line = []
        self._used = 0
        self._spaces = []

    def _put_spaces(self) -> None:
        self._line.extend(self._spaces)
        self._used += sum(len(space.text) for space in self._spaces)
        self._spaces = []

    def _flush(self) -> None:
        """Put the word that has grown onto a line."""
        if not self._word:
            return
        word, size = self._word, self._size
        self._word, self._size = [], 0
        if self._used + sum(len(space.text) for space in self._spaces) + size <= self._width:
            self._put_spaces()
        elif self._line:
            self._break()
        if size <= self._width:
            self._line.extend(word)
            self._used += size
            return
        for part in word:
            self._chop(part)

    def _chop(self, part: Span) -> None:
        """Put a word that is wider than a line, broken anywhere."""
        for text in chop(part.text, self._width, self._width - self._used):
            size = cell_len(text)
            if self._line and self._used + size > self._width:
                self._break()
            self._line.append(part._replace(text=text))
            self._used += size


def chop(text: str, width: int, first: int) -> Iterable[str]:
    """Cut ``text`` into pieces of at most ``width`` cells, the first of at most ``first``."""
    if 0 < first < width and (head := chop_cells(text[: first * 4], first)[0]):
        yield head
        text = text[len(head) :]
    yield from filter(None, chop_cells(text, width))


def joined(line: Sequence[Span]) -> Line:
    """Return the line with neighbours of one look joined."""
    result: Line = []
    for span in line:
        if result and result[-1][1:] == span[1:]:
            result[-1] = span._replace(text=result[-1].text + span.text)
        else:
            result.append(span)
    return result


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
