"""``chat-tui copy``: a conversation to the server of another profile."""

from __future__ import annotations

import asyncio
import json

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.importing import facts, report
from chat_tui.cli.progress import Progress
from chat_tui.cli.shell import HELP, say
from chat_tui.controller import Moved
from chat_tui.errors import EXIT_USAGE, ChatTuiError


@click.command(
    help="Copy a conversation to the server of another profile, and tell what cannot go along. "
    "The original stays as it is.",
    context_settings=HELP,
)
@click.argument("target", metavar="ID")
@click.option("--to", required=True, metavar="NAME", help="The profile to copy to.")
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile it belongs to.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(target: str, to: str, profile: str, *, as_json: bool) -> None:
    """Copy a conversation."""
    if not target.strip():
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)
    moved = asyncio.run(_copy(target, to, profile))
    if as_json:
        click.echo(json.dumps(facts(moved), indent=2))
    else:
        say("\n".join(report(moved)))


async def _copy(target: str, to: str, profile: str) -> Moved:
    controller = compose(profile)
    try:
        with Progress("Copying") as progress:
            return await controller.copy(target, to, progress=progress)
    finally:
        await controller.close()
