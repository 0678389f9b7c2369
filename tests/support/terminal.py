"""A program in a pseudo-terminal: keys go in, a screen comes out, every byte is kept.

What a terminal emulator does, without a window. Nothing here knows the program it runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import pyte

PATIENCE = 20.0
"""Seconds until something awaited counts as not happening."""
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"

_KEYS = {
    "enter": "\r",
    "alt+enter": "\x1b\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "ctrl+delete": "\x1b[3;5~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    **{f"f{n}": f"\x1bO{code}" for n, code in zip(range(1, 5), "PQRS", strict=True)},
    **{
        f"f{n}": f"\x1b[{code}~"
        for n, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
    },
    **{f"ctrl+{letter}": chr(ord(letter) & 31) for letter in "abcdefghijklmnopqrstuvwxyz"},
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that arrived together."""

    at: float
    """When they arrived, in the seconds of ``time.perf_counter``."""
    data: bytes


class Terminal:
    """A terminal with one program in it. Use it as a context: at its end the program is gone."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        size: tuple[int, int] = (120, 40),
    ) -> None:
        """Start ``command`` with exactly ``env``; ``size`` is columns and lines."""
        self.chunks: list[Chunk] = []
        """Everything the program wrote, as it came."""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0
        self._arrived = threading.Condition()
        self._ended = False
        self._exit_code: int | None = None
        # Like the shell's, our end of the slave stays open: what is typed early waits in it.
        self._master, self._slave = os.openpty()
        self._set_size(*size)
        name = os.ttyname(self._slave)
        program = shutil.which(command[0], path=env.get("PATH"))
        assert program is not None, f"there is no program {command[0]}"
        # Opened by a session leader, the terminal becomes the program's controlling one.
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
        self.started = time.perf_counter()
        self.pid = os.posix_spawn(program, [*command], {**env}, file_actions=actions, setsid=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program, however it is, and free everything."""
        if self.exit_code is None:
            self.kill()
        self._reader.join(PATIENCE)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    # --- what the program writes ----------------------------------------------------------------

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the last one who had the terminal open closed it
                data = b""
            with self._arrived:
                if data:
                    self.chunks.append(Chunk(time.perf_counter(), data))
                else:
                    self._ended = True
                self._arrived.notify_all()
            if not data:
                return

    @property
    def output(self) -> bytes:
        """Every byte the program wrote up to now."""
        return b"".join(chunk.data for chunk in self.chunks[:])

    def news(self, start: int, seconds: float) -> list[Chunk]:
        """Return the chunks from number ``start`` on, waiting so long for the first of them.

        Nothing is drawn: this costs next to nothing while a program writes a lot.
        """
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.chunks) > start or self._ended, seconds)
            return self.chunks[start:]

    def lines(self) -> list[str]:
        """Return what stands on the screen, a string a line."""
        for _ in self._draw():
            pass
        return self._rows()

    def _rows(self) -> list[str]:
        # Not pyte's own display, which fails where half of a wide character was written over.
        columns = range(self._screen.columns)
        buffer = self._screen.buffer
        return [
            "".join([row[x].data for x in columns])
            for row in (buffer[y] for y in range(self._screen.lines))
        ]

    def text(self) -> str:
        """Return what stands on the screen, without the blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.lines())

    def _draw(self) -> Iterator[float]:
        """Draw chunk after chunk; yields when each of them had arrived."""
        while self._drawn < len(self.chunks):
            chunk = self.chunks[self._drawn]
            self._drawn += 1
            self._stream.feed(chunk.data)
            yield chunk.at

    def wait_until(
        self, holds: Callable[[str], bool], what: str, *, seconds: float = PATIENCE
    ) -> float:
        """Wait until the screen's text satisfies ``holds``; return when that had arrived.

        The time is in the seconds of ``time.perf_counter``. Raises AssertionError that shows the
        screen.
        """
        end = time.monotonic() + seconds
        if holds(self._text_now()):
            return self.chunks[self._drawn - 1].at if self._drawn else self.started
        while True:
            for at in self._draw():
                if holds(self._text_now()):
                    return at
            with self._arrived:
                if self._drawn < len(self.chunks):
                    continue
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    break
                if self.exit_code is None:
                    self._arrived.wait(min(left, 0.2))
                else:
                    self._arrived.wait(left)
        raise AssertionError(f"it never came: {what}\n{self.report()}")

    def _text_now(self) -> str:
        return "\n".join([line.rstrip() for line in self._rows()])

    def wait_for(self, *texts: str, seconds: float = PATIENCE) -> float:
        """Wait until all ``texts`` stand on the screen; line breaks and blanks do not count."""
        wanted = [_squeezed(text) for text in texts]

        def stand(text: str) -> bool:
            shown = _squeezed(self.reading(text))
            return all(text in shown for text in wanted)

        return self.wait_until(stand, f"{texts}", seconds=seconds)

    def wait_gone(self, text: str, *, seconds: float = PATIENCE) -> float:
        """Wait until ``text`` no longer stands on the screen."""
        wanted = _squeezed(text)
        return self.wait_until(
            lambda shown: wanted not in _squeezed(self.reading(shown)),
            f"{text!r} goes",
            seconds=seconds,
        )

    def shows(self, text: str) -> bool:
        """Whether ``text`` stands on the screen now; line breaks and blanks do not count."""
        return _squeezed(text) in _squeezed(self.reading(self.text()))

    def reading(self, text: str) -> str:
        """Return the screen's text in the order in which a person reads it: line by line."""
        return text

    def report(self) -> str:
        """Return the screen in a frame, for a failure's message."""
        width = self._screen.columns
        state = "runs" if self.exit_code is None else f"ended with {self.exit_code}"
        rows = "\n".join(f"│{line}│" for line in self.lines())
        return f"the program {state}; its screen:\n┌{'─' * width}┐\n{rows}\n└{'─' * width}┘"

    # --- what the program gets ------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Give the program bytes, as fast as it takes them."""
        while data:
            data = data[os.write(self._master, data[:4096]) :]

    def press(self, *keys: str) -> None:
        """Press keys by name, or single characters."""
        for key in keys:
            self.send(_KEYS.get(key, key).encode())

    def type(self, text: str) -> None:
        """Type text, character by character as a fast typist would."""
        self.send(text.encode())

    def paste(self, text: str) -> None:
        """Paste text in brackets, as terminals do; lone surrogates go as bytes."""
        self.send(f"{PASTE_START}{text}{PASTE_END}".encode(errors="surrogatepass"))

    def click(self, column: int, line: int) -> None:
        """Click on a cell, counted from 0."""
        for end in "Mm":
            self.send(f"\x1b[<0;{column + 1};{line + 1}{end}".encode())

    def resize(self, columns: int, lines: int) -> None:
        """Change the size and tell the program."""
        self.lines()
        self._screen.resize(lines, columns)
        self._set_size(columns, lines)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGWINCH)

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    # --- its end --------------------------------------------------------------------------------

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self._exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._exit_code = os.waitstatus_to_exitcode(status)
                os.close(self._slave)
        return self._exit_code

    def wait_end(self, *, seconds: float = PATIENCE) -> int:
        """Wait until the program ended and all it wrote is here; return its exit code."""
        end = time.monotonic() + seconds
        while self.exit_code is None:
            assert time.monotonic() < end, f"it did not end\n{self.report()}"
            time.sleep(0.01)
        self._reader.join(PATIENCE)
        assert self.exit_code is not None
        return self.exit_code

    def kill(self) -> None:
        """End the program as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.wait_end()


def _squeezed(text: str) -> str:
    """Return text without blanks and line breaks, which depend on the width of a pane."""
    return "".join(text.split())
