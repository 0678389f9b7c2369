"""From the command to the first frame, to the first key, and the seconds after."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.results import Result, median, percentile
from benchmarks.running import bare, echo, echoes, first_frame, home
from tests.support.terminal import Terminal

HEAVY = (
    "openai",
    "httpx2",
    "pydantic",
    "starlette",
    "uvicorn",
    "cryptography",
    "keyring",
    "sqlite3",
    "asyncio",
    "markdown_it",
    "pygments",
    "textual.widgets._text_area",
    "textual.command",
    "chat_tui.controller.controller",
    "chat_tui.library.library",
    "chat_tui.tui.transcript.transcript",
)
"""Modules worth knowing about; those imported before the first frame are named."""


def measure(quick: bool) -> list[Result]:
    """Start both programs by turns."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(3 if quick else 15):
        with home() as made, made.start() as program:
            ours.append(_start(program))
        with bare() as terminal:
            theirs.append(_start(terminal))
    frames, keys = zip(*ours, strict=True)
    bare_frames, bare_keys = zip(*theirs, strict=True)
    busy = [_after_first_frame() for _ in range(1 if quick else 3)]
    pressed = [seconds for run in busy for seconds in run]
    with bare() as terminal:
        first_frame(terminal)
        calm = echoes(terminal, 3)
    loaded = _loaded_before_first_frame()
    heavy = [name for name in HEAVY if name in loaded]
    return [
        Result("first frame", median(frames) * 1000, "ms", median(bare_frames) * 1000, 1.4),
        Result("first key echoed", median(keys) * 1000, "ms", median(bare_keys) * 1000, 1.5),
        Result("key echo p50, 3 s after it", median(pressed) * 1000, "ms", median(calm) * 1000),
        Result(
            "key echo p95, 3 s after it",
            percentile(pressed, 0.95) * 1000,
            "ms",
            percentile(calm, 0.95) * 1000,
            note="at most 80 ms",
        ),
        Result("modules before the first frame", len(loaded), "", note=", ".join(heavy)),
    ]


def _start(terminal: Terminal) -> tuple[float, float]:
    """Return the seconds to the first frame, and to the first key's echo."""
    frame = first_frame(terminal) - terminal.started
    terminal.type("ø")
    key = terminal.wait_for("ø") - terminal.started
    return frame, key


def _after_first_frame() -> list[float]:
    with home() as made, made.start() as program:
        first_frame(program)
        return [echo(program), *echoes(program, 3)]


def _loaded_before_first_frame() -> set[str]:
    with home() as made, TemporaryDirectory() as place:
        notes = Path(place) / "imports"
        command = [sys.executable, "-m", "benchmarks.imports", str(notes)]
        with Terminal(command, made.env) as terminal:
            shown = first_frame(terminal)
        lines = [line.split(" ", 1) for line in notes.read_text().splitlines() if " " in line]
    return {name for at, name in lines if float(at) < shown}
