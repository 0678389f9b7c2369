"""What was measured: tables for a person, JSON for a script."""

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
    """One figure: what was done, what was measured of it, and what it is compared with."""

    case: str
    measure: str
    """Named the same in every case, so that cases stand below each other."""
    value: float
    unit: str
    base: float | None = None
    """What it is compared with, in the same run and unit: the bare app, or the smallest case."""
    ratio_target: float | None = None
    """The largest ratio to the base that is good enough."""
    target: float | None = None
    """The largest value that is good enough, in the unit."""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the base."""
        return self.value / self.base if self.base else None

    @property
    def met(self) -> bool | None:
        """Whether it is good enough; None where nothing was asked for."""
        if self.target is None and self.ratio_target is None:
            return None
        small = self.target is None or self.value <= self.target
        ratio = self.ratio
        return small and (self.ratio_target is None or (ratio or 0.0) <= self.ratio_target)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def targets(results: Sequence[Result]) -> str:
    """Return those results that have a target as a Markdown table."""
    rows = [("Work", "measure", "chat-tui", "against", "ratio", "target", "met", "note")]
    rows += [
        (
            result.case,
            result.measure,
            _number(result.value, result.unit),
            _number(result.base, result.unit) if result.base is not None else "",
            f"{result.ratio:.2f}" if result.ratio is not None else "",
            _asked(result),
            "yes" if result.met else "NO",
            result.note,
        )
        for result in results
        if result.met is not None
    ]
    return _table(rows)


def figures(results: Sequence[Result]) -> str:
    """Return all results as a Markdown table: a row a case, a column a measure."""
    measures = list(dict.fromkeys(result.measure for result in results))
    cases = list(dict.fromkeys(result.case for result in results))
    cells = {(result.case, result.measure): result for result in results}
    rows = [("Work", *measures)]
    for case in cases:
        found = [cells.get((case, measure)) for measure in measures]
        rows.append((case, *(_number(cell.value, cell.unit) if cell else "" for cell in found)))
    return _table(rows)


def _asked(result: Result) -> str:
    asked = []
    if result.ratio_target is not None:
        asked.append(f"ratio ≤ {result.ratio_target:g}")
    if result.target is not None:
        asked.append(f"≤ {result.target:g} {result.unit}".strip())
    return ", ".join(asked)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def write(path: Path, parts: dict[str, list[Result]], seconds: dict[str, float]) -> None:
    """Write the results of each part as JSON, with what is needed to compare runs."""
    facts = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "seconds": seconds,
        "parts": {
            part: [{**asdict(r), "ratio": r.ratio, "met": r.met} for r in results]
            for part, results in parts.items()
        },
    }
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
