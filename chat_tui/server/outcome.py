"""How a turn ended, and the Response object and stored items that follow from it. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_tui.server import store
from chat_tui.server.context import COMPACTION
from chat_tui.server.tokens import count_items
from chat_tui.server.upstream import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_tui.server.items import Item
    from chat_tui.server.store import Stored


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the generation ended."""

    status: str
    """The response's: completed, incomplete, failed or cancelled."""
    error: dict[str, str] | None = None
    reason: str | None = None
    """Why it is incomplete, None when it was interrupted."""
    usage: Usage | None = None
    interrupted: bool = False
    """Whether somebody ended it: a client that left or cancelled, or the server's stop."""

    @property
    def item_status(self) -> str:
        """The status of the item that was being written."""
        return "completed" if self.status == "completed" else "incomplete"


def failure(code: str, message: str) -> Outcome:
    """Return the outcome of a generation that failed."""
    return Outcome("failed", error={"code": code, "message": message})


def tidied(outcome: Outcome, output: Sequence[Item]) -> list[Item]:
    """Return the output with marks on what must not hold up the next turn.

    Calls of an interrupted turn were never handled, and reasoning at the end led to nothing: both
    would make the context unreadable if they counted as complete.
    """
    tidy = list(output)
    if outcome.interrupted:
        tidy = [
            {**item, "status": "incomplete"} if item["type"] == "function_call" else item
            for item in tidy
        ]
    if tidy and tidy[-1]["type"] == "reasoning":
        tidy[-1] = {**tidy[-1], "status": "incomplete"}
    return tidy


def response_of(
    draft: dict[str, Any],
    outcome: Outcome,
    output: Sequence[Item],
    input_tokens: int,
    show: Callable[[Item], Item],
) -> dict[str, Any]:
    """Return the finished Response object."""
    return {
        **draft,
        "status": outcome.status,
        "completed_at": int(time.time()) if outcome.status == "completed" else None,
        "error": outcome.error,
        "incomplete_details": {"reason": outcome.reason} if outcome.reason else None,
        "output": [show(item) for item in output],
        "service_tier": "default",
        "usage": usage_of(outcome.usage or estimated(input_tokens, output)),
    }


def estimated(input_tokens: int, output: Sequence[Item]) -> Usage:
    """Return the usage by our own estimate; a compaction item is nothing the model wrote."""
    made = [item for item in output if item["type"] != COMPACTION]
    thought = count_items(item for item in made if item["type"] == "reasoning")
    return Usage(input_tokens, count_items(made), reasoning_tokens=thought)


def usage_of(usage: Usage) -> dict[str, Any]:
    """Return usage as the API shows it."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def to_store(output: Sequence[Item]) -> list[Stored]:
    """Return the output as stored items, each bound to the reasoning directly before it."""
    made: list[Stored] = []
    before: Item | None = None
    for item in output:
        follows = before is not None and before["type"] == "reasoning"
        made.append(store.stored(item, before["id"] if before and follows else None))
        before = item
    return made
