"""``python -m benchmarks [PART …] [--quick | --full] [--json FILE]``: measures, prints tables."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.results import Result, figures, targets, write
from benchmarks.running import Extent
from benchmarks.shapes import SHAPES

ONE_SHAPE = tuple(f"stream:{shape}" for shape in SHAPES)
PARTS = ("start", "idle", "stream", "opening", "listing", "micro", "server")


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} or stream:SHAPE"
    )
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="less of everything, for a look")
    much.add_argument("--full", action="store_true", help="also what takes half an hour")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"), metavar="FILE")
    chosen = parser.parse_args()
    if wrong := {part.partition(":")[0] for part in chosen.parts} - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(wrong))}")
    if odd := [part for part in chosen.parts if ":" in part and part not in ONE_SHAPE]:
        parser.error(f"{odd[0]} is nothing to measure alone; try one of {', '.join(ONE_SHAPE)}")
    extent = Extent.QUICK if chosen.quick else Extent.FULL if chosen.full else Extent.NORMAL
    results: dict[str, list[Result]] = {}
    seconds: dict[str, float] = {}
    for part in chosen.parts or PARTS:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        name, _, only = part.partition(":")
        case = import_module(f"benchmarks.cases.{name}")
        results[part] = case.measure(extent, only) if only else case.measure(extent)
        seconds[part] = round(time.monotonic() - began, 1)
    print("## Targets\n")
    print(targets([result for found in results.values() for result in found]))
    for part, found in results.items():
        print(f"\n## {part.capitalize()} ({seconds[part]:.0f} s)\n")
        print(figures(found))
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    write(chosen.json, results, seconds)
    print(f"\nwritten to {chosen.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
