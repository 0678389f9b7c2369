"""The command line. Importing this package costs almost nothing: commands load when they run."""

from __future__ import annotations


def main() -> None:
    """Run ``chat-tui`` and end the process with its exit code."""
    from chat_tui.cli.commands import run

    run()
