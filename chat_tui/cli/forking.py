"""``chat-tui fork``: a new conversation that goes on from any item of an old one."""

from __future__ import annotations

import json
from typing import Any

import click

from chat_tui.cli.acting import meter, open_target, options, with_controller
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import Controller
from chat_tui.items import visible_line


@click.command(
    help="Make a new conversation from an old one, which stays as it is.", context_settings=HELP
)
@click.argument("target", metavar="ID")
@click.option("--at", default="", metavar="ITEM", help="The last item to take along (its id).")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@options
def command(target: str, at: str, profile: str, *, dry_run: bool, as_json: bool) -> None:
    """Fork; nothing of the old conversation is changed, so nobody is asked."""

    async def work(controller: Controller) -> dict[str, Any]:
        fork = await controller.plan_fork(await open_target(controller, target), at)
        facts: dict[str, Any] = {
            "effect": list(fork.effect),
            "items": len(fork.plan.items) if fork.plan else 0,
            "left_out": [item.id for item in fork.plan.left_out] if fork.plan else [],
        }
        if not dry_run:
            made = await controller.summary(await controller.fork(fork, meter))
            facts |= {
                "title": made.title,
                "conversation_id": made.conversation_id,
                "response_id": made.response_id,
            }
        return facts

    facts = with_controller(profile, work)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for sentence in facts["effect"]:
        tell(sentence)
    if not dry_run:
        anchor = facts["conversation_id"] or facts["response_id"]
        say(f"{visible_line(anchor)}  {visible_line(facts['title'])}")
