"""What to say when a turn ended. Pure."""

from __future__ import annotations

from typing import NamedTuple

from chat_tui.controller import TurnReport
from chat_tui.errors import Severity


class Saying(NamedTuple):
    """A sentence, the way out, and how much it matters."""

    sentence: str
    way_out: str
    severity: Severity


def ending(report: TurnReport) -> Saying | None:
    """Return what to say of a turn's end; None when it simply succeeded."""
    if report.status == "stopped":
        return Saying("Stopped.", _after_stop(report), Severity.INFORMATION)
    if report.status == "incomplete":
        why = report.reason or "the server did not say why"
        return Saying(f"The answer is incomplete: {why}.", "What came is kept.", Severity.WARNING)
    if report.sentence:
        way_out = "The server kept what came." if report.kept else report.way_out
        return Saying(report.sentence, way_out, Severity.ERROR)
    return None


def _after_stop(report: TurnReport) -> str:
    if report.unsent:
        return "Nothing had come yet, and the server kept nothing."
    if not report.plan.stored:
        return "Off the record: what came is kept in memory only."
    if report.kept:
        return "The server kept your message and what came of the answer."
    return "The server kept nothing; what came is kept here and goes along with your next message."
