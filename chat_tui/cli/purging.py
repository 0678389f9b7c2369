"""``chat-tui purge``: everything of a conversation goes, there and here."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import click

from chat_tui.cli.acting import agreed, careful, meter, open_target, options, with_controller
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import Controller, purge_sentence
from chat_tui.errors import EXIT_FAILED, ChatTuiError
from chat_tui.items import visible_line
from chat_tui.library import Gone, Purge


@click.command(
    help="Delete a conversation with all its items and known responses on the server, and the "
    "copy here. A purge that is cut off goes on at the next start.",
    context_settings=HELP,
)
@click.argument("target", metavar="[ID]", required=False)
@click.option("--resume", is_flag=True, help="Finish the purges that were cut off.")
@click.option("--receipts", is_flag=True, help="Print what became of the purges so far.")
@options
@careful
def command(
    target: str | None, profile: str, *, resume: bool, receipts: bool, as_json: bool, **how: Any
) -> None:
    """Purge, finish what was cut off, or print the receipts."""
    if sum((target is not None, resume, receipts)) != 1:
        raise click.UsageError("Give an ID, --resume or --receipts, one of them.")

    async def work(controller: Controller) -> Sequence[Purge] | dict[str, Any]:
        if receipts:
            return await controller.receipts()
        if resume:
            return await controller.finish_purges(meter)
        key = await open_target(controller, target or "")
        plan = await controller.plan_purge(key)
        if agreed(plan.effect, yes=how["yes"], dry_run=how["dry_run"]):
            return [await controller.purge(plan, meter)]
        return {
            "effect": list(plan.effect),
            "conversation_id": plan.conversation_id,
            "items": list(plan.items),
            "responses": list(plan.responses),
            "shared": list(plan.shared),
        }

    found = with_controller(profile, work)
    if isinstance(found, dict):
        if as_json:
            click.echo(json.dumps(found, indent=2))
        return
    if as_json:
        click.echo(json.dumps([facts(purge) for purge in found], indent=2))
    elif found:
        say("\n\n".join(map(_shown, found)))
    else:
        tell("There is no receipt." if receipts else "Nothing was cut off.")
    if not receipts and any(purge.of(Gone.NO) for purge in found):
        raise ChatTuiError("Not everything is gone.", exit_code=EXIT_FAILED)


def facts(purge: Purge) -> dict[str, Any]:
    """Return a receipt for a script. Times are Unix seconds."""
    return {
        "profile": purge.profile,
        "conversation_id": purge.conversation_id,
        "begun_at": purge.begun_at,
        "ended_at": purge.ended_at,
        "gone": [{"kind": step.kind, "id": step.id} for step in purge.of(Gone.YES)],
        "not_gone": [
            {"kind": step.kind, "id": step.id, "reason": step.reason}
            for step in purge.of(Gone.NO, Gone.WAITS)
        ],
    }


def _shown(purge: Purge) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(purge.ended_at))
    name = visible_line(purge.conversation_id) or "a chain"
    lines = [f"{when}  {name}", purge_sentence(purge)]
    lines += [
        f"  not gone: {step.kind} {visible_line(step.id)}. {visible_line(step.reason)}"
        for step in purge.of(Gone.NO, Gone.WAITS)
    ]
    return "\n".join(lines)
