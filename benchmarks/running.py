"""Programs under measurement: started in a terminal, watched from outside."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from tests.e2e.home import Home
from tests.e2e.program import Program
from tests.support.terminal import Terminal

FIRST_FRAME = "Write a message"
"""What both programs show in their first frame."""
KEY = "ø"
"""A key whose echo cannot be mistaken for anything else on the screen."""


class Extent(StrEnum):
    """How much to measure."""

    QUICK = "quick"
    NORMAL = "normal"
    FULL = "full"


@contextmanager
def home() -> Iterator[Home]:
    """Yield a new home directory for one program."""
    with (
        tempfile.TemporaryDirectory(prefix="ctui-") as root,
        tempfile.TemporaryDirectory(prefix="ctui-") as runtime,
    ):
        made = Home(Path(root), Path(runtime))
        try:
            yield made
        finally:
            made.close()


@contextmanager
def bare(*arguments: str) -> Iterator[Terminal]:
    """Run the bare app; what the arguments do is said there."""
    command = [sys.executable, "-m", "benchmarks.bare", *arguments]
    with home() as made, Terminal(command, made.env) as terminal:
        yield terminal


@contextmanager
def opened(made: Home, *arguments: str) -> Iterator[Program]:
    """Run chat-tui, with a conversation open."""
    program = made.start(*arguments)
    try:
        program.ready()
        yield program
    finally:
        program.close()


def first_frame(terminal: Terminal) -> float:
    """Wait for the first frame; return when it had arrived, in seconds of ``perf_counter``."""
    return terminal.wait_for(FIRST_FRAME)


def echo(terminal: Terminal) -> float:
    """Type a key and take it back; return the mean seconds until each showed."""
    before = terminal.text().count(KEY)
    pressed = time.perf_counter()
    terminal.type(KEY)
    shown = terminal.wait_until(lambda text: text.count(KEY) > before, "the key's echo")
    erased = time.perf_counter()
    terminal.press("backspace")
    gone = terminal.wait_until(lambda text: text.count(KEY) == before, "the key's going")
    return (shown - pressed + gone - erased) / 2


def cpu(terminal: Terminal) -> float:
    """Return the CPU seconds the program used so far, without those of its server."""
    # The clock of another process, to the nanosecond; /proc counts in hundredths of a second.
    return time.clock_gettime((~terminal.pid << 3) | 2)


def memory(terminal: Terminal) -> float:
    """Return the megabytes the program holds now."""
    return _status(terminal, "VmRSS")


def peak_memory(terminal: Terminal) -> float:
    """Return the most megabytes the program ever held."""
    return _status(terminal, "VmHWM")


def _status(terminal: Terminal, name: str) -> float:
    status = Path(f"/proc/{terminal.pid}/status").read_text(encoding="ascii", errors="replace")
    return int(status.split(f"{name}:")[1].split()[0]) / 1024
