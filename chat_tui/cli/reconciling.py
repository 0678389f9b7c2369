"""``chat-tui reconcile``: the copies here against what the server holds."""

from __future__ import annotations

import json
from typing import Any

import click

from chat_tui.cli.acting import options, with_controller
from chat_tui.cli.shell import HELP, say
from chat_tui.controller import Controller, Reconciled
from chat_tui.errors import EXIT_FAILED, EXIT_USAGE, ChatTuiError
from chat_tui.items import visible_line


@click.command(
    help="Compare the copy here of a conversation, or of all, with what the server holds.",
    context_settings=HELP,
)
@click.argument("target", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every conversation of the profile.")
@click.option("--refresh", is_flag=True, help="Bring the copy here in line with the server.")
@options
def command(
    target: str | None, profile: str, *, everything: bool, refresh: bool, as_json: bool
) -> None:
    """Compare; only the copy here is ever changed."""
    if (target is None) != everything:
        raise click.UsageError("Give an ID or --all, one of them.")
    if target is not None and not target.strip():
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)

    async def work(controller: Controller) -> list[Reconciled]:
        if target is not None:
            key = (await controller.find(target)).key
            return [await controller.reconcile(key, refresh=refresh)]
        return [result async for result in controller.reconcile_all(refresh=refresh)]

    found = with_controller(profile, work)
    if as_json:
        click.echo(json.dumps([_facts(result) for result in found], indent=2))
    else:
        say("\n".join(map(_line, found)) or "There is no conversation yet.")
    if any(result.failed for result in found):
        raise ChatTuiError("Not every server could be asked.", exit_code=EXIT_FAILED)


def _facts(result: Reconciled) -> dict[str, Any]:
    comparison = result.comparison
    return {
        "title": result.title,
        "conversation_id": result.conversation_id,
        "response_id": result.response_id,
        "agrees": result.agrees,
        "gone": result.gone,
        "failed": result.failed,
        "refreshed": result.refreshed,
        "same": comparison.same if comparison else None,
        "only_here": [item.id for item in comparison.only_here] if comparison else [],
        "only_there": [item.id for item in comparison.only_there] if comparison else [],
        "changed": [item.id for item in comparison.changed] if comparison else [],
        "sentence": result.sentence,
    }


def _line(result: Reconciled) -> str:
    anchor = result.conversation_id or result.response_id or "not on the server"
    done = " Brought in line." if result.refreshed and not result.agrees else ""
    return f"{visible_line(anchor)}  {visible_line(result.title)}: {result.sentence}{done}"
