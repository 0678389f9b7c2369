"""Comparing what is here with what a server lists. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_tui.controller.merge import merge
from chat_tui.items import Item, Place, RawItem, Record


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the copy here and the server's list stand to each other."""

    same: int
    only_here: tuple[Item, ...]
    """In the copy here, but not listed any more."""
    only_there: tuple[Item, ...]
    """Listed, but not in the copy here."""
    changed: tuple[Item, ...]
    """Listed otherwise than in the copy here; as they are there."""
    kept_here: int
    """Items that are here on purpose: asides and what was stopped."""
    moved: bool
    """Whether those in both places stand in another order."""

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_here or self.only_there or self.changed or self.moved)

    @property
    def sentence(self) -> str:
        """How they stand to each other."""
        if self.agrees:
            return f"The same here and there: {self.same} items."
        order = ", in another order" if self.moved else ""
        return (
            f"{self.same} the same, {len(self.only_here)} only here, "
            f"{len(self.only_there)} only there, {len(self.changed)} changed{order}."
        )


def compare(here: Sequence[Record], there: Sequence[RawItem]) -> Comparison:
    """Compare all records of a conversation with all items its server lists, oldest first."""
    mine = [record for record in here if record.place is Place.CONVERSATION]
    merged, _ = merge(mine, there, reaches_start=True)
    before = {record.ref: record for record in mine}
    refs = [record.ref for record in merged]
    both = [record for record in merged if record.ref in before]
    changed = [record.item for record in both if not _alike(before[record.ref], record)]
    order = [record.ref for record in mine if record.ref in set(refs)]
    return Comparison(
        same=len(both) - len(changed),
        only_here=tuple(record.item for record in mine if record.ref not in set(refs)),
        only_there=tuple(record.item for record in merged if record.ref not in before),
        changed=tuple(changed),
        kept_here=len(here) - len(mine),
        moved=order != [record.ref for record in both],
    )


def _alike(mine: Record, theirs: Record) -> bool:
    """Whether two copies agree, whatever lists leave out unless asked for it."""
    # What was sent from here has no id until it was listed once; its words were matched.
    return not mine.item.id or mine.raw == theirs.raw or _listed(mine.raw) == _listed(theirs.raw)


def _listed(raw: RawItem) -> RawItem:
    return {name: value for name, value in raw.items() if name != "encrypted_content" and value}
