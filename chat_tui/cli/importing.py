"""``chat-tui import``: conversations from files, ours or ChatGPT's, to a profile's server."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.progress import Progress
from chat_tui.cli.shell import HELP, say
from chat_tui.controller import Moved, read_import
from chat_tui.errors import ChatTuiError
from chat_tui.items import visible_line
from chat_tui.moving import Document

if TYPE_CHECKING:
    from chat_tui.moving.chatgpt import Entry


@click.command(
    help="Make conversations of files: exports of chat-tui in JSON, or the data export of ChatGPT "
    "(conversations.json or the whole .zip), of which each conversation is chosen.",
    context_settings=HELP,
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile to import to.")
@click.option("--list", "listing", is_flag=True, help="Only list what the files hold.")
@click.option(
    "--only",
    multiple=True,
    metavar="NUMBER|TITLE",
    help="Of ChatGPT's export, only this conversation; may be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="All conversations of ChatGPT's export.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(
    files: tuple[Path, ...],
    profile: str,
    *,
    listing: bool,
    only: tuple[str, ...],
    everything: bool,
    as_json: bool,
) -> None:
    """Import files; all of them are read before anything is sent."""
    if sum((listing, bool(only), everything)) > 1:
        raise click.UsageError("Give --list, --only or --all, only one of them.")
    found = [(path, read_import(path)) for path in files]
    if listing:
        _tell_contents(found, as_json=as_json)
        return
    documents = [d for path, held in found for d in _chosen(path, held, only, everything)]
    moved: list[Moved] = []
    try:
        asyncio.run(_import(documents, profile, moved))
    finally:  # what arrived before a failure is there to stay
        if as_json:
            click.echo(json.dumps([facts(one) for one in moved], indent=2))
        elif moved:
            say("\n".join(line for one in moved for line in report(one)))


async def _import(documents: Sequence[Document], profile: str, moved: list[Moved]) -> None:
    controller = compose(profile)
    try:
        with Progress("Sending") as progress:
            for document in documents:
                one = await controller.import_document(document, progress=progress)
                moved.append(one)  # each counts as soon as it is there
    finally:
        await controller.close()


def _chosen(
    path: Path, held: Document | list[Entry], only: tuple[str, ...], everything: bool
) -> list[Document]:
    if isinstance(held, Document):
        return [held]
    from chat_tui.moving.chatgpt import choose, read_entry

    if not held:
        raise ChatTuiError(f"{path} holds no conversation.", exit_code=2)
    if len(held) > 1 and not only and not everything:
        raise click.UsageError(
            f"{path} holds {len(held)} conversations. Choose with --only, or --all; "
            "--list names them."
        )
    return [read_entry(entry) for entry in (choose(held, only) if only else held)]


def _tell_contents(found: Sequence[tuple[Path, Document | list[Entry]]], *, as_json: bool) -> None:
    rows = [row for path, held in found for row in _contents(path, held)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        when = time.strftime("%Y-%m-%d", time.localtime(row["created_at"]))
        when = when if row["created_at"] else "undated   "
        say(f"{row['number']:>5}  {when}  {row['items']:>5}  {visible_line(row['title'])}")


def _contents(path: Path, held: Document | list[Entry]) -> Iterator[dict[str, Any]]:
    if isinstance(held, Document):
        facts_of = held.facts
        rows = [(facts_of.title, facts_of.created_at, len(held.records))]
    else:
        rows = [(entry.title, entry.created_at, entry.nodes) for entry in held]
    for number, (title, created_at, items) in enumerate(rows, 1):
        yield {
            "file": str(path),
            "number": number,
            "title": title,
            "created_at": created_at,
            "items": items,
        }


def facts(moved: Moved) -> dict[str, Any]:
    """Return what a script may want to know of a conversation that arrived."""
    return {
        "title": moved.title,
        "conversation_id": moved.conversation_id,
        "profile": moved.profile,
        "items": moved.items,
        "left": [{"what": left.what, "count": left.count} for left in moved.left],
        "notes": list(moved.notes),
    }


def report(moved: Moved) -> Iterator[str]:
    """Yield lines that tell a reader what arrived and what did not."""
    yield (
        f"{visible_line(moved.conversation_id)}  {visible_line(moved.title) or 'Untitled'}  "
        f"({moved.items} items, {visible_line(moved.profile)})"
    )
    for left in moved.left:
        yield f"  left behind: {left.count} × {visible_line(left.what)}"
    for note in moved.notes:
        yield f"  note: {visible_line(note)}"
