"""The events of a background response: kept whole while it runs, replayed from any number."""

from __future__ import annotations

import asyncio
import zlib


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
        """Return the events from a number on, and the number to read on from.

        b"" comes after so long without news, None at the end.
        """
        if start >= len(self._events) and not self._closed:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return b"", start
        fresh = self._events[start:]
        if not fresh:
            return (None if self._closed else b""), start
        return b"".join(fresh), start + len(fresh)


def stored_events(log: bytes, start: int) -> bytes:
    """Return the events from a number on out of a stored log."""
    events = zlib.decompress(log).split(b"\n\n")[start:-1]
    return b"".join(event + b"\n\n" for event in events)
