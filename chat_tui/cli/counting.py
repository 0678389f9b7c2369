"""``chat-tui stats``: what a conversation, or the library, is made of."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.shell import HELP, say
from chat_tui.errors import EXIT_USAGE, ChatTuiError
from chat_tui.items import visible_line
from chat_tui.library import Statistics


@click.command(
    help="Count the items of a conversation, or of all of a profile, as far as they are cached "
    "here: by type, role, tool and model, and turns by day or month.",
    context_settings=HELP,
)
@click.argument("target", metavar="[ID]", required=False)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile to count.")
@click.option("--all-profiles", is_flag=True, help="Count the conversations of every profile.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def command(target: str | None, profile: str, *, all_profiles: bool, as_json: bool) -> None:
    """Count; of a conversation that is known here, nothing is asked of the server."""
    if target is not None and not target.strip():
        raise ChatTuiError("An id must not be empty.", exit_code=EXIT_USAGE)
    if target is not None and all_profiles:
        raise click.UsageError("Give an ID or --all-profiles, not both.")
    found = asyncio.run(_count(target, profile, all_profiles=all_profiles))
    if as_json:
        click.echo(json.dumps(facts(found), indent=2))
    else:
        say("\n".join(_lines(found)))


async def _count(target: str | None, profile: str, *, all_profiles: bool) -> Statistics:
    controller = compose(profile)
    try:
        if target is not None:
            return await controller.statistics(target)
        return await controller.library_statistics(all_profiles=all_profiles)
    finally:
        await controller.close()


def facts(found: Statistics) -> dict[str, Any]:
    """Return what was counted, for a script; the most frequent first, turns by time."""
    return {
        "conversations": found.conversations,
        "incomplete": found.incomplete,
        "items": found.items,
        "characters": found.characters,
        "context_tokens": found.context_tokens,
        "with_usage": found.with_usage,
        "types": dict(found.types.most_common()),
        "roles": dict(found.roles.most_common()),
        "tools": dict(found.tools.most_common()),
        "models": dict(found.models.most_common()),
        "turns": dict(sorted(found.turns.items())),
    }


def _lines(found: Statistics) -> Iterator[str]:
    yield f"conversations  {found.conversations:,}"
    yield f"items          {found.items:,}  ({found.characters:,} characters of JSON)"
    if found.with_usage:
        of = "" if found.with_usage == found.conversations else f"  (of {found.with_usage:,} known)"
        yield f"tokens         {found.context_tokens:,} in the contexts of the last answers{of}"
    if found.incomplete:
        yield (
            f"not counted    older items of {found.incomplete:,} conversations, "
            "which are on their servers only"
        )
    for heading, counts in (
        ("by type", found.types),
        ("messages by role", found.roles),
        ("calls by tool", found.tools),
        ("by model", found.models),
    ):
        yield from _table(heading, counts, counts.most_common())
    yield from _table("turns", found.turns, sorted(found.turns.items()))


def _table(heading: str, counts: Counter[str], rows: list[tuple[str, int]]) -> Iterator[str]:
    if not counts:
        return
    yield f"\n{heading}"
    width = len(f"{max(counts.values()):,}")
    for name, count in rows:
        yield f"  {count:>{width},}  {visible_line(name) or 'not known'}"
