"""Branching: what of a conversation a copy takes, and where the copy says it came from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_tui.controller.mending.groups import end_of_group
from chat_tui.controller.mending.repairs import counted
from chat_tui.controller.metadata import MAX_PAIRS, MAX_VALUE
from chat_tui.errors import NotFound
from chat_tui.items import Item, RawItem, Record, visible_line
from chat_tui.replaying import replay, replayable

PARENT = "chat-tui.parent"
"""Metadata key: the id of the conversation or response that this one was forked from."""
PARENT_ITEM = "chat-tui.parent_item"
"""Metadata key: the last item of the parent that was taken along."""


@dataclass(frozen=True, slots=True)
class ForkPlan:
    """What a fork takes along; nothing has happened yet."""

    items: tuple[RawItem, ...]
    """What the copy starts with, without ids."""
    left_out: tuple[Item, ...]
    """What cannot be copied, or is not to be."""
    at: str
    """Id of the last item taken along; empty when there is none."""

    @property
    def effect(self) -> tuple[str, ...]:
        """What will follow, one sentence each."""
        said = [f"Copies {len(self.items)} items into a new conversation; this one stays."]
        if self.left_out:
            kinds = counted(item.raw for item in self.left_out)
            said.append(f"Leaves out what cannot be copied or is not to be: {kinds}.")
        return tuple(said)


def plan_fork(items: Sequence[RawItem], at: str = "", without: Sequence[Item] = ()) -> ForkPlan:
    """Return the plan of a copy up to the item ``at``, or of everything.

    A group that ``at`` stands in is taken whole. Raises NotFound for an item that is not there.
    """
    taken = list(items[: position_of(items, at, whole=True) + 1]) if at else list(items)
    unwanted = {id(item.raw) for item in without}
    records = [Record(raw) for raw in taken if id(raw) not in unwanted]
    segments = _segments(records)
    kept = {record.ref for segment in segments for record in replayable(segment)}
    copied = [raw for segment in segments for raw in replay(segment)]
    left = [record.item for record in records if record.ref not in kept]
    left += [item for item in without if any(item.raw is raw for raw in taken)]
    return ForkPlan(tuple(copied), tuple(left), Item(taken[-1]).id if taken else "")


def position_of(items: Sequence[RawItem], item_id: str, *, whole: bool = False) -> int:
    """Return where an item stands, or with ``whole`` where its group ends. Raises NotFound."""
    for position, raw in enumerate(items):
        if raw.get("id") == item_id:
            return end_of_group(items, position) if whole else position
    raise NotFound(
        f"There is no item {visible_line(item_id)} in this conversation.",
        "chat-tui items lists them with their ids.",
    )


def _segments(records: Sequence[Record]) -> list[list[Record]]:
    """Cut before each compaction item: what came before is read no more, but stays to be seen."""
    segments: list[list[Record]] = [[]]
    for record in records:
        if record.item.type == "compaction":
            segments.append([])
        segments[-1].append(record)
    return segments


def lineage(
    metadata: Mapping[str, str], *, parent: str, at: str, title: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the metadata of a copy and which keys found no room in it.

    What the parent had stays; only the title and our own keys are set anew.
    """
    result = {key: value for key, value in metadata.items() if key not in (PARENT, PARENT_ITEM)}
    missing = []
    for key, value in (("title", title), (PARENT, parent), (PARENT_ITEM, at)):
        if not value:
            continue
        if key in result or len(result) < MAX_PAIRS:
            result[key] = value[:MAX_VALUE]
        else:
            missing.append(key)
    return result, tuple(missing)


def title_of_fork(title: str) -> str:
    """Return what a fork of a conversation is called."""
    suffix = " (fork)"
    return f"{title[: MAX_VALUE - len(suffix)]}{suffix}"
