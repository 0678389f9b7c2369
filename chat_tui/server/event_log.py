"""The events of a background response in memory, while it runs: read from any number."""

from __future__ import annotations

import asyncio

_MOST_BYTES = 256 * 1024
"""About how much is handed to a reader at a time, so that a slow one holds little memory."""


class EventLog:
    """All events so far, for any number of readers; an event's number is its place."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._saved = 0
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

    def unsaved(self) -> tuple[int, int, bytes]:
        """Return the events that are not on disk yet, with the numbers they begin and end at."""
        return self._saved, len(self._events), b"".join(self._events[self._saved :])

    def mark_saved(self, end: int) -> None:
        """Note that the events below a number are on disk."""
        self._saved = max(self._saved, end)

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
