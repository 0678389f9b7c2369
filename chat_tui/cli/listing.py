"""``chat-tui list``: the conversations of a profile, for a reader or for a script."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import Summary
from chat_tui.items import visible_line


@click.command(
    help="List the conversations of a profile, the one that changed last first.",
    context_settings=HELP,
)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile to list.")
@click.option("-q", "--query", default="", metavar="TEXT", help="Only titles and ids with TEXT.")
@click.option(
    "-n", "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, metavar="N"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(profile: str, query: str, limit: int, *, as_json: bool) -> None:
    """List conversations; nothing is asked of the server."""
    found = asyncio.run(_list(profile, query, limit))
    if as_json:
        click.echo(json.dumps([facts(summary) for summary in found], indent=2))
    elif found:
        say("\n".join(_line(summary) for summary in found))
    else:
        tell("No conversation matches." if query else "There is no conversation yet.")


async def _list(profile: str, query: str, limit: int) -> Sequence[Summary]:
    controller = compose(profile)
    try:
        return await controller.conversations(query, limit=limit)
    finally:
        await controller.close()


def facts(summary: Summary) -> dict[str, object]:
    """Return what a script may want to know of a conversation. Times are Unix seconds."""
    return {
        "title": summary.title,
        "conversation_id": summary.conversation_id,
        "response_id": summary.response_id,
        "created_at": summary.created_at,
        "updated_at": summary.updated_at,
        "store": summary.stored,
        "pending": summary.pending,
    }


def _line(summary: Summary) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.updated_at))
    anchor = summary.conversation_id or summary.response_id or "not on the server"
    notes = "".join(
        f"  ({note})"
        for note, holds in (
            ("unsent message", summary.pending),
            ("off the record", not summary.stored),
        )
        if holds
    )
    return f"{when}  {visible_line(anchor)}  {visible_line(summary.title)}{notes}"
