"""The events of a background response: kept whole while it runs, replayed from any number."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 256 * 1024
"""About how much is handed to a reader at a time, so that a slow one holds little memory."""


class EventLog:
    """All events so far, for any number of readers; an event's number is its place."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._closed = False
        self._news = asyncio.Event()

    def push(self, event: bytes) -> None:
        """Add the next event."""
        self._events.append(event)
        self._news.set()

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closed = True
        self._news.set()

    def recorded(self) -> bytes:
        """Return all events so far."""
        return b"".join(self._events)

    async def read(self, start: int, seconds: float) -> tuple[bytes | None, int]:
        """Return some events from a number on, and the number to read on from.

        b"" comes after so long without news, None at the end.
        """
        if start >= len(self._events) and not self._closed:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return b"", start
        end, size = start, 0
        while end < len(self._events) and size < _MOST_BYTES:
            size += len(self._events[end])
            end += 1
        if end == start:
            return (None if self._closed else b""), start
        return b"".join(self._events[start:end]), end


def stored_events(log: bytes, start: int) -> Iterator[bytes]:
    """Yield the events from a number on out of a stored log, some at a time."""
    unpacking = zlib.decompressobj()
    skip, rest = start, b""
    while data := unpacking.decompress(log, _MOST_BYTES):
        log = unpacking.unconsumed_tail
        *whole, rest = (rest + data).split(b"\n\n")
        if fresh := whole[skip:]:
            yield b"\n\n".join([*fresh, b""])
        skip = max(0, skip - len(whole))
