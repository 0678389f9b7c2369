"""Health: what in a list of items makes later turns fail, or says nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat_tui.controller.mending.groups import follows
from chat_tui.items import Item, Kind, RawItem, visible_line

_UNFINISHED = ("incomplete", "in_progress", "searching", "interpreting", "generating", "calling")


class Ailment(StrEnum):
    """What can be wrong with an item."""

    CALL = "call without output"
    OUTPUT = "output without call"
    APPROVAL = "approval without answer"
    REASONING = "reasoning without what follows it"
    INCOMPLETE = "incomplete"
    EMPTY = "empty"


BLOCKING = (Ailment.CALL, Ailment.OUTPUT, Ailment.REASONING)
"""What servers refuse a turn for (api A.9)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one item."""

    position: int
    """Where in the list the item stands, from 0."""
    item: Item
    ailment: Ailment

    @property
    def blocks(self) -> bool:
        """Whether the next turn is refused because of it.

        Some servers pass over what an interrupted turn left half-done; none is relied on here.
        """
        return self.ailment in BLOCKING

    @property
    def sentence(self) -> str:
        """What is wrong, and what follows."""
        name = self.item.name or self.item.type
        said = {
            Ailment.CALL: f"The call {name} has no output: the next turn is refused.",
            Ailment.OUTPUT: f"This {name} answers no call before it: the next turn is refused.",
            Ailment.APPROVAL: f"The call {name} waits for an approval.",
            Ailment.REASONING: "This reasoning leads to nothing: the next turn is refused.",
            Ailment.INCOMPLETE: f"This {name} was cut off.",
            Ailment.EMPTY: f"This {name} says nothing.",
        }[self.ailment]
        return visible_line(said)


def examine(items: Sequence[RawItem]) -> tuple[Finding, ...]:
    """Return what is wrong with a conversation's items, oldest first, in their order.

    What was folded into a compaction item is read no more: an output for a call from there would
    itself stand alone.
    """
    everything = [Item(raw) for raw in items]
    start = _latest_compaction(everything)
    views = everything[start:]
    answered = {(view.type, view.call_id) for view in views if view.is_output}
    decided = {
        view.raw.get("approval_request_id")
        for view in views
        if view.type in ("mcp_approval_response", "mcp_call")
    }
    found: list[Finding] = []
    called: set[tuple[str, str]] = set()
    for position, view in enumerate(views):
        key = (view.output_type or view.type, view.call_id)
        if view.is_call and key not in answered:
            ailment = Ailment.CALL
        elif view.is_output and key not in called:
            ailment = Ailment.OUTPUT
        elif view.type == "mcp_approval_request" and view.id not in decided:
            ailment = Ailment.APPROVAL
        elif view.kind is Kind.REASONING and not _leads_on(views, position):
            ailment = Ailment.REASONING
        elif view.status in _UNFINISHED and not view.is_output:  # an output so marked is an answer
            ailment = Ailment.INCOMPLETE
        elif _is_empty(view):
            ailment = Ailment.EMPTY
        else:
            called.add(key)
            continue
        if view.output_type:
            called.add(key)
        found.append(Finding(start + position, view, ailment))
    return tuple(found)


def _latest_compaction(views: Sequence[Item]) -> int:
    """Return where the latest compaction item that holds anything stands, 0 without one."""
    for position in range(len(views) - 1, -1, -1):
        if views[position].raw.get("encrypted_content") and views[position].type == "compaction":
            return position
    return 0


def _leads_on(views: Sequence[Item], position: int) -> bool:
    """Whether what comes after this reasoning, and after reasoning right behind it, was made."""
    for view in views[position + 1 :]:
        if view.kind is not Kind.REASONING:
            return follows(view)
    return False


def _is_empty(item: Item) -> bool:
    if item.type == "message":
        content = item.raw.get("content")
        parts = content if isinstance(content, list) else [content]
        return not any(_says(part) for part in parts)
    return item.type == "compaction" and not item.raw.get("encrypted_content")


def _says(part: object) -> bool:
    """Whether a part of a message holds anything; what is no text counts as something."""
    if isinstance(part, dict):
        texts = [part[name] for name in ("text", "refusal") if name in part]
        return any(texts) if texts else bool(part)
    return bool(part)
