"""What an entry says as plain text, and where what is searched for stands in it. Pure.

A phrase stands in one text: that of a block, of a cell of a table, or of a title. How lines are
broken does not count. What drawing adds (markers, rulers, labels, the names of roles) is no text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chat_tui.items import Kind
from chat_tui.tui.transcript.blocks import Block, Blocks
from chat_tui.tui.transcript.inline import Refs, Span, spans
from chat_tui.tui.transcript.leaves import Shape
from chat_tui.tui.transcript.references import References

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.style import Style

    from chat_tui.tui.transcript.entries import Entry

Found = tuple[int, int, int]
"""Where a match begins and ends in a text, and its number."""
META = "found"
"""The name under which a drawn style holds the numbers of the matches it belongs to."""
_NAMED = frozenset({Kind.CALL, Kind.HOSTED, Kind.APPROVAL, Kind.UNKNOWN})
"""Kinds whose title and detail come from the item; the others are called by our own words."""
_VERBATIM = frozenset({Shape.CODE, Shape.DATA, Shape.HTML, Shape.MATH, Shape.PLAIN, Shape.NOTE})
_SIGNS = re.compile(r"[\W_]+")
_MADE_UP = ("&", "![", "data:")
"""With one of these a text may say words that its source does not hold."""


def fold(text: str) -> str:
    """Return a text whose case does not count, of the same length."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


@lru_cache(maxsize=16)
def _pattern(query: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, query.split())))


def places(text: str, query: str) -> Iterator[tuple[int, int]]:
    """Yield where a folded query stands in a text, none overlapping another.

    Any white space counts as a space.
    """
    return (match.span() for match in _pattern(query).finditer(fold(text)) if match[0])


class Marks:
    """Numbers the places where a folded query stands, in the order in which texts are given."""

    def __init__(self, query: str = "") -> None:
        self._query = query
        self.number = 0

    def find(self, text: str) -> list[Found]:
        """Return the matches in a text."""
        if not self._query:
            return []
        found = enumerate(places(text, self._query), self.number)
        matches = [(start, end, number) for number, (start, end) in found]
        self.number += len(matches)
        return matches

    def on(self, line: Sequence[Span]) -> Sequence[Span]:
        """Return spans cut where matches begin and end."""
        if not self._query:
            return line
        matches = self.find("".join(span.text for span in line))
        return cut(line, matches) if matches else line


def cut(line: Iterable[Span], matches: Sequence[Found], at: int = 0) -> list[Span]:
    """Return spans that begin at ``at`` cut where matches begin and end, each told its match."""
    result: list[Span] = []
    for span in line:
        start, here, end = at, at, at + len(span.text)
        for first, last, number in matches:
            if last <= here or first >= end:
                continue
            if first > here:
                result.append(span._replace(text=span.text[here - start : first - start]))
                here = first
            stop = min(last, end)
            part = span.text[here - start : stop - start]
            result.append(span._replace(text=part, found=(number,)))
            here = stop
        if here < end or not span.text:
            result.append(span._replace(text=span.text[here - start :]))
        at = end
    return result


def numbers(style: Style | None) -> tuple[int, ...]:
    """Return the numbers of the matches that something drawn in a style belongs to."""
    return style.meta.get(META, ()) if style is not None and style._meta else ()


# --- what is said -----------------------------------------------------------------------------


def said(block: Block, refs: Refs) -> Iterator[str]:
    """Yield the texts of a block, in the order in which drawing marks them."""
    piece = block.piece
    if piece.shape in _VERBATIM:
        yield "\n".join(piece.lines)
    elif piece.shape is Shape.TABLE and piece.table is not None:
        rows = piece.rows if piece.joined else (piece.table.header, *piece.rows)
        yield from (_text(cell, refs) for row in rows for cell in row)
    elif piece.shape in (Shape.TEXT, Shape.HEADING):
        yield _text("\n".join(piece.lines), refs)


def _text(source: str, refs: Refs) -> str:
    return "".join(span.text for span in spans(source, refs))


def head(entry: Entry) -> tuple[str, ...]:
    """Return what the head of an entry says of the item."""
    return (entry.title, entry.detail) if entry.kind in _NAMED else ()


def count_in(texts: Iterable[str], query: str) -> int:
    """Return how often a folded query stands in texts."""
    return sum(sum(1 for _ in places(text, query)) for text in texts)


def count(entry: Entry, query: str) -> int:
    """Return how often a folded query stands in an entry when it is open."""
    total = count_in(head(entry), query)
    if not may_say(entry.body, query):
        return total
    blocks = Blocks(entry.form)
    blocks.feed(entry.body)
    tail = blocks.tail()
    closed = list(enumerate(blocks.closed, 1))
    references = References()
    references.grow(closed, tail)
    for number, block in closed:
        total += count_in(said(block, references.of(block, number)), query)
    for block in tail:
        total += count_in(said(block, references.of(block)), query)
    return total


def may_say(source: str, query: str) -> bool:
    """Whether a source could say a folded query at all: a glance, without reading its marks."""
    if any(sign in source for sign in _MADE_UP):
        return True
    words = _SIGNS.sub(" ", query).split()
    folded = fold(source)
    if all(word in folded for word in words):
        return True
    bare = _SIGNS.sub("", folded)
    return all(word in bare for word in words)
