"""How a typed query matches a title: folding, alignment, score. Pure; no SQL, no drawing."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SEPARATORS = str.maketrans(dict.fromkeys("-_/.:,;()[]{}<>\"'|\\\n\r\t", " "))
_START, _RUN, _FIRST, _GAP = 6, 4, 3, 3
"""Points of a letter that begins a word, that follows the letter matched before it, and that
begins the title; the most that one gap costs."""


def fold(text: str) -> str:
    """Return ``text`` as it is compared: small letters without accents, words parted by spaces.

    Every character stays where it is, so that positions hold for the text itself.
    """
    if not text.isascii():
        text = "".join(map(_plain, text))
    return text.lower().translate(_SEPARATORS)


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    small = unicodedata.normalize("NFKD", char)[0].lower()
    return small if len(small) == 1 else char


def terms(query: str) -> list[str]:
    """Return the words of a query, each of which must match."""
    return fold(query).split()


def align(wanted: list[str], title: str) -> tuple[int, tuple[int, ...]] | None:
    """Return how well a folded title matches and where, or None when a word is not in it.

    Letters need not stand together; they score more when they do, and at the start of words.
    """
    total = 0
    places: set[int] = set()
    for term in wanted:
        found = _best(term, title)
        if found is None:
            return None
        total += found[0]
        places.update(found[1])
    return total, tuple(sorted(places))


def _best(term: str, title: str) -> tuple[int, list[int]] | None:
    ways = [way for way in (_together(term, title), _initials(term, title)) if way]
    if not ways:
        tight = _scattered(term, title)
        return None if tight is None else (_score(tight, title), tight)
    return max((_score(way, title), way) for way in ways)


def _together(term: str, title: str) -> list[int] | None:
    start = 0 if title.startswith(term) else title.find(f" {term}") + 1
    if start == 0 and not title.startswith(term):
        start = title.find(term)
    return None if start < 0 else list(range(start, start + len(term)))


def _initials(term: str, title: str) -> list[int] | None:
    """Match each letter with the start of a later word."""
    places: list[int] = []
    at = 0
    for char in term:
        if at == 0 and title.startswith(char):
            found = 0
        else:
            found = title.find(f" {char}", max(0, at - 1)) + 1
            if found == 0:
                return None
        places.append(found)
        at = found + 1
    return places


def _scattered(term: str, title: str) -> list[int] | None:
    """Match the letters in order: as early as they end, and from there as tight as can be."""
    at = -1
    for char in term:
        at = title.find(char, at + 1)
        if at < 0:
            return None
    places: list[int] = []
    end = at + 1
    for char in reversed(term):
        end = title.rfind(char, 0, end)
        places.append(end)
    return places[::-1]


def _score(places: list[int], title: str) -> int:
    score = 0
    before = -2
    for place in places:
        if place == 0:
            score += _START + _FIRST
        elif title[place - 1] == " ":
            score += _START
        if place == before + 1:
            score += _RUN
        elif before >= 0:
            score -= min(_GAP, place - before - 1)
        before = place
    return score
