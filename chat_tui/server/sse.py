"""Server-sent events as bytes: numbered, each with its type as event name.

Deltas are most of a stream, so their unchanging JSON is built once for each part of an item.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json.encoder import encode_basestring_ascii
from typing import Any, Protocol

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment; readers of events skip it."""

DeltaWriter = Callable[[str], None]


class Events(Protocol):
    """Where the events of a turn go."""

    def write(self, kind: str, fields: dict[str, Any]) -> None:
        """Add one event."""

    def encoded(self, kind: str, fields: dict[str, Any]) -> bytes:
        """Return the bytes of the next event without adding it."""

    def add(self, event: bytes) -> None:
        """Add an event that was encoded before; no other may have been added since."""

    def deltas(self, kind: str, fields: dict[str, Any], tail: dict[str, Any]) -> DeltaWriter:
        """Return a function that adds a delta event of this kind for each text it gets."""


class NoEvents:
    """For turns nobody watches as a stream."""

    def write(self, kind: str, fields: dict[str, Any]) -> None:
        """Drop the event."""

    def encoded(self, _kind: str, _fields: dict[str, Any]) -> bytes:
        """Return nothing."""
        return b""

    def add(self, event: bytes) -> None:
        """Drop the event."""

    def deltas(self, _kind: str, _fields: dict[str, Any], _tail: dict[str, Any]) -> DeltaWriter:
        """Return a function that drops its text."""
        return _drop


def _drop(_text: str) -> None:
    pass


def encode(kind: str, number: int, fields: dict[str, Any]) -> bytes:
    """Return the bytes of an event."""
    body = {"type": kind, "sequence_number": number, **fields}
    data = json.dumps(body, separators=(",", ":"))
    return f"event: {kind}\ndata: {data}\n\n".encode("ascii")


class EncodedEvents:
    """Encodes events and hands the bytes of each to `sink`; `padded` adds obfuscation to deltas."""

    def __init__(self, sink: Callable[[bytes], None], *, padded: bool = False) -> None:
        self._sink = sink
        self._padded = padded
        self._number = 0

    def write(self, kind: str, fields: dict[str, Any]) -> None:
        """Add one event."""
        self.add(self.encoded(kind, fields))

    def encoded(self, kind: str, fields: dict[str, Any]) -> bytes:
        """Return the bytes of the next event without adding it."""
        return encode(kind, self._number, fields)

    def add(self, event: bytes) -> None:
        """Add an event that was encoded before; no other may have been added since."""
        self._number += 1
        self._sink(event)

    def deltas(self, kind: str, fields: dict[str, Any], tail: dict[str, Any]) -> DeltaWriter:
        """Return a function that adds a delta event; `fields` come before and `tail` behind it."""
        start = json.dumps(fields, separators=(",", ":"))[1:-1]
        end = json.dumps(tail, separators=(",", ":"))[1:-1]
        head = f'event: {kind}\ndata: {{"type":"{kind}",{start},"sequence_number":'
        foot = f"{',' if end else ''}{end}}}\n\n"

        def write(text: str) -> None:
            padding = f',"obfuscation":"{_padding(text)}"' if self._padded else ""
            quoted = encode_basestring_ascii(text)
            self._sink(f'{head}{self._number},"delta":{quoted}{padding}{foot}'.encode("ascii"))
            self._number += 1

        return write


def _padding(text: str) -> str:
    import secrets  # noqa: PLC0415 seldom wanted

    return secrets.token_urlsafe(16)[: 16 - len(text) % 16]
