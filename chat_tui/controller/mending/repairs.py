"""Repairs: what would put findings right, as plans that say their effect first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chat_tui.controller.mending.groups import closed
from chat_tui.controller.mending.health import Ailment, Finding
from chat_tui.items import Item, RawItem, visible_line

_NOTHING = "The call was never run: its turn was cut off."


class Remedy(StrEnum):
    """A way to put things right."""

    ANSWER = "answer"
    """Add an output that says the call was never run; delete what cannot be answered."""
    DELETE = "delete"
    """Delete what is broken with all that stands and falls with it."""
    FORK = "fork"
    """Leave the conversation as it is and go on in a copy without what is broken."""


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What a repair adds and deletes; nothing has happened yet."""

    remedy: Remedy
    findings: tuple[Finding, ...]
    """What it puts right."""
    adds: tuple[RawItem, ...] = ()
    """Items that go to the end of the conversation."""
    deletes: tuple[Item, ...] = ()
    """Items that are deleted, or with ``FORK`` left out of the copy; in groups, in order."""

    @property
    def effect(self) -> tuple[str, ...]:
        """What will follow, one sentence each."""
        said = []
        if self.adds:
            said.append(f"Adds {counted(self.adds)} at the end, saying that nothing was run.")
        if self.deletes and self.remedy is Remedy.FORK:
            said.append(
                f"Makes a new conversation without {counted(i.raw for i in self.deletes)}; "
                "this one stays as it is."
            )
        elif self.deletes:
            said.append(
                f"Deletes {counted(i.raw for i in self.deletes)} for good; stored responses "
                "still show them until they are purged."
            )
        return tuple(said)


def plan_repair(
    items: Sequence[RawItem], findings: Sequence[Finding], remedy: Remedy
) -> RepairPlan:
    """Return what ``remedy`` does about ``findings`` in the conversation of these items."""
    adds: list[RawItem] = []
    broken: set[int] = set()
    for finding in findings:
        answer = synthetic(finding) if remedy is Remedy.ANSWER else None
        if answer is None:
            broken.add(finding.position)
        else:
            adds.append(answer)
    positions = closed(items, broken)
    gone = {
        (item.output_type, item.call_id)
        for item in (Item(items[position]) for position in positions)
    }
    return RepairPlan(
        remedy,
        tuple(findings),
        # What is deleted with another finding's group needs no answer any more.
        tuple(raw for raw in adds if (raw["type"], raw.get("call_id")) not in gone),
        tuple(Item(items[position]) for position in positions),
    )


def worth_repairing(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings a repair is for unless told otherwise: those that block, and approvals.

    What is cut off or empty does no harm, and may be all there is of an answer.
    """
    return tuple(f for f in findings if f.blocks or f.ailment is Ailment.APPROVAL)


def synthetic(finding: Finding) -> RawItem | None:
    """Return an output that stands for one that never came, None where there can be none."""
    item = finding.item
    if finding.ailment is Ailment.APPROVAL:
        return {
            "type": "mcp_approval_response",
            "approval_request_id": item.id,
            "approve": False,
            "reason": _NOTHING,
        }
    if finding.ailment is not Ailment.CALL or not item.call_id:
        return None
    fields: dict[str, RawItem] = {
        "function_call": {"output": _NOTHING, "status": "incomplete"},
        "custom_tool_call": {"output": _NOTHING},
        "apply_patch_call": {"status": "failed", "output": _NOTHING},
        "tool_search_call": {"tools": [], "execution": "client", "status": "incomplete"},
        "shell_call": {
            "output": [
                {"stdout": "", "stderr": _NOTHING, "outcome": {"type": "exit", "exit_code": 1}}
            ]
        },
    }
    if item.type not in fields:
        return None
    return {"type": item.output_type, "call_id": item.call_id, **fields[item.type]}


def counted(items: Iterable[Mapping[str, Any]]) -> str:
    """Return how many items of which type, in words: ``2 messages, 1 function call``."""
    counts = Counter(Item(raw).type or "item" for raw in items)
    return ", ".join(
        f"{count} {visible_line(name).replace('_', ' ')}{'s' if count > 1 else ''}"
        for name, count in counts.items()
    )
