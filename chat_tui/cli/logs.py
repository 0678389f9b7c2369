"""The log file: where it is and what goes into it. Never keys, never off-the-record text."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from pathlib import Path

from chat_tui.config import ConfigError, find_paths

LARGEST = 1_000_000
"""Bytes at which the file is moved aside, to one older file, when the program starts."""


def start_log() -> None:
    """Send this process's log to its file; where that cannot be written, nothing is kept.

    Without this, Python would print warnings over the interface.
    """
    paths = find_paths()
    handler: logging.Handler
    try:
        paths.ensure(paths.state)
        _move_aside(paths.log)
        handler = _PrivateFile(paths.log, delay=True)
    except (ConfigError, OSError):
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("chat_tui").setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def _move_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST:
        log.replace(log.with_suffix(".old.log"))


class _PrivateFile(logging.FileHandler):
    """A log file that only this user may read and whose failures stay silent."""

    def _open(self) -> TextIOWrapper:
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, "a", encoding="utf-8", opener=opener)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say nothing: there is no better place than the log."""
