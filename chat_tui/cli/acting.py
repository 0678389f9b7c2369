"""What commands that change a conversation share: showing the effect, asking, telling progress."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.shell import tell
from chat_tui.controller import Controller, Notice
from chat_tui.errors import EXIT_USAGE, ChatTuiError

if TYPE_CHECKING:
    from chat_tui.controller import Progress

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])


def options(command: Command) -> Command:
    """Add the options that every command on a conversation has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON for a script."),
        click.option(
            "-p", "--profile", default="", metavar="NAME", help="The profile it belongs to."
        ),
    ):
        command = option(command)
    return command


def careful(command: Command) -> Command:
    """Add the options of commands that change something for good."""
    for option in (
        click.option("-y", "--yes", is_flag=True, help="Do it without asking."),
        click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    ):
        command = option(command)
    return command


def with_controller(profile: str, work: Callable[[Controller], Awaitable[T]]) -> T:
    """Run ``work`` on this user's files and return its result; what was noticed is told after."""
    return asyncio.run(_with_controller(profile, work))


async def _with_controller(profile: str, work: Callable[[Controller], Awaitable[T]]) -> T:
    controller = compose(profile)
    try:
        return await work(controller)
    finally:
        await controller.close()
        async for event in controller.events():
            if isinstance(event, Notice):
                tell(f"{event.sentence} {event.way_out}")


async def open_target(controller: Controller, target: str) -> int:
    """Return the key of what ``target`` names, after asking its server what is new."""
    if not target.strip():
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)
    return (await controller.read(target)).key


def agreed(effect: Sequence[str], *, yes: bool, dry_run: bool) -> bool:
    """Say what will follow and return whether to do it; asks unless told what to do.

    Raises ChatTuiError when nobody can be asked.
    """
    for sentence in effect:
        tell(sentence)
    if dry_run:
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise ChatTuiError(
            "Nobody can be asked here.", "Give --yes to do it.", exit_code=EXIT_USAGE
        )
    return click.confirm("Do it?", default=False, err=True)


def meter(progress: Progress) -> None:
    """Tell how far a command is, on one line of the terminal."""
    if sys.stderr.isatty():
        end = "\n" if progress.done == progress.total else ""
        sys.stderr.write(f"\r{progress.doing} {progress.done} of {progress.total}{end}")
        sys.stderr.flush()
