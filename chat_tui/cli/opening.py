"""From the command line into the interface: whatever can fail does so before it starts."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING

from chat_tui.cli.composing import make_controller
from chat_tui.cli.logs import start_log
from chat_tui.cli.shell import guarded, tell
from chat_tui.config import find_paths, load
from chat_tui.errors import EXIT_USAGE, ChatTuiError

if TYPE_CHECKING:
    from chat_tui.controller import Launch
    from chat_tui.tui.app import ChatTuiApp


def open_last() -> None:
    """Run the interface on the last conversation: ``chat-tui`` without any argument."""
    from chat_tui.controller import Launch

    sys.exit(guarded(lambda: open_interface(Launch(), "")))


def open_interface(launch: Launch, profile: str) -> None:
    """Run the interface until the user leaves it; raises ChatTuiError when it cannot start."""
    _require_terminal()
    paths = find_paths()
    settings = load(paths.config_file)
    paths.ensure(paths.data)
    make = partial(make_controller, settings, paths, settings.choose_profile(profile))
    start_log()
    from chat_tui.tui.app import ChatTuiApp

    app = ChatTuiApp(settings, make, launch)
    asyncio.run(_live(app))
    if app.exit_sentence:
        tell(app.exit_sentence)
    if app.return_code:
        raise SystemExit(app.return_code)


async def _live(app: ChatTuiApp) -> None:
    """Run the interface; however it ends, turns are settled and the server is stopped."""
    try:
        await app.run_async()
    finally:
        if app.made is not None:
            await app.made.close()


def _require_terminal() -> None:
    streams = {"input": sys.stdin, "output": sys.stdout, "error output": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise ChatTuiError(
                f"The interface needs a terminal, but its {name} is not one.",
                "Without one, use chat-tui list and chat-tui show.",
                exit_code=EXIT_USAGE,
            )
