"""The commands of ``chat-tui`` and their options."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
def run() -> None:
    """Live in conversations that a server keeps."""
