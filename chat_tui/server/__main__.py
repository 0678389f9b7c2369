"""`python -m chat_tui.server`: the server by itself; one JSON line tells where it listens."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from chat_tui.server.errors import StartError
from chat_tui.server.options import DEMO, Options


def main() -> int:
    """Serve, and return the exit code."""
    try:
        options = _options(_parser().parse_args())
        options.check()
        from chat_tui.server.run import Ready, serve  # noqa: PLC0415 usage errors come at once

        def announce(ready: Ready) -> None:
            line = json.dumps({"ready": True, "url": ready.url, "uds": ready.uds})
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()

        serve(options, announce)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m chat_tui.server",
        description="A Conversations and Responses server over SQLite.",
    )
    parser.add_argument("--database", type=Path, required=True, metavar="PATH")
    parser.add_argument("--uds", type=Path, metavar="PATH", help="listen on a Unix socket")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--upstream", default=DEMO, metavar=f"{DEMO}|URL")
    parser.add_argument("--upstream-key-env", metavar="NAME", help="the variable with its key")
    parser.add_argument("--interrupted", choices=("keep", "discard"), default="keep")
    parser.add_argument("--token-env", metavar="NAME", help="the variable that holds the token")
    parser.add_argument("--no-auth", action="store_true", help="loopback only")
    parser.add_argument("--parent-pipe", action="store_true", help="stop when stdin ends")
    parser.add_argument("--access-log", action="store_true", help="a JSON line a request")
    parser.add_argument("--context-window", type=int, metavar="TOKENS")
    return parser


def _options(given: argparse.Namespace) -> Options:
    token = None
    if given.uds is None and not given.no_auth:
        if given.token_env is None:
            raise StartError("On TCP either --token-env NAME or --no-auth is needed.", 2)
        token = os.environ.get(given.token_env)
        if not token:
            raise StartError(f"The variable {given.token_env} holds no token.", 2)
    upstream_key = os.environ.get(given.upstream_key_env or "") or None
    if given.upstream_key_env and upstream_key is None:
        raise StartError(f"The variable {given.upstream_key_env} holds no key.", 2)
    return Options(
        database=given.database,
        uds=given.uds,
        host=given.host,
        port=given.port,
        token=token,
        upstream=given.upstream,
        upstream_key=upstream_key,
        interrupted=given.interrupted,
        parent_pipe=given.parent_pipe,
        access_log=given.access_log,
        context_window=given.context_window,
    )


if __name__ == "__main__":
    sys.exit(main())
