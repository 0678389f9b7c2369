"""Writing exports to files, for this user only, whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from chat_tui.errors import EXIT_USAGE, ChatTuiError


def write_file(path: Path, text: str, *, force: bool = False) -> Path:
    """Write a file and return where it is; over another one only with ``force``. Blocks.

    Raises ChatTuiError.
    """
    path = path.expanduser()
    if path.exists() and not force:
        raise ChatTuiError(
            f"{path} is there already.", "Choose another name.", exit_code=EXIT_USAGE
        )
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ChatTuiError(f"Cannot write {path}: {error.strerror}.") from error
    return path
