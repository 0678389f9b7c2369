"""Answers of a chosen shape and length, token by token, with numbered marks in them.

A mark is a word found in bytes by a plain search: on the wire and again in what a terminal gets.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

EVERY = 5
"""Tokens from one mark to the next, where the shape has a word there; never fewer."""
MARK = re.compile(rb"zq(\d{5})")
_WORDS = ("the", "letter", "went", "on", "its", "way", "and", "nobody", "asked", "where", "to")
_WORD = "{}"
"""Stands in a token for the next word."""


def mark(number: int) -> str:
    """Return the mark with that number."""
    return f"zq{number:05}"


def answer(shape: str, tokens: int, after: int = 0) -> list[str]:
    """Return the tokens of an answer; its marks follow ``after``, the last token is the last."""
    words = itertools.cycle(_WORDS)
    result: list[str] = []
    number, since = after, EVERY
    for token in itertools.islice(SHAPES[shape](), tokens - 1):
        since += 1
        if _WORD in token and since >= EVERY:
            number, since = number + 1, 0
            result.append(token.replace(_WORD, mark(number)))
        else:
            result.append(token.replace(_WORD, next(words)))
    return [*result, f" {mark(number + 1)}"]


def last_mark(tokens: list[str]) -> int:
    """Return the number of the last mark of an answer."""
    found = MARK.search(tokens[-1].encode())
    assert found is not None
    return int(found[1])


def _prose() -> Iterator[str]:
    """Yield paragraphs, with the emphasis, code and links that prose has."""
    while True:
        yield from _paragraph(90)


def _paragraph(words: int) -> Iterator[str]:
    for place in range(words):
        match place % 30:
            case 7:
                yield from (" **", _WORD, " too", "**")
            case 16:
                yield from (" `", "call", "()", "`")
            case 25:
                yield from (" [", "here", "](", "https", "://", "a.example", "/b", ")")
            case 29:
                yield f" {_WORD}."
            case _:
                yield _WORD if place == 0 else f" {_WORD}"
    yield "\n\n"


def _code() -> Iterator[str]:
    """Yield one code block that never ends."""
    yield from ("```", "python\n")
    while True:
        yield from _lines_of_code()


def _lines_of_code() -> Iterator[str]:
    yield from ("def ", _WORD, "(", "left", ", ", "right", "):\n")
    for number in (7, 42):
        yield from ("    ", _WORD, " = ", "left", "[", str(number), "]", " + ", _WORD, "\n")
    yield from ("    ", "if ", _WORD, " == ", '"a ', 'text"', ":", "  # ", _WORD, f" {_WORD}", "\n")
    yield from ("        ", "return ", _WORD, "\n", "\n")


def _list() -> Iterator[str]:
    """Yield one list that never ends, with lists in it."""
    for number in itertools.count(1):
        yield from _point("  - " if number % 4 == 0 else "- ", 7)


def _point(bullet: str, words: int) -> Iterator[str]:
    yield bullet
    for place in range(words):
        yield _WORD if place == 0 else f" {_WORD}"
    yield "\n"


def _table() -> Iterator[str]:
    """Yield one table that never ends."""
    yield from _rows(None)


def _rows(count: int | None) -> Iterator[str]:
    yield from ("| ", "Name", " | ", "Way", " | ", "Number", " |\n")
    yield from ("|---", "|---", "|---:", "|\n")
    for number in itertools.islice(itertools.count(1), count):
        yield from ("| ", _WORD, " | ", _WORD, f" {_WORD}", " | ", str(number * 37 % 1000), " |\n")


def _mixed() -> Iterator[str]:
    """Yield sections of everything, as answers to questions about programs are."""
    while True:
        yield from ("## ", _WORD, f" {_WORD}", "\n\n")
        yield from _paragraph(60)
        for _ in range(5):
            yield from _point("- ", 9)
        yield from ("\n", "```", "python\n")
        yield from _lines_of_code()
        yield from ("```", "\n\n")
        yield from _rows(5)
        yield "\n"
        yield from _point("> ", 12)
        yield "\n"


SHAPES: dict[str, Callable[[], Iterator[str]]] = {
    "prose": _prose,
    "code": _code,
    "list": _list,
    "table": _table,
    "mixed": _mixed,
}
