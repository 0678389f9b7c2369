"""``chat-tui serve``: the embedded server in this process, for any OpenAI client."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chat_tui.cli.shell import HELP, say
from chat_tui.config import find_paths, load
from chat_tui.errors import ChatTuiError

if TYPE_CHECKING:
    from chat_tui.server.options import Options
    from chat_tui.server.run import Ready

PORT = 8765
_TOKEN_BYTES = 24


@click.command(
    help="Run the embedded server until it is stopped with ctrl+c.", context_settings=HELP
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    metavar="N",
    help="Where to listen; 0 takes a free one.",
)
@click.option(
    "--uds", type=click.Path(path_type=Path), metavar="PATH", help="A Unix socket instead."
)
@click.option("--upstream", metavar="NAME", help="What generates text; default from the config.")
@click.option("--upstream-key-env", metavar="NAME", help="The variable that holds its key.")
@click.option("--context-window", type=click.IntRange(1), metavar="TOKENS", help="A limit of ours.")
@click.option(
    "--interrupted",
    type=click.Choice(["keep", "discard"]),
    help="What a turn leaves whose client goes away; default from the config.",
)
@click.option("--access-log", is_flag=True, help="A line a request, without what was said.")
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Where conversations are kept; default: those of the profile local.",
)
@click.option("--token", metavar="T", help="What clients must show; default: a new one.")
@click.option("--no-auth", is_flag=True, help="Let everyone on this machine in.")
def command(
    host: str,
    port: int,
    *,
    uds: Path | None,
    upstream: str | None,
    upstream_key_env: str | None,
    context_window: int | None,
    interrupted: str | None,
    access_log: bool,
    database: Path | None,
    token: str | None,
    no_auth: bool,
) -> None:
    """Serve; over TCP a token is required unless ``--no-auth`` on loopback."""
    if no_auth and token is not None:
        raise click.UsageError("Give --token or --no-auth, not both.")
    if token is not None and not token.strip():
        raise click.UsageError("A token must not be empty.")
    upstream_key = os.environ.get(upstream_key_env) if upstream_key_env else None
    if upstream_key_env and not upstream_key:
        raise click.UsageError(f"The variable {upstream_key_env} holds no key.")
    paths = find_paths()
    settings = load(paths.config_file).server
    if database is None:
        paths.ensure(paths.data)
    from chat_tui.server.errors import StartError
    from chat_tui.server.options import Options
    from chat_tui.server.run import serve

    open_to_all = no_auth or uds is not None
    options = Options(
        database=database or paths.server_database,
        uds=uds,
        host=host,
        port=port,
        token=None if open_to_all else token or secrets.token_urlsafe(_TOKEN_BYTES),
        upstream=upstream or settings.upstream,
        upstream_key=upstream_key,
        interrupted=interrupted or settings.interrupted,
        context_window=context_window,
        access_log=access_log,
    )
    try:
        serve(options, lambda ready: say(_welcome(options, ready)))
    except StartError as error:
        raise ChatTuiError(str(error), exit_code=error.exit_code) from error


def _welcome(options: Options, ready: Ready) -> str:
    lines = [
        f"Serving conversations at {ready.uds or ready.url}",
        f"Database {options.database} · upstream {options.upstream}",
        "",
    ]
    if ready.uds:
        lines.append(f"  curl --unix-socket {ready.uds} {ready.url}/models")
    else:
        lines += [
            f"  export OPENAI_BASE_URL={ready.url}",
            f"  export OPENAI_API_KEY={options.token or 'none'}",
        ]
    return "\n".join([*lines, "", "Stop it with ctrl+c."])
