"""``chat-tui items``: the items of a conversation, chosen, copied, deleted, added and noted."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from chat_tui.cli.acting import agreed, careful, meter, open_target, options, with_controller
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import COPY_FORMATS, Controller, Fate, Filter, Shelf, choose, read_items
from chat_tui.errors import EXIT_FAILED, EXIT_USAGE, ChatTuiError
from chat_tui.items import Item, RawItem, visible_line

_UNITS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PREVIEW = 60


def _read_age(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Return the time that long ago."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([mhdw])", value)
    if not found:
        raise click.UsageError("Give an age as a number with m, h, d or w, such as 30d.")
    return time.time() - int(found[1]) * _UNITS[found[2]]


@click.command(
    help="List the items of a conversation, or those that the options choose; copy, delete or "
    "add items.",
    context_settings=HELP,
)
@click.argument("target", metavar="ID")
@click.option("--item", "ids", multiple=True, metavar="ITEM", help="Only this item; repeatable.")
@click.option("--role", default="", metavar="NAME", help="Only messages of this role.")
@click.option("--type", "kind", default="", metavar="NAME", help="Only items of this type.")
@click.option("--status", default="", metavar="NAME", help="Only items with this status.")
@click.option(
    "--older-than",
    "before",
    metavar="AGE",
    callback=_read_age,
    help="Only what was first seen here longer ago than this: 90m, 12h, 30d, 8w.",
)
@click.option("--keep-last", type=click.IntRange(0), default=0, metavar="N", help="Not the last N.")
@click.option(
    "--as", "form", type=click.Choice(list(COPY_FORMATS)), help="Print them to be copied elsewhere."
)
@click.option("--delete", is_flag=True, help="Delete them, with what stands and falls with them.")
@click.option("--add", metavar="FILE", help="Add items from a JSON file at the end; - is stdin.")
@click.option(
    "--note", nargs=2, metavar="ITEM TEXT", help="Pin a note to an item, on this machine."
)
@options
@careful
def command(
    target: str,
    form: str | None,
    add: str | None,
    note: tuple[str, str] | None,
    *,
    delete: bool,
    as_json: bool,
    **how: Any,
) -> None:
    """List items, or do one thing with them."""
    if sum((delete, add is not None, note is not None, form is not None)) > 1:
        raise click.UsageError("Give --delete, --add, --note or --as, only one of them.")
    wanted = Filter(
        how["ids"], how["role"], how["kind"], how["status"], how["before"], how["keep_last"]
    )
    ask = {"yes": how["yes"], "dry_run": how["dry_run"]}
    new = _read_file(add) if add is not None else []

    async def work(controller: Controller) -> Any:
        key = await open_target(controller, target)
        if delete:
            return await _delete(controller, key, wanted, **ask)
        if add is not None:
            return await _add(controller, key, new, **ask)
        if note is not None:
            await controller.pin_note(key, *note)
        return await controller.items(key)

    found = with_controller(how["profile"], work)
    if isinstance(found, Shelf):
        _print(found, wanted, form, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps(found, indent=2))
    for one in found.get("items", []):
        if one["reason"]:
            tell(f"{one['id']}: {one['reason']}")
    if any(one["fate"] in (Fate.REFUSED, Fate.UNTRIED) for one in found.get("items", [])):
        raise ChatTuiError("Not everything is deleted.", exit_code=EXIT_FAILED)


async def _delete(
    controller: Controller, key: int, wanted: Filter, *, yes: bool, dry_run: bool
) -> dict[str, Any]:
    if wanted.empty:
        raise ChatTuiError(
            "Say which items to delete.",
            "--type message means all messages; purge deletes a whole conversation.",
            exit_code=EXIT_USAGE,
        )
    plan = await controller.plan_items_deletion(key, wanted)
    facts: dict[str, Any] = {
        "effect": list(plan.effect),
        "chosen": [item.id for item in plan.chosen],
        "along": [item.id for item in plan.along],
        "remain": plan.remain,
        "deleted": False,
    }
    if plan.chosen and agreed(plan.effect, yes=yes, dry_run=dry_run):
        results = await controller.delete_items(key, plan, meter)
        facts["deleted"] = True
        facts["items"] = [
            {"id": r.item.id, "type": r.item.type, "fate": r.fate, "reason": r.reason}
            for r in results
        ]
    return facts


async def _add(
    controller: Controller, key: int, new: Sequence[RawItem], *, yes: bool, dry_run: bool
) -> dict[str, Any]:
    plan = await controller.plan_items_addition(key, new)
    facts = {"effect": list(plan.effect), "breaks": list(plan.breaks), "added": False}
    if plan.breaks:
        go_on = agreed(plan.effect, yes=yes, dry_run=dry_run)
    else:  # nothing is lost by it
        for sentence in plan.effect:
            tell(sentence)
        go_on = not dry_run
    if go_on:
        await controller.add_items(key, plan, meter)
        facts["added"] = True
    return facts


def _read_file(name: str) -> list[RawItem]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        value = json.loads(text)
    except OSError as error:
        raise click.UsageError(f"Cannot read {name}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{name} is not JSON: {error}.") from error
    return read_items(value)


def _print(shelf: Shelf, wanted: Filter, form: str | None, *, as_json: bool) -> None:
    positions = choose(shelf.items, wanted, shelf.seen)
    chosen = [shelf.items[position] for position in positions]
    if form is not None:
        text = COPY_FORMATS[form](chosen)
        click.echo(text) if form == "json" else say(text)
    elif as_json:
        click.echo(json.dumps([_facts(shelf, position) for position in positions], indent=2))
    elif chosen:
        say("\n".join(_line(shelf, position) for position in positions))
    else:
        tell("No item matches.")


def _facts(shelf: Shelf, position: int) -> dict[str, Any]:
    raw = shelf.items[position]
    identifier = Item(raw).id
    return {
        "position": position,
        "seen_at": shelf.seen.get(identifier),
        "note": shelf.notes.get(identifier, ""),
        "item": raw,
    }


def _line(shelf: Shelf, position: int) -> str:
    item = Item(shelf.items[position])
    name = item.role or item.name or ""
    status = item.status if item.status not in ("", "completed") else ""
    words = visible_line(item.text)
    words = words if len(words) <= _PREVIEW else f"{words[: _PREVIEW - 1]}…"
    note = shelf.notes.get(item.id, "")
    facts = [item.id, item.type, name, status, words, f"[{note}]" if note else ""]
    return f"{position:>5}  {'  '.join(visible_line(fact) for fact in facts if fact)}"
