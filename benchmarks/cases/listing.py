"""Many conversations: what they cost at the start, and while one filters them."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent, bare, cpu, first_frame, home, memory
from benchmarks.seeding import listing
from benchmarks.watching import Watch
from tests.e2e.home import Home
from tests.e2e.program import Program

FEW, SOME, MANY = 100, 1000, 100_000
LISTED = {size: f"{size:,} conversations".encode() for size in (FEW, SOME, MANY)}
"""What the list says of itself once it is there."""
QUERIES = ("kyoto", "budget", "invoi", "99", "grdn")
"""Typed letter by letter into the filter."""
COUNTED = (b" found", b"best ")
"""What the list says of itself when it shows what was found, in the same frame as the rows."""
QUIET = 0.3


class _Found:
    def __init__(self) -> None:
        self.listed: list[float] = []
        """From the start until the list is there."""
        self.typed: list[float] = []
        """From the start until a key shows."""
        self.keys: list[float] = []
        """From a key in the filter until the rows it leaves are there."""
        self.settled: list[float] = []
        """The same until nothing more was written."""
        self.cpu = 0.0
        self.memory = 0.0


def measure(extent: Extent) -> list[Result]:
    """Start with lists of several lengths by turns, and filter them."""
    quick = extent is Extent.QUICK
    sizes = (FEW, MANY) if quick else (FEW, SOME, MANY)
    found = {size: _Found() for size in sizes}
    with home() as few, home() as some, home() as many:
        homes = dict(zip((FEW, SOME, MANY), (few, some, many), strict=True))
        for size in sizes:
            listing(homes[size], size)
        for _ in range(3 if quick else 8):
            for size in sizes:
                _start(homes[size], size, found[size])
        for size in sizes:
            _filter(homes[size], found[size])
    with bare("sdk") as terminal:
        first_frame(terminal)
        floor = memory(terminal)
    return [result for size in sizes for result in _results(size, found[size], found[FEW], floor)]


def _start(made: Home, size: int, found: _Found) -> None:
    with made.start() as program:
        watch = Watch(program)
        found.listed.append(watch.wait(LISTED[size]) - program.started)
    with made.start() as program:
        first_frame(program)
        watch = Watch(program)
        program.type("ø")
        found.typed.append(watch.wait("ø".encode()) - program.started)


def _filter(made: Home, found: _Found) -> None:
    with made.start() as program:
        program.ready()
        time.sleep(3)
        _to_the_filter(program)
        before = cpu(program)
        for query in QUERIES:
            for key in query:
                watch, pressed = Watch(program), time.perf_counter()
                program.type(key)
                found.keys.append(watch.wait(*COUNTED) - pressed)
                watch.rest(QUIET)
                found.settled.append(program.chunks[-1].at - pressed)
            watch = Watch(program)
            program.press(*["backspace"] * len(query))
            watch.settled(QUIET)
        found.cpu = (cpu(program) - before) / len(found.keys)
        found.memory = memory(program)


def _to_the_filter(program: Program) -> None:
    program.press("shift+tab", "shift+tab")
    program.wait_for("filter")
    program.press("/")
    watch = Watch(program)
    watch.rest(QUIET)


def _results(size: int, found: _Found, few: _Found, floor: float) -> Iterator[Result]:
    case = f"{size:,} conversations"
    most = 1.2 if found is not few else None
    for measure, mine, theirs in (
        ("list shown", found.listed, few.listed),
        ("first key echoed", found.typed, few.typed),
    ):
        yield Result(case, measure, median(mine) * 1000, "ms", median(theirs) * 1000, most)
    yield Result(case, "filter p50", median(found.keys) * 1000, "ms", median(few.keys) * 1000)
    slow, base = percentile(found.keys, 0.95) * 1000, percentile(few.keys, 0.95) * 1000
    yield Result(case, "filter p95", slow, "ms", base, target=50.0, note=f"{len(found.keys)} keys")
    settled = percentile(found.settled, 0.95) * 1000
    yield Result(case, "settled p95", settled, "ms", percentile(few.settled, 0.95) * 1000)
    yield Result(case, "CPU of a key", found.cpu * 1000, "ms", few.cpu * 1000)
    yield Result(case, "memory above bare + SDK", found.memory - floor, "MB")
