"""The demo upstream: scripted answers to documented prompts, offline and always the same.

It is no AI and says so. It reads the context it is given, so that one can see the state of a
conversation at work. A prompt may hold several commands, one a line.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

from chat_tui.server.tokens import BYTES_PER_TOKEN, size
from chat_tui.server.upstream import (
    CallDelta,
    Finish,
    Generation,
    Model,
    Piece,
    RefusalDelta,
    SummaryDelta,
    TextDelta,
    UpstreamError,
)
from chat_tui.server.upstream.demo_script import script_for, text_of
from chat_tui.server.upstream.demo_text import deltas, prefix

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

CONTEXT_WINDOW = 128_000


class Demo:
    """The upstream `demo`; see `chat_tui.server.upstream.Upstream`."""

    structured_output = False

    def __init__(self, context_window: int = CONTEXT_WINDOW) -> None:
        self._model = Model("demo", 1_735_689_600, "chat-tui", context_window)

    async def models(self) -> Sequence[Model]:
        """Return the one model."""
        return [self._model]

    async def find(self, name: str) -> Model | None:
        """Return the one model by its name."""
        return self._model if name == self._model.id else None

    async def close(self) -> None:
        """Do nothing; there is nothing to close."""

    async def summarise(self, generation: Generation, most_tokens: int) -> str:
        """Return the first lines of each message, the latest ones if not all have room."""
        lines = []
        for item in generation.items:
            if item["type"] == "compaction":
                lines.extend(item["summary"].splitlines())
            elif item["type"] == "message":
                said = [line for line in text_of(item).splitlines() if line.strip()]
                lines.extend(f"{item['role']}: {prefix(line, 40)}" for line in said[:4])
        kept: list[str] = []
        room = most_tokens * BYTES_PER_TOKEN
        for line in reversed(lines):
            room -= size(line) + 1
            if room < 0:
                break
            kept.append(line)
        return "\n".join(reversed(kept))

    async def generate(self, generation: Generation) -> AsyncIterator[Piece]:
        """Yield the scripted answer."""
        script = script_for(generation)
        limits = [n for n in (script.most_tokens, generation.max_output_tokens) if n is not None]
        room = min(limits) * BYTES_PER_TOKEN if limits else None
        clock = _Clock(script.pace)
        used = 0
        for step in script.steps:
            if isinstance(step, float):
                await asyncio.sleep(step)
                clock.start()
                continue
            if isinstance(step, UpstreamError):
                raise step
            for piece, text in _cut(step):
                length = size(text)
                if room is not None and used + length > room:
                    rest = prefix(text, (room - used) // BYTES_PER_TOKEN)
                    if rest:
                        yield _with_text(piece, rest)
                    yield Finish("length")
                    return
                used += length
                if clock.pace:
                    await clock.wait_for(used)
                yield piece
        yield Finish("stop")


class _Clock:
    """Keeps a speed in tokens per second, over bursts and slow readers."""

    def __init__(self, pace: float) -> None:
        self.pace = pace
        self._bytes_before: int | None = None
        self._started = 0.0
        self.start()

    def start(self) -> None:
        """Count from here."""
        self._started = time.monotonic()
        self._bytes_before = None

    async def wait_for(self, total_bytes: int) -> None:
        """Sleep until this many bytes of answer are due."""
        if self._bytes_before is None:
            self._bytes_before = total_bytes
        due = (total_bytes - self._bytes_before) / BYTES_PER_TOKEN / self.pace
        delay = self._started + due - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)


def _cut(piece: Piece) -> Iterator[tuple[Piece, str]]:
    """Cut a piece with a long text into pieces a token long, each with its text."""
    match piece:
        case TextDelta(text):
            return ((TextDelta(part), part) for part in deltas(text))
        case RefusalDelta(text):
            return ((RefusalDelta(part), part) for part in deltas(text))
        case SummaryDelta(text, number):
            return ((SummaryDelta(part, number), part) for part in deltas(text))
        case CallDelta(index, arguments, name, call_id):
            start: tuple[Piece, str] = (CallDelta(index, "", name, call_id), name)
            rest = ((CallDelta(index, part), part) for part in deltas(arguments))
            return itertools.chain([start], rest)
    return iter([(piece, "")])


def _with_text(piece: Piece, text: str) -> Piece:
    match piece:
        case RefusalDelta():
            return RefusalDelta(text)
        case SummaryDelta(_, number):
            return SummaryDelta(text, number)
        case CallDelta(index, _, "", _):
            return CallDelta(index, text)
        case CallDelta():
            return piece
    return TextDelta(text)
