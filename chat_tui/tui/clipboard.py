"""The way to the clipboard: a tool of this machine's desktop, else the terminal. Says which."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

SECONDS = 2.0
"""How long a tool may take; the ones that stay to serve the clipboard return at once."""
TERMINAL_LIMIT = 74_000
"""Bytes beyond which common terminals ignore a clipboard sequence."""
_PASSED_ON = ("PATH", "HOME", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "LANG")


def tools(env: Mapping[str, str], platform: str) -> list[list[str]]:
    """Return the commands that could reach this user's clipboard, best first; not looked up."""
    found: list[list[str]] = []
    if platform == "darwin" and not env.get("SSH_CONNECTION"):
        found.append(["pbcopy"])
    if env.get("WAYLAND_DISPLAY"):
        found.append(["wl-copy"])
    if env.get("DISPLAY"):
        found += [["xclip", "-selection", "clipboard", "-in"], ["xsel", "--clipboard", "--input"]]
    return found


async def copied(app: App[None], text: str, what: str) -> str:
    """Put ``text`` on the clipboard and return the sentence that says how it went."""
    for tool, *arguments in tools(os.environ, sys.platform):
        path = shutil.which(tool)
        if path is not None and await _ran([path, *arguments], text):
            return f"Copied {what} with {tool}."
    app.copy_to_clipboard(text)
    sentence = f"Sent {what} to the terminal for its clipboard (OSC 52)."
    if len(text.encode("utf-8", "replace")) > TERMINAL_LIMIT:
        sentence += " It is long: many terminals ignore so much."
    return sentence


async def _ran(command: list[str], text: str) -> bool:
    """Run a tool with ``text`` as its input; return whether it took it."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    except OSError:
        return False
    try:
        data = text.encode("utf-8", "replace")
        await asyncio.wait_for(process.communicate(data), SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return process.returncode == 0
