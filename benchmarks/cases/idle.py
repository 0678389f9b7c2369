"""Nothing happens: what that costs."""

from __future__ import annotations

import time

from benchmarks.results import Result
from benchmarks.running import Extent, bare, cpu, first_frame, home, memory, opened
from tests.support.terminal import Terminal

SETTLING = 4.0
"""Seconds until the start is over: the server runs and the SDK is loaded."""
_LEFT, _CAME = b"\x1b[O", b"\x1b[I"
"""What terminals send when their window loses and gets the focus."""


def measure(extent: Extent) -> list[Result]:
    """Leave both programs alone."""
    seconds = 3.0 if extent is Extent.QUICK else 10.0
    # Together: two programs that do nothing do not disturb each other.
    with home() as made, opened(made) as program, bare() as terminal:
        program.ask("my name is Ada", "Hello Ada!")
        first_frame(terminal)
        ours, theirs = _rest((program, terminal), seconds)
        held, bare_held = memory(program), memory(terminal)
    results = [
        Result(f"idle, {name}", f"CPU in {seconds:g} s", mine * 1000, "ms", floor * 1000, 1.0)
        for name, mine, floor in zip(("focused", "unfocused"), ours, theirs, strict=True)
    ]
    return [*results, Result("after one turn", "memory", held, "MB", bare_held)]


def _rest(programs: tuple[Terminal, Terminal], seconds: float) -> list[list[float]]:
    """Return the CPU seconds of each while it rests with the focus, and without it."""
    time.sleep(SETTLING)
    found: list[list[float]] = [[], []]
    for told in (_CAME, _LEFT):
        for program in programs:
            program.send(told)
        time.sleep(1)
        before = [cpu(program) for program in programs]
        time.sleep(seconds)
        for used, program, start in zip(found, programs, before, strict=True):
            used.append(cpu(program) - start)
    return found
