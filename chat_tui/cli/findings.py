"""What ``chat-tui doctor`` finds, one fact at a time, and how findings are laid out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from chat_tui.items import visible_line


class Status(StrEnum):
    """What a finding means for the user."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing is wrong."""
    WARNING = "warning"
    """Something does not work, but the program can be used."""
    FAILURE = "failure"
    """The program cannot be used as it is configured."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact of a group."""

    group: str
    name: str
    detail: str
    status: Status = Status.NOTE


_MARKS = {Status.OK: "ok", Status.NOTE: "", Status.WARNING: "warn", Status.FAILURE: "FAIL"}


def usable(findings: Sequence[Finding]) -> bool:
    """Whether nothing was found that prevents use."""
    return all(finding.status is not Status.FAILURE for finding in findings)


def as_text(findings: Sequence[Finding]) -> str:
    """Return findings by group, aligned, each line with a word for what it means."""
    width = max(len(visible_line(finding.name)) for finding in findings)
    parts = []
    for group, members in groupby(findings, key=lambda finding: finding.group):
        lines = [
            f"  {_MARKS[found.status]:<4}  {visible_line(found.name):<{width}}  "
            f"{visible_line(found.detail)}"
            for found in members
        ]
        parts.append("\n".join([group, *lines]))
    verdict = (
        "Nothing stands in the way." if usable(findings) else "What FAIL marks must be put right."
    )
    return "\n\n".join([*parts, verdict])


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return findings for a script."""
    return {"ok": usable(findings), "findings": [asdict(finding) for finding in findings]}
