"""``chat-tui health``: what ails a conversation, and putting it right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from chat_tui.cli.acting import agreed, careful, meter, open_target, options, with_controller
from chat_tui.cli.shell import HELP, say
from chat_tui.controller import Controller, Finding, Remedy
from chat_tui.items import visible_line


@click.command(
    help="Check conversations: calls without output, reasoning without what follows it, "
    "approvals without answer, and what is incomplete or empty.",
    context_settings=HELP,
)
@click.argument("targets", metavar="ID…", nargs=-1, required=True)
@click.option(
    "--repair",
    type=click.Choice([str(remedy) for remedy in Remedy]),
    help="Put right what blocks the next turn: answer what waits for an output, delete it, or "
    "go on in a copy without it.",
)
@options
@careful
def command(targets: tuple[str, ...], repair: str | None, *, as_json: bool, **how: Any) -> None:
    """Check and repair; without --repair nothing is changed."""

    async def work(controller: Controller) -> list[dict[str, Any]]:
        return [
            await _one(controller, target, repair, yes=how["yes"], dry_run=how["dry_run"])
            for target in targets
        ]

    found = with_controller(how["profile"], work)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        say("\n\n".join(map(_shown, found)))


async def _one(
    controller: Controller, target: str, repair: str | None, *, yes: bool, dry_run: bool
) -> dict[str, Any]:
    key = await open_target(controller, target)
    shelf, findings = await controller.health(key)
    facts: dict[str, Any] = {
        "conversation_id": shelf.conversation_id,
        "items": len(shelf.items),
        "healthy": not any(finding.blocks for finding in findings),
        "findings": _facts(findings),
    }
    if repair is None:
        return facts
    plan = await controller.plan_repair(key, Remedy(repair))
    facts |= {"effect": list(plan.effect), "repaired": False}
    if plan.effect and agreed(plan.effect, yes=yes, dry_run=dry_run):
        healed = await controller.repair(key, plan, meter)
        shelf, left = await controller.health(healed)
        facts |= {
            "repaired": True,
            "conversation_id": shelf.conversation_id,
            "healthy": not any(finding.blocks for finding in left),
            "left": _facts(left),
        }
    return facts


def _facts(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "position": finding.position,
            "id": finding.item.id,
            "type": finding.item.type,
            "ailment": finding.ailment,
            "blocks": finding.blocks,
            "sentence": finding.sentence,
        }
        for finding in findings
    ]


def _shown(facts: dict[str, Any]) -> str:
    name = visible_line(facts["conversation_id"]) or "a chain"
    lines = [f"{name}: {facts['items']} items"]
    lines += [f"  {visible_line(f['id'])}  {f['sentence']}" for f in facts["findings"]]
    if facts.get("repaired"):
        lines.append("Repaired: the next turn can go on.")
    elif facts["healthy"]:
        lines.append("Nothing stands in the way of the next turn.")
    else:
        lines.append("The next turn will be refused; --repair puts it right.")
    return "\n".join(lines)
