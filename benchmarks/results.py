"""What was measured: rows of a table for a person, JSON for a script."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One row: what was done, what it cost, and what the bare app needed for the same."""

    case: str
    value: float
    unit: str
    bare: float | None = None
    """The same of the bare app, in the same run and unit."""
    target: float | None = None
    """The largest ratio to the bare app that is good enough, or the largest value."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the bare app's."""
        return self.value / self.bare if self.bare else None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table, ratios first."""
    rows = [("Work", "ratio", "chat-tui", "bare", "target", "note")]
    rows += [
        (
            result.case,
            f"{result.ratio:.2f}" if result.ratio is not None else "",
            _number(result.value, result.unit),
            _number(result.bare, result.unit) if result.bare is not None else "",
            f"≤ {result.target:g}" if result.target is not None else "",
            result.note,
        )
        for result in results
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}"


def write(path: Path, results: Sequence[Result]) -> None:
    """Write the results as JSON, with what is needed to compare runs."""
    facts = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "results": [{**asdict(result), "ratio": result.ratio} for result in results],
    }
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
