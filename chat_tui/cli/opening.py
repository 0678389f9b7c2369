"""From the command line into the interface: whatever can fail does so before it starts."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from chat_tui.cli.composing import compose
from chat_tui.cli.logs import start_log
from chat_tui.cli.shell import tell
from chat_tui.controller import Controller, Launch
from chat_tui.errors import EXIT_USAGE, ChatTuiError

if TYPE_CHECKING:
    from chat_tui.tui.app import ChatTuiApp


def open_interface(launch: Launch, profile: str) -> None:
    """Run the interface until the user leaves it; raises ChatTuiError when it cannot start."""
    _require_terminal()
    controller = compose(profile)
    start_log()
    from chat_tui.tui.app import ChatTuiApp

    app = ChatTuiApp(controller, launch)
    asyncio.run(_live(app, controller))
    if app.exit_sentence:
        tell(app.exit_sentence)
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)


async def _live(app: ChatTuiApp, controller: Controller) -> None:
    """Run the interface; however it ends, turns are settled and the server is stopped."""
    try:
        await app.run_async()
    finally:
        await controller.close()


def _require_terminal() -> None:
    streams = {"input": sys.stdin, "output": sys.stdout, "error output": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise ChatTuiError(
                f"The interface needs a terminal, but its {name} is not one.",
                "Without one, use chat-tui list and chat-tui show.",
                exit_code=EXIT_USAGE,
            )
