"""Server-sent events to dicts; knows nothing of what the events mean. Pure."""

from __future__ import annotations

from typing import Any

from chat_tui.gateway.wire import read_json

MAX_EVENT_BYTES = 64 * 1024 * 1024


class EventParser:
    """Cuts a byte stream into events and parses their JSON.

    ``[DONE]``, comments and data that is not a JSON object are passed over: servers differ, and an
    event that cannot be read must not end the turn (its absence shows in the sequence numbers).
    """

    def __init__(self) -> None:
        self._buffer = b""
        self.unreadable = 0
        """How many events were not JSON objects."""

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """Return the events completed by ``chunk``. Raises ValueError on an endless event."""
        self._buffer += chunk
        if b"\r" in self._buffer:
            held = b"\r" if self._buffer.endswith(b"\r") else b""
            body = self._buffer[: len(self._buffer) - len(held)]
            self._buffer = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        *blocks, self._buffer = self._buffer.split(b"\n\n")
        if len(self._buffer) > MAX_EVENT_BYTES:
            raise ValueError("the server sent an event without end")
        return [event for block in blocks if (event := self._parse(block)) is not None]

    def _parse(self, block: bytes) -> dict[str, Any] | None:
        lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line[:5] == b"data:"]
        if not lines:
            return None
        data = lines[0] if len(lines) == 1 else b"\n".join(lines)
        if data == b"[DONE]":
            return None
        try:
            event = read_json(data)
        except ValueError:
            event = None
        if isinstance(event, dict):
            return event
        self.unreadable += 1
        return None
