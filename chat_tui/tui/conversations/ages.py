"""Keeps the ages in the list true with one timer, asleep until a text on the screen changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from chat_tui.tui.text import ago_lasts

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

STEP = 60.0
"""Seconds between two looks at the least: ages are not more exact than that."""
_FAR = 86_400.0


class Ages:
    """One timer or none. ``start`` it when rows are shown, ``stop`` it when nobody looks."""

    def __init__(self, owner: Widget, changed: Callable[[], None]) -> None:
        self._owner = owner
        self._changed = changed
        self._timer: Timer | None = None
        self._due = 0.0

    @property
    def waiting(self) -> bool:
        """Whether a timer runs."""
        return self._timer is not None

    def start(self, moments: Iterable[float]) -> None:
        """Sleep until the age of one of ``moments`` changes; none when none will within a day."""
        now = time.time()
        lasts = min((ago_lasts(moment, now) for moment in moments), default=_FAR)
        due = now + max(STEP, lasts)
        if self._timer is not None and self._due <= due:
            return
        self.stop()
        if lasts < _FAR:
            self._due = due
            self._timer = self._owner.set_timer(due - now, self._look)

    def stop(self) -> None:
        """Sleep until ``start``."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        self._changed()
