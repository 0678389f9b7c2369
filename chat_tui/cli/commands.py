"""The entry: which command was meant, and the options of the one that opens the interface."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from chat_tui import __version__
from chat_tui.cli.shell import HELP, guarded
from chat_tui.config import Chaining, Compaction, read_compaction
from chat_tui.controller import Launch

COMMANDS = {
    "serve": ("serving", "Run the embedded server for any OpenAI client."),
    "list": ("listing", "List the conversations of a profile."),
    "show": ("showing", "Print a conversation."),
    "items": ("itemising", "List, copy, delete or add items of a conversation."),
    "health": ("healing", "Check conversations, and repair them."),
    "fork": ("forking", "Make a new conversation from an old one."),
    "reconcile": ("reconciling", "Compare the copies here with what the server holds."),
    "purge": ("purging", "Delete everything of a conversation."),
    "export": ("exporting", "Write conversations to files: JSON, Markdown or HTML."),
    "import": ("importing", "Make conversations of exports, of ChatGPT too."),
    "copy": ("copying", "Copy a conversation to another profile's server."),
    "stats": ("counting", "Count what conversations are made of."),
    "doctor": ("doctor", "Check what this program needs."),
    "config": ("configuring", "See and begin the configuration."),
}
"""Sub-commands: the module of this package that holds ``command``, and what it does."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run the command that ``arguments`` ask for and exit with its code."""
    given = sys.argv[1:] if arguments is None else arguments
    # Bytes that are no UTF-8 could be stored nowhere and sent to no one.
    whole = [os.fsencode(text).decode(errors="replace") for text in given]
    sys.exit(guarded(lambda: _dispatch(whole)))


def _dispatch(arguments: list[str]) -> None:
    name = "chat-tui"
    command: click.Command = opening
    if arguments and arguments[0] in COMMANDS:
        gc.enable()
        name = f"{name} {arguments[0]}"
        command = import_module(f"chat_tui.cli.{COMMANDS[arguments[0]][0]}").command
        arguments = arguments[1:]
    with command.make_context(name, arguments) as context:
        command.invoke(context)


class _Entry(click.Command):
    """The command without a name; its help also tells of those with one."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the sub-commands."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


def _read_target(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not value.strip():
        raise click.UsageError("An id must not be empty.")
    if value in COMMANDS:
        raise click.UsageError(f"Put {value} first: chat-tui {value}.")
    return value.strip()


def _read_instructions(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is None or not value.startswith("@"):
        return value
    path = Path(value[1:]).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise click.UsageError(f"Cannot read the instructions in {path}: {reason}.") from error
    return text.strip()


def _read_compaction(_: click.Context, __: click.Parameter, value: str | None) -> Compaction | None:
    if value is None:
        return None
    try:
        return read_compaction(value)
    except ValueError as error:
        raise click.UsageError(f"--compact {error}.") from error


@click.command(cls=_Entry, context_settings=HELP)
@click.argument("target", metavar="[ID]", required=False, callback=_read_target)
@click.option("--new", is_flag=True, help="Begin a new conversation.")
@click.option(
    "-c", "--continue", "last", is_flag=True, help="Go on with the last one (the default)."
)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile to use.")
@click.option("-m", "--model", metavar="NAME", help="The model to ask for.")
@click.option(
    "--instructions",
    metavar="TEXT|@FILE",
    callback=_read_instructions,
    help="Instructions sent with every turn.",
)
@click.option("--no-store", is_flag=True, help="Go off the record: the server keeps no response.")
@click.option(
    "--chain",
    type=click.Choice([str(mode) for mode in Chaining]),
    help="What the next request refers to.",
)
@click.option(
    "--compact",
    metavar="auto|off|N",
    callback=_read_compaction,
    help="When old context is compacted; N is a number of tokens.",
)
@click.version_option(__version__, message="chat-tui %(version)s")
def opening(
    target: str | None, *, new: bool, last: bool, profile: str, no_store: bool, **choices: Any
) -> None:
    """Open a conversation: the last one, or the one that ID names.

    ID is an id (conv_… or resp_…), the start of one, or an exact title. An id that is not known
    here is fetched from the server.
    """
    if sum((new, last, target is not None)) > 1:
        raise click.UsageError("Give an ID, --new or --continue, only one of them.")
    chain = choices["chain"]
    launch = Launch(
        target=target or "",
        new=new,
        model=choices["model"],
        instructions=choices["instructions"],
        store=False if no_store else None,
        chaining=Chaining(chain) if chain else None,
        compaction=choices["compact"],
    )
    from chat_tui.cli.opening import open_interface

    open_interface(launch, profile)
