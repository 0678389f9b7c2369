"""``python -m benchmarks [PART …] [--quick] [--json FILE]``: measures and prints a table."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.results import Result, table, write

PARTS = ("start", "idle", "stream", "opening", "server")


def main() -> None:
    """Measure the parts asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--quick", action="store_true", help="less of everything, for a look")
    parser.add_argument("--json", type=Path, default=Path("build/benchmarks.json"), metavar="FILE")
    chosen = parser.parse_args()
    if wrong := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(wrong))}")
    results: list[Result] = []
    for part in chosen.parts or PARTS:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        results += import_module(f"benchmarks.cases.{part}").measure(chosen.quick)
    print(table(results))
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    write(chosen.json, results)
    print(f"\nwritten to {chosen.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
