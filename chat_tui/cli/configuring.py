"""``chat-tui config``: where the configuration is, a first one, what is in effect, the keys."""

from __future__ import annotations

import os

import click

from chat_tui.cli.shell import say
from chat_tui.config import ConfigError, find_paths, load


@click.group(no_args_is_help=False)
def command() -> None:
    """See and begin the configuration."""


@command.command("path", help="Print where the configuration file is, or would be.")
def path() -> None:
    """Print the path, alone, for scripts."""
    click.echo(str(find_paths().config_file))


@command.command("init", help="Write a first configuration file, every setting commented out.")
def init() -> None:
    """Write the example; never over a file that is there."""
    paths = find_paths()
    paths.ensure(paths.config)
    file = paths.config_file
    from chat_tui.cli.example import example

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(f"{file} exists already; move it away first.") from error
    except OSError as error:
        raise ConfigError(f"Cannot write {file}: {error.strerror}.") from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(example())
    say(f"Wrote {file}.")


@command.command("show", help="Print the settings in effect and where each came from.")
def show() -> None:
    """Print TOML with a comment a line; keys of the API and header values are not shown."""
    file = find_paths().config_file
    settings = load(file)
    from chat_tui.cli.effective import effective
    from chat_tui.cli.example import toml_value

    text = "" if settings.path is None else file.read_text(encoding="utf-8")
    where = str(file) if settings.path else f"{file}, which does not exist"
    lines = [
        (f"{setting.key} = {toml_value(setting.value)}", setting.source)
        for setting in effective(settings, text, file, os.environ)
    ]
    width = min(max(len(line) for line, _ in lines), 60)
    say("\n".join([f"# {where}", *(f"{line:<{width}}  # {source}" for line, source in lines)]))


@command.command("keys", help="Print every action with its keys in effect.")
def keys() -> None:
    """Print the actions by group; what an action is called in the file stands at the end."""
    settings = load(find_paths().config_file)
    from chat_tui.cli.keys import key_lines

    say("\n".join(key_lines(settings)))
