"""The root of this program's exceptions: each carries a sentence for the user and a way out."""

from __future__ import annotations

from enum import StrEnum

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_REFUSED = 4
EXIT_INCOMPLETE = 5


class Severity(StrEnum):
    """How much something said to the user matters."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class ChatTuiError(Exception):
    """Something the user must hear of.

    ``sentence`` says what is wrong, ``way_out`` what to do about it (may be empty); ``str`` is
    both. ``exit_code`` is what a command ends with (docs/architecture.md).
    """

    exit_code = EXIT_FAILED

    def __init__(self, sentence: str, way_out: str = "", *, exit_code: int | None = None) -> None:
        super().__init__(f"{sentence} {way_out}".strip())
        self.sentence = sentence
        self.way_out = way_out
        if exit_code is not None:
            self.exit_code = exit_code


class NotFound(ChatTuiError):  # noqa: N818 - reads as what it says
    """Nothing matches what the user named."""

    exit_code = EXIT_NOT_FOUND
