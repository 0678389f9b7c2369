"""Long conversations: what it costs to open them, to move in them and to search them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent, bare, cpu, first_frame, home, memory
from benchmarks.seeding import NEEDLE, conversations
from benchmarks.shapes import mark
from benchmarks.watching import Echoes, Watch
from tests.e2e.home import Home
from tests.e2e.program import Program

SIZES = {"apricot": 100, "bramble": 1000, "cypress": 10_000, "dahlia": 50_000}
"""Items by title; the first one is what the others are compared with."""
FIRST = "elderberry"
"""The conversation the program starts with."""
QUIET = 0.4
"""Seconds without a byte after which all is drawn."""
SHAPES = ((112, 36), (120, 40))
"""Columns and lines to resize to, by turns."""


@dataclass
class _Found:
    """What was measured of one conversation."""

    opened: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    keys: Echoes = field(default_factory=Echoes)
    resized: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)
    memory: float = 0.0


def measure(extent: Extent) -> list[Result]:
    """Open conversations of several lengths."""
    sizes = dict(list(SIZES.items())[:3] if extent is Extent.QUICK else SIZES)
    with bare("sdk") as terminal:
        first_frame(terminal)
        floor = memory(terminal)
    found = {title: _Found() for title in sizes}
    with home() as made:
        conversations(made, {**sizes, FIRST: 2})
        _open_all(made, sizes, found, rounds=2 if extent is Extent.QUICK else 5)
        longest = list(sizes)[-1]
        middle = _to_the_middle(made, longest, sizes[longest])
    few = found[next(iter(sizes))]
    results: list[Result] = []
    for title, size in sizes.items():
        results += _results(f"{size:,} items", found[title], few)
    case = f"{sizes[longest]:,} items, in the middle"
    results += _moving(case, middle, few)
    results.append(_resized(case, middle, few))
    above = middle.memory - floor
    note = f"above the bare app with the SDK, {floor:.0f} MB"
    results.append(Result(case, "memory", above, "MB", target=60.0, note=note))
    return results


def _open_all(made: Home, sizes: dict[str, int], found: dict[str, _Found], rounds: int) -> None:
    """Open all by turns in one program, so that a busy moment hits them alike."""
    with _started(made) as program:
        title, size = next(iter(sizes.items()))
        _open(program, title, size, _Found())
        _use(program, _Found())  # else the shortest one, measured first, pays for first times
        for number in range(rounds):
            for title, size in sizes.items():
                _open(program, title, size, found[title])
                if number == 0:
                    _use(program, found[title])


def _started(made: Home) -> Program:
    program = made.start()
    program.ready()
    program.wait_for(mark(2))
    time.sleep(3)  # the server and the SDK start meanwhile
    return program


def _open(program: Program, title: str, size: int, found: _Found) -> None:
    program.press("ctrl+o")
    program.wait_for("Open a conversation")
    program.type(title)
    watch = Watch(program)
    watch.settled(QUIET)
    before, pressed = cpu(program), time.perf_counter()
    program.press("enter")
    found.opened.append(watch.wait(mark(size).encode()) - pressed)
    watch.settled(QUIET)
    found.cpus.append(cpu(program) - before)


def _use(program: Program, found: _Found) -> None:
    """Type, find, page up and resize in the open conversation."""
    found.keys = Watch(program).echoes(3)
    for _ in range(3):
        program.press("ctrl+f")
        program.wait_for("find in the conversation")
        watch = Watch(program)
        typed = time.perf_counter()
        program.type(NEEDLE)
        # Among the loaded items the one match is gone to; else it is told to be further up.
        loaded = watch.wait(b"1 of 1", b"1 more further up")
        found.found.append(loaded - typed)
        program.press(*["backspace"] * len(NEEDLE))
        watch.settled(QUIET)
        program.press("escape")
        watch.settled(QUIET)
    _move(program, found)
    _resize(program, found)
    watch = Watch(program)
    program.press("end", "escape")  # else it would be opened where the reader was
    watch.rest(QUIET)


def _move(program: Program, found: _Found) -> None:
    """Go up some pages in the transcript, which has the focus."""
    watch = Watch(program)
    for _ in range(10):
        found.pages.append(watch.page_up())
        watch.pause(0.1)


def _resize(program: Program, found: _Found) -> None:
    for columns, lines in SHAPES * 3:
        program.lines()
        watch = Watch(program)
        began = time.perf_counter()
        program.resize(columns, lines)
        found.resized.append(watch.settled(QUIET) - began)


def _to_the_middle(made: Home, title: str, size: int) -> _Found:
    """Open the longest one in a new program and page up to its middle."""
    found = _Found()
    with _started(made) as program:
        _open(program, title, size, found)
        program.press("shift+tab")
        watch = Watch(program)
        watch.page_up_to(size // 2)
        watch.rest(QUIET)
        found.memory = memory(program)
        _move(program, found)
        _resize(program, found)
        program.press("escape")
        watch = Watch(program)
        watch.pause(QUIET)
        found.keys = watch.echoes(3)
    return found


def _results(case: str, found: _Found, few: _Found) -> Iterator[Result]:
    yield Result(
        case,
        "opened",
        median(found.opened) * 1000,
        "ms",
        median(few.opened) * 1000,
        1.3 if found is not few else None,
    )
    yield Result(case, "CPU of it", median(found.cpus), "s", median(few.cpus), target=0.3)
    yield from _moving(case, found, few)
    yield _resized(case, found, few)
    yield Result(case, "found", median(found.found) * 1000, "ms", median(few.found) * 1000)


def _moving(case: str, found: _Found, few: _Found) -> Iterator[Result]:
    most = 1.3 if found is not few else None
    yield _share(case, "page up p50", found.pages, few.pages, share=0.5, most=most)
    yield _share(case, "page up p95", found.pages, few.pages, share=0.95)
    yield _share(case, "lone key p50", found.keys.lone, few.keys.lone, share=0.5)
    yield _share(case, "key p95", found.keys.all, few.keys.all, share=0.95, most=most)


def _share(
    case: str,
    measure: str,
    mine: Sequence[float],
    theirs: Sequence[float],
    *,
    share: float,
    most: float | None = None,
) -> Result:
    base = percentile(theirs, share) * 1000
    return Result(case, measure, percentile(mine, share) * 1000, "ms", base, most)


def _resized(case: str, found: _Found, few: _Found) -> Result:
    return Result(case, "resized", median(found.resized) * 1000, "ms", median(few.resized) * 1000)
