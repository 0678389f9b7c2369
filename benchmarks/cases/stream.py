"""Answers as they come: CPU for each token, keys meanwhile, and how late the last one is."""

from __future__ import annotations

import time

from benchmarks.bare import END, STREAM_KEY
from benchmarks.results import Result, median, percentile
from benchmarks.running import bare, cpu, echo, first_frame, home, opened
from benchmarks.tap import tapped
from tests.e2e.serving import served
from tests.support.terminal import Terminal

TOKEN = "a-token"


def measure(quick: bool) -> list[Result]:
    """Stream the same answer at a pace and as fast as it goes."""
    slow = 300 if quick else 2000
    with bare(slow, 100) as terminal:
        first_frame(terminal)
        bare_calm = [echo(terminal) for _ in range(20)]
        before = cpu(terminal)
        terminal.press(STREAM_KEY)
        terminal.wait_for(END, seconds=slow / 10)
        bare_cpu = cpu(terminal) - before
    results = []
    # Without a pace 2,000 tokens would be over before a few keys were pressed.
    for name, pace, tokens in (("100/s", 100, slow), ("unthrottled", 0, 10 * slow)):
        plain = _Streamed(tokens, pace, typing=False)
        typed = _Streamed(tokens, pace, typing=True)
        label = f"{tokens:,} tokens {name}"
        results += [
            Result(
                f"{label}: CPU for a token",
                plain.cpu / tokens * 1000,
                "ms",
                bare_cpu / slow * 1000,
                0.4 if pace else None,
                note="bare: each token appended to a Static at 100/s",
            ),
            Result(
                f"{label}: last token painted after",
                plain.lag * 1000,
                "ms",
                note="at most 100 ms" if pace else "",
            ),
            Result(f"{label}: written to the terminal", plain.written / 1024, "kB"),
        ]
        if typed.echoes:
            results += [
                Result(
                    f"{label}: key echo p50",
                    median(typed.echoes) * 1000,
                    "ms",
                    median(bare_calm) * 1000,
                ),
                Result(
                    f"{label}: key echo p95",
                    percentile(typed.echoes, 0.95) * 1000,
                    "ms",
                    percentile(bare_calm, 0.95) * 1000,
                    3.0,
                    note=f"{len(typed.echoes)} keys; bare: idle",
                ),
            ]
    return results


class _Streamed:
    """One answer, watched from the first token to the last."""

    def __init__(self, tokens: int, pace: float, *, typing: bool) -> None:
        self.echoes: list[float] = []
        with home() as made, served(made, TOKEN) as url, tapped(url) as tap:
            made.env |= {"OPENAI_BASE_URL": tap.url, "OPENAI_API_KEY": TOKEN}
            with opened(made) as program:
                program.ask("my name is Ada", "Hello Ada!")
                # What comes after a turn must be over before the next one is measured.
                time.sleep(1)
                program.paste(f"pace {pace}\nlong {tokens}\necho {END}")
                program.wait_for(END)
                before, wrote = cpu(program), len(program.output)
                program.press("enter")
                program.wait_for("answering")
                if typing:
                    self._type(program)
                painted = program.wait_until(_ended, "the end", seconds=60 + tokens / 20)
                self.lag = painted - tap.seen(b"response.output_text.done")
                program.wait_gone("answering")
                self.cpu = cpu(program) - before
                self.written = len(program.output) - wrote

    def _type(self, program: Terminal) -> None:
        while "answering" in program.text():
            self.echoes.append(echo(program))
            time.sleep(0.05)


def _ended(text: str) -> bool:
    return END in text and f"echo {END}" not in text
