"""The accumulator: stream events in, growing items of a turn out. Pure."""

from chat_tui.streaming.accumulator import (
    KNOWN_EVENTS,
    Accumulator,
    Added,
    Change,
    Ended,
    Event,
    Grew,
    Replaced,
)

__all__ = [
    "KNOWN_EVENTS",
    "Accumulator",
    "Added",
    "Change",
    "Ended",
    "Event",
    "Grew",
    "Replaced",
]
