"""Answers as they come: CPU for each token, how late each is painted, and keys meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from benchmarks.bare import STREAM_KEY
from benchmarks.model import GREETING, model, prompt
from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent, bare, cpu, first_frame, home, opened, peak_memory
from benchmarks.shapes import SHAPES, answer, last_mark
from benchmarks.tap import Tap, tapped
from benchmarks.watching import Echoes, Watch
from tests.e2e.program import Program
from tests.support.server import TOKEN, EmbeddedServer

FEW, MANY = 2000, 20_000
SLOW, FAST, FREE = 100, 500, 0
"""Tokens per second; the last is as fast as it goes."""
AGAIN = 5
"""Answers in a row when keys are typed while they come as fast as they can: each is soon over."""
SETTLING = 1.0
"""Seconds after the last token that still count: an answer is drawn once more as a whole."""


class Case(NamedTuple):
    """One answer to measure."""

    shape: str
    tokens: int
    pace: int
    typing: bool
    """Whether keys are typed meanwhile; at a pace in the middle only."""

    def __str__(self) -> str:
        pace = f"at {self.pace}/s" if self.pace else "unthrottled"
        return f"{self.shape}, {self.tokens:,} tokens {pace}"


@dataclass
class Streamed:
    """What one answer cost, or several in a row."""

    cpu: float = 0.0
    """Seconds, without those in which keys were typed at a pace."""
    counted: int = 0
    """The tokens that came in them."""
    lags: list[float] = field(default_factory=list)
    """From the wire to the terminal, of each mark that was painted."""
    last: list[float] = field(default_factory=list)
    """The same of the last token of each answer."""
    echoes: Echoes = field(default_factory=Echoes)
    written: int = 0
    """Bytes to the terminal."""
    answers: int = 0
    peak: float = 0.0


def measure(extent: Extent, only: str = "") -> list[Result]:
    """Stream answers of all shapes, or of one, at all paces."""
    cases = [case for case in _cases(extent) if only in ("", case.shape)]
    paces = {case.pace for case in cases if case.shape == "mixed" and case.tokens == FEW}
    floor = _Floor(paces - {FREE})
    found = {case: _streamed(case) for case in cases}
    results: list[Result] = []
    for case, run in found.items():
        results += _results(case, run, floor, found)
    return results


def _cases(extent: Extent) -> Iterator[Case]:
    if extent is Extent.QUICK:
        yield Case("mixed", FEW, FAST, typing=False)
        yield Case("mixed", MANY, FREE, typing=True)
        return
    yield Case("mixed", FEW, SLOW, typing=True)
    for shape in SHAPES:
        whole = extent is Extent.FULL
        if whole and shape != "mixed":
            yield Case(shape, FEW, SLOW, typing=True)
        yield Case(shape, FEW, FAST, typing=False)
        yield Case(shape, MANY, FAST, typing=True)
        if whole:
            yield Case(shape, MANY, SLOW, typing=True)
        yield Case(shape, FEW, FREE, typing=False)
        yield Case(shape, MANY, FREE, typing=True)


class _Floor:
    """The bare app: the same mixed tokens appended to a Static, and its keys while idle."""

    def __init__(self, paces: set[int]) -> None:
        self.cpus = {pace: self._stream(pace) for pace in paces}
        with bare() as terminal:
            first_frame(terminal)
            time.sleep(SETTLING)
            self.calm = Watch(terminal).echoes(4)

    @staticmethod
    def _stream(pace: int) -> float:
        last = last_mark(answer("mixed", FEW))
        with bare(str(FEW), str(pace)) as terminal:
            first_frame(terminal)
            time.sleep(SETTLING)
            watch, before = Watch(terminal), cpu(terminal)
            terminal.press(STREAM_KEY)
            watch.wait_mark(last, 30 + 5 * FEW / pace)
            time.sleep(SETTLING)
            return cpu(terminal) - before


def _streamed(case: Case) -> Streamed:
    """Let a new program ask for the answer, and watch it come."""
    with home() as made, model() as upstream:
        server = EmbeddedServer.start(made.root, tcp=True, arguments=("--upstream", upstream))
        try:
            with tapped(server.base_url) as tap:
                made.env |= {"OPENAI_BASE_URL": tap.url, "OPENAI_API_KEY": TOKEN}
                with opened(made) as program:
                    program.ask("hello", GREETING)
                    # What comes after a turn must be over before the next one is measured.
                    time.sleep(SETTLING)
                    result, mark = Streamed(), 0
                    for _ in range(AGAIN if case.typing and case.pace == FREE else 1):
                        mark = _answer(program, tap, case, mark, result)
                    result.peak = peak_memory(program)
        finally:
            server.stop()
    return result


def _answer(program: Program, tap: Tap, case: Case, after: int, result: Streamed) -> int:
    """Ask for an answer, watch it come and add what it cost; return its last mark."""
    asked = prompt(case.shape, case.tokens, case.pace, after)
    last = last_mark(answer(case.shape, case.tokens, after))
    patience = 60 + 2 * case.tokens / (case.pace or FAST)
    program.type(asked)
    program.wait_for(asked)
    watch = Watch(program, after)
    watch.pause(0.3)
    before, wrote = cpu(program), len(program.output)
    program.press("enter")
    counted = case.tokens
    if case.typing and case.pace:
        # CPU is counted before and after these: a letter costs some of it as well.
        share = 0.6 if case.tokens == FEW else 0.2
        watch.wait_mark(round(last * (1 - share) / 2), patience)
        begun, begun_at = cpu(program), watch.latest
        while watch.latest < begun_at + last * share:
            watch.type_pair(result.echoes)
        watch.pause(0.2)
        before += cpu(program) - begun
        counted -= round((watch.latest - begun_at) / last * case.tokens)
    elif case.typing:
        watch.wait_mark(after + 1, patience)
        while watch.latest < last:
            watch.type_pair(result.echoes, pause=0.05)
    watch.wait_mark(last, patience)
    watch.pause(SETTLING)
    result.cpu += cpu(program) - before
    result.counted += counted
    result.written += len(program.output) - wrote
    result.answers += 1
    passed = tap.marks()
    result.lags += [at - passed[number] for number, at in watch.painted.items()]
    result.last.append(watch.painted[last] - passed[last])
    return last


def _results(
    case: Case, run: Streamed, floor: _Floor, found: dict[Case, Streamed]
) -> Iterator[Result]:
    name = str(case)
    yield from _cpu(case, run, floor, found)
    yield Result(
        name,
        "last token painted after",
        max(run.last) * 1000,
        "ms",
        target=100.0 if case.pace == FAST and case.tokens == MANY else None,
    )
    paced = case.shape == "mixed" and case.pace and case.tokens == FEW
    yield Result(
        name,
        "lag p95",
        percentile(run.lags, 0.95) * 1000,
        "ms",
        target=60.0 if paced else None,
        note=f"of {len(run.lags):,} tokens seen",
    )
    yield Result(name, "lag p50", median(run.lags) * 1000, "ms")
    if run.echoes.lone:
        yield from _keys(case, run.echoes, floor.calm)
    yield Result(name, "written", run.written / run.answers / 1024, "kB")
    yield Result(name, "peak memory", run.peak, "MB")


def _cpu(case: Case, run: Streamed, floor: _Floor, found: dict[Case, Streamed]) -> Iterator[Result]:
    name = str(case)
    token = run.cpu / run.counted * 1000
    yield Result(name, "CPU", run.cpu / run.counted * case.tokens, "s")
    short = found.get(case._replace(tokens=FEW, typing=False))
    if short is None:
        short = found.get(case._replace(tokens=FEW))
    if case.tokens == MANY and short is not None:
        yield Result(
            name,
            "CPU per token",
            token,
            "ms",
            short.cpu / short.counted * 1000,
            1.2,
            note="against 2,000 tokens",
        )
    elif case.shape == "mixed" and case.pace in floor.cpus:
        yield Result(
            name,
            "CPU per token",
            token,
            "ms",
            floor.cpus[case.pace] / FEW * 1000,
            0.4 if case.pace == SLOW else 0.6,
            note="against the bare app's Static",
        )
    else:
        yield Result(name, "CPU per token", token, "ms")


def _keys(case: Case, keys: Echoes, calm: Echoes) -> Iterator[Result]:
    name = str(case)
    yield Result(name, "lone key p50", median(keys.lone) * 1000, "ms", median(calm.lone) * 1000)
    yield Result(
        name,
        "key p95",
        percentile(keys.all, 0.95) * 1000,
        "ms",
        percentile(calm.all, 0.95) * 1000,
        None if case.pace else 3.0,
        None if case.pace else 60.0,
        note=f"{len(keys.all)} keys; against the idle bare app",
    )
    yield Result(
        name,
        "lone key p95",
        percentile(keys.lone, 0.95) * 1000,
        "ms",
        percentile(calm.lone, 0.95) * 1000,
    )
