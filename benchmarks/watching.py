"""Reading what a program writes as bytes, while it writes: nothing is drawn meanwhile.

Drawing a stream in an emulator costs more than the stream itself; on a machine of two cores it
would be measured along.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from benchmarks.shapes import MARK
from tests.support.terminal import Terminal

KEYS = "øðþđħłŋœæßñéüöåç"
"""Letters that no answer holds. Typed by turns: where one shows, it is not an older one."""
PATIENCE = 30.0
_LONGEST = 16
"""Bytes of what is looked for, at most; so much is kept for what two chunks share."""


@dataclass
class Echoes:
    """The seconds from each key to its letter on the screen."""

    lone: list[float] = field(default_factory=list)
    """Of keys pressed after a rest."""
    pursuing: list[float] = field(default_factory=list)
    """Of keys pressed as soon as the one before was painted: these also wait for a frame."""

    @property
    def all(self) -> list[float]:
        """Both."""
        return [*self.lone, *self.pursuing]


class Watch:
    """Notes when marks were painted, and waits for bytes; it begins with what comes from now on.

    Marks up to ``after`` are of older answers and do not count.
    """

    def __init__(self, terminal: Terminal, after: int = 0) -> None:
        self.painted: dict[int, float] = {}
        """When each mark came first, in seconds of ``perf_counter``."""
        self.latest = after
        """The highest mark painted, of those that count."""
        self._after = after
        self._terminal = terminal
        self._read = len(terminal.chunks)
        self._rest = b""
        self._keys = itertools.cycle(KEYS)

    def wait(self, wanted: bytes, seconds: float = PATIENCE) -> float:
        """Wait until bytes come; return when. Raises AssertionError that shows the screen."""
        at = self.look(wanted, seconds)
        if at is None:
            raise AssertionError(f"it never came: {wanted!r}\n{self._terminal.report()}")
        return at

    def look(self, wanted: bytes, seconds: float) -> float | None:
        """Return when the bytes came, or None when they do not in so many seconds."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for chunk in self._terminal.news(self._read, left):
                self._read += 1
                data = self._rest + chunk.data
                self._rest = data[-_LONGEST:]
                self._note(data, chunk.at)
                if wanted in data:
                    # What was found once must not be found in the rest again.
                    self._rest = data[data.rindex(wanted) + len(wanted) :][-_LONGEST:]
                    return chunk.at
        return None

    def pause(self, seconds: float) -> None:
        """Only note marks for some time."""
        self.look(b"\0", seconds)

    def wait_mark(self, number: int, seconds: float) -> None:
        """Wait until a mark or a later one is painted."""
        end = time.perf_counter() + seconds
        while self.latest < number:
            assert time.perf_counter() < end, self._terminal.report()
            self.pause(0.05)

    def echoes(self, seconds: float) -> Echoes:
        """Type pairs of letters for some time."""
        end = time.perf_counter() + seconds
        found = Echoes()
        while time.perf_counter() < end:
            self.type_pair(found)
        return found

    def type_pair(self, found: Echoes, pause: float = 0.1) -> None:
        """Type a letter, a second one as soon as it is painted, and take both back; then rest."""
        for times in (found.lone, found.pursuing):
            key = next(self._keys)
            pressed = time.perf_counter()
            self._terminal.type(key)
            times.append(self.wait(key.encode()) - pressed)
        self._terminal.press("backspace", "backspace")
        self.pause(pause)

    def settled(self, quiet: float = 0.4) -> float:
        """Wait until nothing came for so many seconds; return when the last bytes came.

        They must have begun to come. Raises AssertionError when nothing ever comes.
        """
        first = self._terminal.news(self._read, PATIENCE)
        assert first, f"nothing came\n{self._terminal.report()}"
        while self._terminal.news(len(self._terminal.chunks), quiet):
            pass
        self.pause(0.001)
        return self._terminal.chunks[-1].at

    def _note(self, data: bytes, at: float) -> None:
        for found in MARK.findall(data):
            number = int(found)
            if number > self._after:
                self.painted.setdefault(number, at)
                self.latest = max(self.latest, number)
