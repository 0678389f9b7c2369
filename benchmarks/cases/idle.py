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
    with home() as made, opened(made) as program:
        program.ask("my name is Ada", "Hello Ada!")
        ours = _rest(program, seconds)
        held = memory(program)
    with bare() as terminal:
        first_frame(terminal)
        theirs = _rest(terminal, seconds)
        bare_held = memory(terminal)
    results = [
        Result(f"idle, {name}", f"CPU in {seconds:g} s", mine * 1000, "ms", floor * 1000, 1.0)
        for name, mine, floor in zip(("focused", "unfocused"), ours, theirs, strict=True)
    ]
    return [*results, Result("after one turn", "memory", held, "MB", bare_held)]


def _rest(terminal: Terminal, seconds: float) -> tuple[float, float]:
    """Return the CPU seconds of resting with the focus, and without it."""
    time.sleep(SETTLING)
    found = []
    for told in (_CAME, _LEFT):
        terminal.send(told)
        time.sleep(1)
        before = cpu(terminal)
        time.sleep(seconds)
        found.append(cpu(terminal) - before)
    return found[0], found[1]
