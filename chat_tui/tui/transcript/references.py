"""Definitions of links (``[label]: target``) and what names them; inline text is in ``inline``.

A definition may come after the text that names it, so an answer that is still written shows such
text as it stands and as a link as soon as its definition is there. That is the one way in which a
closed block looks different later: it is drawn again when a label it names is defined, and
``Layout`` keeps which parts those are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from chat_tui.tui.transcript.leaves import Shape

if TYPE_CHECKING:
    from chat_tui.tui.transcript.blocks import Block
    from chat_tui.tui.transcript.inline import Refs

_LABEL = r"\[((?:[^\[\]\\]|\\.){1,200})\]"
_DEFINITION = re.compile(
    rf"(?!\[\^){_LABEL}: *(<[^<>]*>|[^\s<]\S*)"
    r"(?: +(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))? *$"
)
_NAMED = re.compile(rf"(?={_LABEL})", re.DOTALL)
_INLINE = frozenset({Shape.TEXT, Shape.HEADING, Shape.TABLE})


class Definition(NamedTuple):
    """What a label stands for."""

    label: str
    """As it was written; ``key`` makes it comparable."""
    target: str
    title: str


def definition(line: str) -> Definition | None:
    """Return what a line without indentation defines, if it is a definition on one line."""
    match = _DEFINITION.match(line)
    if match is None or not match[1].strip():
        return None
    target = match[2][1:-1] if match[2].startswith("<") else match[2]
    return Definition(match[1], target, (match[3] or "")[1:-1])


def key(label: str) -> str:
    """Return a label as it is compared: neither case nor the amount of space counts."""
    return " ".join(label.split()).lower().upper()


def defined(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    """Yield key and target of each definition among some blocks."""
    for block in blocks:
        if block.piece.shape is Shape.NOTE and (found := definition(block.piece.lines[0])):
            yield key(found.label), found.target


def named(block: Block) -> set[str]:
    """Return the keys of all labels that a block may name."""
    piece = block.piece
    if piece.shape not in _INLINE:
        return set()
    texts = ["\n".join(piece.lines), *(cell for row in piece.rows for cell in row)]
    if piece.table is not None:  # its first rows fix the columns of all
        texts += [cell for row in (piece.table.header, *piece.table.sample) for cell in row]
    return {key(label) for text in texts if "[" in text for label in _NAMED.findall(text)}


class References:
    """What a growing text defines, and which of its closed blocks name what."""

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}
        self._open: dict[str, str] = {}
        """What the part that may still change defines."""
        self._names: dict[int, set[str]] = {}
        """The keys named by each closed block that names any, by its number."""
        self._numbers: dict[str, list[int]] = {}
        """The same the other way round."""

    def grow(self, fresh: Iterable[tuple[int, Block]], tail: Iterable[Block]) -> set[int]:
        """Take newly closed blocks with their numbers, and the open ones.

        Returns the numbers of the blocks closed before that look different now.
        """
        closed = list(fresh)
        come = list(defined(block for _, block in closed))
        is_open = list(defined(tail))
        touched = {name for name, _ in (*self._open.items(), *come, *is_open)}
        before = {name: self._target(name) for name in touched}
        for name, target in come:
            self._targets.setdefault(name, target)
        self._open = {}
        for name, target in is_open:
            self._open.setdefault(name, target)
        changed = [name for name in touched if before[name] != self._target(name)]
        stale = {number for name in changed for number in self._numbers.get(name, ())}
        for number, block in closed:
            if names := named(block):
                self._names[number] = names
                for name in names:
                    self._numbers.setdefault(name, []).append(number)
        return stale

    def _target(self, name: str) -> str | None:
        """Return what a key stands for: the first definition counts."""
        return self._targets.get(name) or self._open.get(name)

    def of(self, block: Block, number: int | None = None) -> Refs:
        """Return what the labels that a block names stand for; closed blocks have a number."""
        if not (self._targets or self._open):
            return ()
        names = named(block) if number is None else self._names.get(number, set())
        targets = ((name, self._target(name)) for name in names)
        return tuple(sorted((name, target) for name, target in targets if target))
