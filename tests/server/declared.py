"""Finds every field the server declares, so that none is left without bad requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from chat_tui.server.checks import Anything, Nullable
from chat_tui.server.item_types import fields_of
from chat_tui.server.items import AnItem
from tests.server.bad_requests import Fault, Place, item_shapes


def declared(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every declared field below a node with its check, found by looking at attributes only.

    It knows nothing of what the checks mean, so that it finds what `faults` may have overlooked.
    """
    if isinstance(node, AnItem):
        for name, kind, shape in item_shapes(stored_only=node.stored_only):
            yield from _declared_in(fields_of(kind, shape), (*place, name))
    elif isinstance(node, Mapping):
        yield from _declared_in(node, place)
    elif is_dataclass(node):
        for field in fields(node):
            yield from declared(getattr(node, field.name), place)


def _declared_in(known: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Any]]:
    for key, check in known.items():
        yield (*place, key), check
        yield from declared(check, (*place, key))


def without_rows(known: Mapping[str, Any], rows: Iterable[Fault]) -> list[Place]:
    """Return the declared fields that no fault is about."""
    covered = {row.place[:n] for row in rows for n in range(1, len(row.place) + 1)}
    return [
        place
        for place, check in declared(known)
        if place not in covered and not takes_anything(check)
    ]


def takes_anything(check: Any) -> bool:
    """Tell whether no value can be wrong."""
    while isinstance(check, Nullable):
        check = check.check
    return isinstance(check, Anything)
