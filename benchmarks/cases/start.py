"""From the command to the first frame, to the first key, and the seconds after."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent, bare, first_frame, home
from benchmarks.watching import Echoes, Watch
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


def measure(extent: Extent) -> list[Result]:
    """Start both programs by turns."""
    quick = extent is Extent.QUICK
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(4 if quick else 15):
        with home() as made, made.start() as program:
            ours.append(_start(program))
        with bare() as terminal:
            theirs.append(_start(terminal))
    frames, keys = zip(*ours, strict=True)
    bare_frames, bare_keys = zip(*theirs, strict=True)
    busy = [_after_first_frame() for _ in range(1 if quick else 3)]
    pressed = [seconds for run in busy for seconds in run.all]
    lone = [seconds for run in busy for seconds in run.lone]
    with bare() as terminal:
        first_frame(terminal)
        calm = Watch(terminal).echoes(3)
    loaded = _loaded_before_first_frame()
    heavy = [name for name in HEAVY if name in loaded]
    start, after = "start", "the three seconds after it"
    return [
        Result(start, "first frame", median(frames) * 1000, "ms", median(bare_frames) * 1000, 1.4),
        Result(start, "usable composer", median(keys) * 1000, "ms", median(bare_keys) * 1000, 1.5),
        Result(start, "modules", len(loaded), "", note=", ".join(heavy)),
        Result(after, "lone key p50", median(lone) * 1000, "ms", median(calm.lone) * 1000),
        Result(
            after,
            "key p95",
            percentile(pressed, 0.95) * 1000,
            "ms",
            percentile(calm.all, 0.95) * 1000,
            target=80.0,
        ),
    ]


def _start(terminal: Terminal) -> tuple[float, float]:
    """Return the seconds to the first frame, and to the first key's echo."""
    frame = first_frame(terminal) - terminal.started
    terminal.type("ø")
    key = terminal.wait_for("ø") - terminal.started
    return frame, key


def _after_first_frame() -> Echoes:
    with home() as made, made.start() as program:
        first_frame(program)
        return Watch(program).echoes(3)


def _loaded_before_first_frame() -> set[str]:
    with home() as made, TemporaryDirectory() as place:
        notes = Path(place) / "imports"
        command = [sys.executable, "-m", "benchmarks.imports", str(notes)]
        with Terminal(command, made.env) as terminal:
            shown = first_frame(terminal)
        lines = [line.split(" ", 1) for line in notes.read_text().splitlines() if " " in line]
    return {name for at, name in lines if float(at) < shown}
