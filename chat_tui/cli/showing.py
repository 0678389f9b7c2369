"""``chat-tui show``: one conversation, for a reader or for a script."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import Controller, Notice, View
from chat_tui.errors import EXIT_USAGE, ChatTuiError
from chat_tui.gateway import GatewayError
from chat_tui.items import Item, Kind, Place, Record, visible, visible_line


@click.command(
    help="Print a conversation: what the server holds and what is only here.", context_settings=HELP
)
@click.argument("target", metavar="ID")
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile it belongs to.")
@click.option("-n", "--limit", type=click.IntRange(1), metavar="N", help="Only the last N items.")
@click.option("--raw", is_flag=True, help="Print the items as the server sends them.")
@click.option("--json", "as_json", is_flag=True, help="Print facts and items for a script.")
def command(target: str, profile: str, limit: int | None, *, raw: bool, as_json: bool) -> None:
    """Print a conversation; an id that is not known here is fetched and adopted."""
    if not target.strip():
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)
    view, notices = asyncio.run(_read(target, profile, limit))
    records = [record for record in view.records if record.place is not Place.PENDING]
    records = records[-limit:] if limit else records
    for notice in notices:
        tell(f"{notice.sentence} {notice.way_out}")
    if as_json:
        click.echo(json.dumps(facts(view, records), indent=2))
    else:
        say("\n\n".join([_header(view), *(_shown(record, raw=raw) for record in records)]))


async def _read(target: str, profile: str, limit: int | None) -> tuple[View, list[Notice]]:
    controller = compose(profile)
    try:
        view = await _whole(controller, await controller.read(target), limit)
    finally:
        await controller.close()
    return view, [event async for event in controller.events() if isinstance(event, Notice)]


async def _whole(controller: Controller, view: View, limit: int | None) -> View:
    """Load older records until there are ``limit``, or all of them."""
    while view.older and (limit is None or len(view.records) < limit):
        try:
            await controller.load_older(view.key)
        except GatewayError as error:
            tell(f"Older items are missing. {error}")
            break
        view = controller.view(view.key)
    return view


def facts(view: View, records: Sequence[Record]) -> dict[str, Any]:
    """Return a conversation for a script: ``items`` raw, ``places`` where each of them lives.

    ``complete`` says whether the items reach back to the first one. Times are Unix seconds.
    """
    return {
        "title": view.title,
        "profile": view.profile,
        "conversation_id": view.conversation_id,
        "response_id": view.response_id,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
        "model": view.choices.model,
        "chaining": view.choices.chaining,
        "store": view.choices.store,
        "compaction": view.choices.compaction,
        "instructions": view.choices.instructions,
        "metadata": dict(view.metadata),
        "usage": dict(view.usage),
        "complete": not view.older,
        "pending": view.pending_text,
        "items": [record.raw for record in records],
        "places": [record.place for record in records],
    }


def _header(view: View) -> str:
    choices = view.choices
    anchor = view.conversation_id or view.response_id or "not on the server"
    compaction = f"compaction {choices.compaction}"
    kept = "stored" if choices.store else "off the record"
    facts_line = [
        view.profile,
        choices.model or "no model yet",
        choices.chaining,
        kept,
        compaction,
    ]
    lines = [
        visible_line(view.title),
        visible_line(anchor),
        " · ".join(visible_line(fact) for fact in facts_line),
    ]
    if view.created_at:
        lines.append(f"created {time.strftime('%Y-%m-%d %H:%M', time.localtime(view.created_at))}")
    lines += [f"{visible_line(k)}: {visible_line(v)}" for k, v in view.metadata.items()]
    if view.pending_text:
        lines.append(f"unsent message: {visible_line(view.pending_text)}")
    return "\n".join(lines)


_PLACES = {
    Place.CHAIN: "not in the conversation",
    Place.PRIVATE: "off the record",
    Place.STOPPED: "stopped, only here",
}


def _shown(record: Record, *, raw: bool) -> str:
    item = record.item
    facts_line = [
        _heading(item),
        item.status if item.status not in ("", "completed") else "",
        _PLACES.get(record.place, ""),
        time.strftime("%Y-%m-%d %H:%M", time.localtime(record.at)) if record.at else "",
        item.id,
    ]
    heading = f"── {' · '.join(visible_line(fact) for fact in facts_line if fact)}"
    body = _json(record.raw) if raw else _body(item)
    return f"{heading}\n{body}" if body else heading


def _heading(item: Item) -> str:
    names = {
        Kind.USER: "you",
        Kind.ASSISTANT: "assistant",
        Kind.SYSTEM: item.role or item.type,
        Kind.REASONING: "reasoning",
        Kind.CALL: f"call {item.name or item.type}",
        Kind.OUTPUT: f"output of {item.call_id or 'a call'}",
        Kind.COMPACTION: "compaction",
    }
    return names.get(item.kind, item.type or "item of no type")


def _body(item: Item) -> str:
    """Return what a reader sees of an item; its JSON where it has no text of its own."""
    if item.text:
        return visible(item.text)
    arguments = item.raw.get("arguments")
    if isinstance(arguments, str):
        try:
            return _json(json.loads(arguments))
        except ValueError:
            return visible(arguments)
    if item.kind in (Kind.HOSTED, Kind.APPROVAL, Kind.UNKNOWN, Kind.CALL):
        return _json(item.raw)
    return ""


def _json(value: object) -> str:
    return visible(json.dumps(value, indent=2, ensure_ascii=False))
