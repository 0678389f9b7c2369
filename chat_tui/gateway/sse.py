"""Server-sent events to dicts; knows nothing of what the events mean. Pure."""

from __future__ import annotations

from typing import Any

from chat_tui.gateway.wire import read_json

MAX_EVENT_BYTES = 64 * 1024 * 1024


class EventParser:
    """Cuts a byte stream into events and parses their JSON; every byte is looked at once.

    ``[DONE]``, comments and data that is not a JSON object are passed over: servers differ, and an
    event that cannot be read must not end the turn (its absence shows in the sequence numbers).
    """

    def __init__(self) -> None:
        self.unreadable = 0
        """How many events were not JSON objects."""
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """Return the events completed by ``chunk``. Raises ValueError on an endless event."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")  # the rest of a CRLF that was cut in two
            self._after_cr = False
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._size += len(chunk)
        *lines, rest = chunk.split(b"\n")
        events = []
        for line in lines:
            whole = b"".join([*self._line, line])
            self._line.clear()
            if whole[:5] == b"data:":
                self._data.append(whole[5:].removeprefix(b" "))
            elif not whole and (event := self._event()) is not None:
                events.append(event)
        if rest:
            self._line.append(rest)
        if self._size > MAX_EVENT_BYTES:
            raise ValueError("the server sent an event without end")
        return events

    def finish(self) -> list[dict[str, Any]]:
        """Return the last event of a stream that ended without the blank line after it."""
        return self.feed(b"\n\n")

    def _event(self) -> dict[str, Any] | None:
        data = b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        if not data or data.strip() == b"[DONE]":
            return None
        event = read_json(data)
        if isinstance(event, dict):
            return event
        self.unreadable += 1
        return None
