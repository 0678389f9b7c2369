"""Choosing items by what they are, and what deleting them would do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat_tui.controller.mending.groups import closed, group
from chat_tui.controller.mending.health import examine
from chat_tui.controller.mending.repairs import counted
from chat_tui.errors import EXIT_USAGE, ChatTuiError, NotFound
from chat_tui.items import Item, RawItem, visible_line


@dataclass(frozen=True, slots=True)
class Filter:
    """What is meant; whatever is left empty does not matter, all the rest has to hold."""

    ids: tuple[str, ...] = ()
    role: str = ""
    type: str = ""
    status: str = ""
    before: float | None = None
    """First seen here before this time (Unix seconds); items have no time of their own.

    What was never seen by this program at a known time does not match.
    """
    keep_last: int = 0
    """Not among this many newest items."""

    @property
    def empty(self) -> bool:
        """Whether everything matches."""
        return self == Filter()


def choose(items: Sequence[RawItem], wanted: Filter, seen: Mapping[str, float | None]) -> list[int]:
    """Return the positions of the items that match; ``seen`` tells when, by id.

    Raises NotFound for an id that is not there.
    """
    here = {Item(raw).id for raw in items}
    for name in wanted.ids:
        if name not in here:
            raise NotFound(f"There is no item {visible_line(name)} in this conversation.")
    last = len(items) - wanted.keep_last
    return [
        position
        for position, raw in enumerate(items)
        if position < last and _matches(Item(raw), wanted, seen)
    ]


def _matches(item: Item, wanted: Filter, seen: Mapping[str, float | None]) -> bool:
    at = seen.get(item.id)
    return (
        (not wanted.ids or item.id in wanted.ids)
        and (not wanted.role or item.role == wanted.role)
        and (not wanted.type or item.type == wanted.type)
        and (not wanted.status or item.status == wanted.status)
        and (wanted.before is None or (at is not None and at < wanted.before))
    )


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What a deletion of items takes away; nothing has happened yet."""

    chosen: tuple[Item, ...]
    """What was asked for."""
    along: tuple[Item, ...]
    """What goes along because it stands and falls with them."""
    groups: tuple[tuple[Item, ...], ...]
    """All of it in the groups in which it is deleted."""
    remain: int
    """How many items stay."""

    @property
    def effect(self) -> tuple[str, ...]:
        """What will follow, one sentence each."""
        if not self.chosen:
            return ("No item matches.",)
        said = [f"Deletes {counted(item.raw for item in self.chosen)} for good."]
        if self.along:
            kinds = counted(item.raw for item in self.along)
            said.append(f"Along with them go {kinds}, without which later turns would fail.")
        said.append(f"{self.remain} items stay; stored responses still show what goes.")
        return tuple(said)


def plan_deletion(items: Sequence[RawItem], positions: Sequence[int]) -> DeletionPlan:
    """Return what deleting the items at ``positions`` takes away."""
    wanted = set(positions)
    everything = set(closed(items, wanted))
    return DeletionPlan(
        tuple(Item(items[position]) for position in sorted(wanted)),
        tuple(Item(items[position]) for position in sorted(everything - wanted)),
        tuple(
            tuple(Item(items[position]) for position in members)
            for members in group(items)
            if members[0] in everything
        ),
        len(items) - len(everything),
    )


class Fate(StrEnum):
    """What became of one item."""

    GONE = "gone"
    ALREADY = "already gone"
    REFUSED = "refused"
    UNTRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of one item that was to be deleted."""

    item: Item
    fate: Fate
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AdditionPlan:
    """What adding items does; nothing has happened yet."""

    items: tuple[RawItem, ...]
    """As they are sent: without ids and what only a server says."""
    breaks: tuple[str, ...]
    """What would be wrong afterwards that is not wrong now, one sentence each."""

    @property
    def effect(self) -> tuple[str, ...]:
        """What will follow, one sentence each."""
        return (f"Adds {counted(self.items)} at the end.", *self.breaks)


def plan_addition(items: Sequence[RawItem], new: Sequence[RawItem]) -> AdditionPlan:
    """Return what adding ``new`` items, already cleaned, behind ``items`` does."""
    before = {(finding.position, finding.ailment) for finding in examine(items)}
    breaks = tuple(
        finding.sentence
        for finding in examine([*items, *new])
        if finding.blocks and (finding.position, finding.ailment) not in before
    )
    return AdditionPlan(tuple(new), breaks)


def read_items(value: object) -> list[RawItem]:
    """Return the items of parsed JSON: an array, or an object with ``items`` or ``data``.

    Raises ChatTuiError when it is neither, or holds what is no item.
    """
    if isinstance(value, dict):
        value = value.get("items", value.get("data"))
    if not isinstance(value, list) or not value:
        raise ChatTuiError(
            "There are no items in it.",
            'Give a JSON array of items, or an object with "items".',
            exit_code=EXIT_USAGE,
        )
    for position, raw in enumerate(value):
        if not isinstance(raw, dict) or not Item(raw).type:
            raise ChatTuiError(
                f"Entry {position + 1} is no item: it has no type.",
                'An item is an object with "type", a message one with "role" and "content".',
                exit_code=EXIT_USAGE,
            )
    return value
