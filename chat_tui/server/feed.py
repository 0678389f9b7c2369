"""The bytes between a turn and the connection that reads it: bounded, and taken in batches."""

from __future__ import annotations

import asyncio

_MOST_BYTES = 256 * 1024
"""How far a turn may run ahead of its reader."""


class Feed:
    """A queue of bytes with one writer and one reader; it ends when closed or abandoned."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._closed = False
        self._abandoned = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def push(self, chunk: bytes) -> None:
        """Add bytes; they are dropped when nobody reads any more."""
        if self._abandoned:
            return
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > _MOST_BYTES:
            self._room.clear()
        self._news.set()

    async def room(self) -> None:
        """Give the reader a chance, and wait while it is too far behind."""
        await asyncio.sleep(0)
        if not self._room.is_set():
            await self._room.wait()

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closed = True
        self._news.set()

    def abandon(self) -> None:
        """Say that nobody reads any more; the writer is never held up then."""
        self._abandoned = True
        self._chunks.clear()
        self._room.set()
        self._news.set()

    async def take(self, seconds: float) -> bytes | None:
        """Return everything that is there, b"" after so long without news, None at the end."""
        if not self._chunks and not self._closed and not self._abandoned:
            self._news.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._news.wait()
            except TimeoutError:
                return b""
        if not self._chunks:
            return None
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        self._room.set()
        return data
