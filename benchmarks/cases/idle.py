"""Nothing happens: what that costs."""

from __future__ import annotations

import time

from benchmarks.results import Result
from benchmarks.running import bare, cpu, first_frame, home, memory, opened
from tests.support.terminal import Terminal

SETTLING = 4.0
"""Seconds until the start is over: the server runs and the SDK is loaded."""


def measure(quick: bool) -> list[Result]:
    """Leave both programs alone."""
    seconds = 3.0 if quick else 10.0
    with home() as made, opened(made) as program:
        program.ask("my name is Ada", "Hello Ada!")
        ours = _rest(program, seconds)
        held = memory(program)
    with bare() as terminal:
        first_frame(terminal)
        theirs = _rest(terminal, seconds)
        bare_held = memory(terminal)
    return [
        Result(f"idle CPU, {seconds:g} s", ours * 1000, "ms", theirs * 1000, 1.0),
        Result("memory after one turn", held, "MB", bare_held, note="the SDK is about 40 MB of it"),
    ]


def _rest(terminal: Terminal, seconds: float) -> float:
    time.sleep(SETTLING)
    before = cpu(terminal)
    time.sleep(seconds)
    return cpu(terminal) - before
