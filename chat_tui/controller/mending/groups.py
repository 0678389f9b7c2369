"""Groups: which items of a conversation stand and fall together. Pure.

A call belongs to its output, reasoning to what it led to, an approval to its answer and the call
that followed. Taking one of a group away makes every later turn fail (api D.5).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chat_tui.items import Item, Kind, RawItem

_LED_TO = (Kind.ASSISTANT, Kind.CALL, Kind.HOSTED, Kind.APPROVAL, Kind.UNKNOWN)
"""What a model makes, so that reasoning can have led to it."""


def group(items: Sequence[RawItem]) -> list[list[int]]:
    """Return the groups as positions in ``items``, each in order, by their first member."""
    views = [Item(raw) for raw in items]
    heads = list(range(len(views)))

    def head(position: int) -> int:
        while heads[position] != position:
            position = heads[position]
        return position

    def join(one: int, other: int) -> None:
        first, second = sorted((head(one), head(other)))
        heads[second] = first

    seen: dict[tuple[str, str], int] = {}
    thought: int | None = None
    for position, view in enumerate(views):
        for bond in _bonds(view):
            if bond in seen:
                join(seen[bond], position)
            seen[bond] = position
        if view.kind is Kind.REASONING:
            # Reasoning that follows reasoning led to the same thing.
            if position and views[position - 1].kind is Kind.REASONING:
                join(position - 1, position)
            thought = position
        elif thought is not None and follows(view):
            join(thought, position)
        else:
            thought = None
    groups: dict[int, list[int]] = {}
    for position in range(len(views)):
        groups.setdefault(head(position), []).append(position)
    return list(groups.values())


def follows(item: Item) -> bool:
    """Whether reasoning can have led to this item."""
    return item.kind in _LED_TO and item.type != "mcp_approval_response"


def closed(items: Sequence[RawItem], chosen: Collection[int]) -> list[int]:
    """Return ``chosen`` positions and all that stand and fall with them, in order."""
    wanted = set(chosen)
    return sorted(p for members in group(items) if wanted & set(members) for p in members)


def end_of_group(items: Sequence[RawItem], position: int) -> int:
    """Return the first position from ``position`` on after which no group is cut in two."""
    last = {p: members[-1] for members in group(items) for p in members}
    end, looked = position, 0
    while looked <= end:
        end = max(end, last[looked])
        looked += 1
    return end


def _bonds(item: Item) -> list[tuple[str, str]]:
    """Return the names an item shares with those it belongs to."""
    bonds = []
    if item.call_id and (name := item.output_type or (item.type if item.is_output else "")):
        bonds.append((name, item.call_id))
    if item.type == "mcp_approval_request" and item.id:
        bonds.append(("approval", item.id))
    request = item.raw.get("approval_request_id")
    if isinstance(request, str) and request:
        bonds.append(("approval", request))
    return bonds
