"""All titles of a profile, packed for searching while a person types; it knows no SQL.

A hundred thousand titles are some megabytes of text in blocks. Searching goes through C code block
by block, so that the interface's thread never waits for more than one block's time.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from chat_tui.library.matching import align, fold, terms

BEST = 500
"""Matches ranked for one query: more than anyone reads; another letter says which are meant."""
_BLOCK = 4000


@dataclass(frozen=True, slots=True)
class _Block:
    text: str
    """Each title folded, behind a line break and a space."""
    starts: array[int]
    first: int
    """How many titles come before this block."""

    def row(self, place: int) -> int:
        """Return which title, counted from all blocks' start, stands at a place in the text."""
        return self.first + bisect_right(self.starts, place) - 1

    def line(self, place: int) -> str:
        """Return the folded title around a place, with its leading space."""
        start = self.starts[bisect_right(self.starts, place) - 1]
        end = self.text.find("\n", start + 1)
        return self.text[start + 1 : end if end >= 0 else None]


class Titles:
    """A snapshot of keys and titles, latest first; it does not change.

    It remembers what the latest query found, so it is used in one thread only.
    """

    def __init__(self, entries: Iterable[tuple[int, str]]) -> None:
        self._keys = array("q")
        self._blocks: list[_Block] = []
        self._latest: tuple[list[str], dict[int, str]] | None = None
        """The latest query and all it found, unless there was more than is ranked."""
        rest = iter(entries)
        while some := list(islice(rest, _BLOCK)):
            starts, lines, length = array("l"), [], 0
            for _, title in some:
                line = f"\n {fold(title)}"
                starts.append(length)
                lines.append(line)
                length += len(line)
            self._blocks.append(_Block("".join(lines), starts, len(self._keys)))
            self._keys.extend(key for key, _ in some)

    def best(self, query: str, limit: int = BEST) -> list[int]:
        """Return the keys whose titles match every word of ``query``, best first.

        Equally good ones keep their order. Candidates are taken kind by kind (the title begins so,
        a word does, its words' first letters, together anywhere, scattered) until there are enough.
        """
        wanted = terms(query)
        if not wanted:
            return []
        rows = self._narrowed(wanted)
        if rows is None:
            rows = self._candidates(wanted, limit)
        found = [(align(wanted, line[1:]), row) for row, line in rows.items()]
        scored = sorted((-match[0], row) for match, row in found if match is not None)
        kept = {row: rows[row] for _, row in scored}
        self._latest = (wanted, kept) if len(rows) < limit else None
        return [self._keys[row] for _, row in scored]

    def _narrowed(self, wanted: list[str]) -> dict[int, str] | None:
        """Return what the latest query found if this one can find nothing else."""
        if self._latest is None:
            return None
        before, rows = self._latest
        grown = len(wanted) >= len(before)
        grown = grown and all(map(str.startswith, wanted, before))
        return rows if grown else None

    def _candidates(self, wanted: list[str], limit: int) -> dict[int, str]:
        """Return rows that may match with their folded titles, at most ``limit``."""
        rows: dict[int, str] = {}
        if len(wanted) > 1:
            wanted = sorted(wanted, key=self._count)
        for matches in _kinds(wanted):
            for block in self._blocks:
                for place in matches(block.text):
                    row = block.row(place)
                    if row not in rows:
                        rows[row] = block.line(place)
                        if len(rows) == limit:
                            return rows
        return rows

    def _count(self, term: str) -> int:
        """Return how often a text stands in the titles: looking for the rarest is least work."""
        return sum(block.text.count(term) for block in self._blocks)


class _Literal:
    """Places where a text stands and the other words stand in the same line."""

    def __init__(self, text: str, others: Sequence[str] = ()) -> None:
        self._text = text
        self._others = others

    def __call__(self, block: str) -> Iterator[int]:
        at = block.find(self._text)
        while at >= 0:
            end = block.find("\n", at + 1)
            end = len(block) if end < 0 else end
            start = block.rfind("\n", 0, at + 1)
            if all(block.find(other, start, end) >= 0 for other in self._others):
                yield at
            at = block.find(self._text, end)


class _Pattern:
    """Places where a pattern matches."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def __call__(self, block: str) -> Iterator[int]:
        return (found.start() for found in self._pattern.finditer(block))


def _kinds(wanted: list[str]) -> Iterator[_Literal | _Pattern]:
    first, *others = wanted
    yield _Literal(f"\n {first}", others)
    yield _Literal(f" {first}", others)
    if len(first) > 1 and not others:
        yield _Pattern(r"[^ \n]*".join(f" {re.escape(char)}" for char in first))
    yield _Literal(first, others)
    if len(first) > 1 or others:
        yield _Pattern("\n" + "".join(f"(?={_scattered(term)})" for term in wanted))


def _scattered(term: str) -> str:
    return "".join(rf"[^\n{re.escape(char)}]*{re.escape(char)}" for char in term)
