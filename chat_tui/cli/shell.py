"""The outermost shell of every command: what happens on a failure, and how text is printed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import TYPE_CHECKING

from chat_tui.cli.logs import start_log
from chat_tui.config import find_paths
from chat_tui.errors import EXIT_FAILED, EXIT_USAGE, ChatTuiError
from chat_tui.items import visible, visible_line

if TYPE_CHECKING:
    import click

EXIT_INTERRUPTED = 130
HELP = {"help_option_names": ["-h", "--help"]}
"""Settings of every command: help has a short name too."""


def guarded(work: Callable[[], None]) -> int:
    """Run a command and return its exit code; every failure is told in one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an odd encoding must not end a command
    try:
        work()
        if sys.stdout is not None:
            sys.stdout.flush()
    except ChatTuiError as error:
        tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Who read our output has enough; the interpreter must not flush into the pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - the outermost shell: logs, and no traceback ever
        return _ended(error)
    return 0


def _ended(error: Exception) -> int:
    """Tell what click or a fault of ours ended a command with; returns the exit code."""
    import click

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.UsageError):
        tell(_of_usage(error))
        return EXIT_USAGE
    if isinstance(error, click.Abort):
        return EXIT_INTERRUPTED
    return _failed(error)


def _of_usage(error: click.UsageError) -> str:
    said = visible_line(error.format_message())
    said = said if said.endswith((".", "?", "!")) else f"{said}."
    where = error.ctx.command_path if error.ctx else "chat-tui"
    return f"{said} See {where} --help."


def _failed(error: Exception) -> int:
    start_log()
    logging.getLogger(__name__).error("a command failed", exc_info=error)
    tell(f"chat-tui failed by a fault of its own; {find_paths().log} tells where.")
    return EXIT_FAILED


def tell(sentence: str) -> None:
    """Print a sentence on stderr, on one line, inert whatever it quotes."""
    sys.stderr.write(f"{visible_line(sentence)}\n")


def say(text: str) -> None:
    """Print text for a reader on stdout, inert whatever it quotes."""
    sys.stdout.write(f"{visible(text)}\n")
    sys.stdout.flush()  # ``serve`` says its address and then goes on running
