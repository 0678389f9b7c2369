"""``chat-tui export``: conversations as JSON, Markdown or HTML, printed or in files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from chat_tui import __version__
from chat_tui.cli.composing import compose
from chat_tui.cli.progress import Progress
from chat_tui.cli.shell import HELP, say, tell
from chat_tui.controller import write_file
from chat_tui.errors import EXIT_USAGE, ChatTuiError
from chat_tui.moving import Document

_FORMATS = ("json", "markdown", "html")


@click.command(
    help="Write conversations with everything known of them: JSON without loss, or a transcript "
    "in Markdown or HTML. Printed, or written to --output: a file, for several a directory.",
    context_settings=HELP,
)
@click.argument("targets", metavar="ID...", nargs=-1, required=True)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile they belong to.")
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), default="json")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="With --output, tell what was written.")
@click.option(
    "--include-off-the-record",
    "private",
    is_flag=True,
    help="Export turns off the record too, where this program holds any.",
)
def command(
    targets: tuple[str, ...],
    profile: str,
    form: str,
    output: Path | None,
    *,
    force: bool,
    as_json: bool,
    private: bool,
) -> None:
    """Export conversations; an id that is not known here is fetched and adopted."""
    if not all(target.strip() for target in targets):
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)
    if len(targets) > 1 and output is None:
        raise click.UsageError("Several conversations need --output, a directory.")
    if as_json and output is None and form != "json":
        raise click.UsageError("--json needs --output, or --format json.")
    from chat_tui.moving.rendering import file_name

    written = []
    directory = output is not None and (len(targets) > 1 or output.is_dir())
    for document, text in asyncio.run(_render(targets, profile, form, private=private)):
        for note in document.notes:
            tell(note)
        if output is None:
            click.echo(text, nl=False)
            continue
        path = output / file_name(document.facts, form) if directory else output
        write_file(path, text, force=force)
        written.append(_facts(document, path))
        if not as_json:
            say(str(path))
    if as_json and output is not None:
        click.echo(json.dumps(written, indent=2))


async def _render(
    targets: Sequence[str], profile: str, form: str, *, private: bool
) -> list[tuple[Document, str]]:
    from chat_tui.moving.rendering import render

    controller = compose(profile)
    found = []
    try:
        with Progress("Reading") as progress:
            for target in targets:
                document = await controller.export(target, private=private, progress=progress)
                found.append((document, render(document, form, f"chat-tui {__version__}")))
    finally:
        await controller.close()
    return found


def _facts(document: Document, path: Path) -> dict[str, Any]:
    """Return what a script may want to know of a written file."""
    return {
        "path": str(path),
        "title": document.facts.title,
        "conversation_id": document.facts.conversation_id,
        "response_id": document.facts.response_id,
        "items": len(document.records),
        "source": document.source,
        "complete": document.complete,
        "notes": list(document.notes),
    }
