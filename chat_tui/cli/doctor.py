"""``chat-tui doctor``: looks at everything this program needs and says what is wrong."""

from __future__ import annotations

import asyncio
import json
import platform
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from chat_tui import __version__
from chat_tui.cli.endpoints import look_at_endpoints
from chat_tui.cli.findings import Finding, Status, as_json, as_text, usable
from chat_tui.cli.shell import HELP, say
from chat_tui.cli.terminal import look_at_terminal
from chat_tui.config import ConfigError, Paths, Settings, find_paths, load
from chat_tui.errors import EXIT_FAILED, ChatTuiError
from chat_tui.library import Library, sqlite_version


@click.command(
    help="Check versions, configuration, files, endpoints and the terminal.", context_settings=HELP
)
@click.option("-p", "--profile", default="", metavar="NAME", help="The profile that must work.")
@click.option("--json", "in_json", is_flag=True, help="Print JSON for a script.")
def command(profile: str, *, in_json: bool) -> None:
    """Print what was found; exit code 1 when something prevents use."""
    paths = find_paths()
    findings = [*_versions(), *_places(paths)]
    settings, told = _configuration(paths)
    findings += told
    if settings is not None:
        findings += asyncio.run(look_at_endpoints(settings, paths.server_database, profile))
    findings += look_at_terminal()
    if in_json:
        click.echo(json.dumps(as_json(findings), indent=2))
    else:
        say(as_text(findings))
    if not usable(findings):
        raise click.exceptions.Exit(EXIT_FAILED)


def _versions() -> Iterator[Finding]:
    yield Finding("Versions", "chat-tui", __version__)
    yield Finding("Versions", "Python", f"{platform.python_version()} on {platform.system()}")
    for name, package in (("Textual", "textual"), ("OpenAI SDK", "openai")):
        try:
            yield Finding("Versions", name, version(package))
        except PackageNotFoundError:
            yield Finding("Versions", name, "not installed", Status.FAILURE)
    yield Finding("Versions", "SQLite", sqlite_version())


def _places(paths: Paths) -> Iterator[Finding]:
    for name, directory, need in (
        ("data", paths.data, Status.FAILURE),
        ("state", paths.state, Status.WARNING),
    ):
        problem = _unwritable(paths, directory)
        if problem:
            yield Finding("Files", name, problem, need)
        else:
            yield Finding("Files", name, f"{directory}, writable", Status.OK)
        if name == "data" and not problem:
            yield _library(paths.library)


def _unwritable(paths: Paths, directory: Path) -> str:
    try:
        paths.ensure(directory)
        with tempfile.TemporaryFile(dir=directory):
            return ""
    except ConfigError as error:
        return str(error)
    except OSError as error:
        return f"{directory} cannot be written: {error.strerror}."


def _library(path: Path) -> Finding:
    library = Library(path)
    try:
        library.open()
    except ChatTuiError as error:
        return Finding("Files", "library", str(error), Status.FAILURE)
    asyncio.run(library.close())
    return Finding("Files", "library", str(path), Status.OK)


def _configuration(paths: Paths) -> tuple[Settings | None, list[Finding]]:
    file = paths.config_file
    try:
        settings = load(file)
        from chat_tui.tui.keymap import keymap

        keymap(settings)
    except ConfigError as error:
        return None, [Finding("Configuration", "file", str(error), Status.FAILURE)]
    if settings.path is None:
        return settings, [Finding("Configuration", "file", f"{file} does not exist: all defaults")]
    return settings, [Finding("Configuration", "file", f"{file}, valid", Status.OK)]
