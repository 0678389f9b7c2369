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
_LONGEST = 24
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
        self.lowest = 0
        """The lowest mark painted, 0 before there is one."""
        self._after = after
        self._terminal = terminal
        self._read = len(terminal.chunks)
        self._rest = b""
        self._keys = itertools.cycle(KEYS)

    def wait(self, *wanted: bytes, seconds: float = PATIENCE) -> float:
        """Wait until one of these comes; return when. Raises AssertionError with the screen."""
        at = self.look(seconds, *wanted)
        if at is None:
            raise AssertionError(f"it never came: {wanted!r}\n{self._terminal.report()}")
        return at

    def look(self, seconds: float, *wanted: bytes) -> float | None:
        """Return when one of these came, or None when none does in so many seconds."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for chunk in self._terminal.news(self._read, left):
                self._read += 1
                data = self._rest + chunk.data
                self._rest = data[-_LONGEST:]
                self._note(data, chunk.at)
                for text in wanted:
                    if text in data:
                        # What was found once must not be found in the rest again.
                        self._rest = data[data.rindex(text) + len(text) :][-_LONGEST:]
                        return chunk.at
        return None

    def pause(self, seconds: float) -> None:
        """Only note marks for some time."""
        self.look(seconds)

    def wait_mark(self, number: int, seconds: float) -> None:
        """Wait until a mark or a later one is painted."""
        end = time.perf_counter() + seconds
        while self.latest < number:
            assert time.perf_counter() < end, self._terminal.report()
            self.pause(0.05)

    def page_up(self) -> float:
        """Go up by a page; return the seconds until an item further up was painted."""
        before = self.lowest
        pressed = time.perf_counter()
        self._terminal.press("pageup")
        while self.lowest in (0, before):
            assert time.perf_counter() < pressed + PATIENCE, self._terminal.report()
            self.pause(0.003)
        return self.painted[self.lowest] - pressed

    def page_up_to(self, number: int) -> None:
        """Hold the key down until an item as far up as the one with that mark is painted."""
        end = time.perf_counter() + 4 * PATIENCE
        while self.lowest == 0 or self.lowest > number:
            assert time.perf_counter() < end, self._terminal.report()
            self._terminal.press("pageup", "pageup", "pageup")
            self.look(0.1, b"zq")
            # Else keys would pile up in the terminal, and go on when the place is reached.
            self.pause(0.005)

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
        """Wait for bytes, and until no more came for so many seconds; return when the last came.

        Raises AssertionError when nothing comes at all.
        """
        if not self._terminal.news(self._read, PATIENCE):
            raise AssertionError(f"nothing came\n{self._terminal.report()}")
        self.rest(quiet)
        return self._terminal.chunks[-1].at

    def rest(self, quiet: float = 0.4) -> None:
        """Wait until nothing came for so many seconds."""
        while self._terminal.news(len(self._terminal.chunks), quiet):
            pass
        self.pause(0.001)
        self._terminal.lines()  # now there is time to draw, and what looks at the screen needs it

    def _note(self, data: bytes, at: float) -> None:
        for found in MARK.findall(data):
            number = int(found)
            if number > self._after:
                self.painted.setdefault(number, at)
                self.latest = max(self.latest, number)
                self.lowest = min(self.lowest or number, number)
