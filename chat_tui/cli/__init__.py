"""The command line. Importing this package costs almost nothing: commands load when they run."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run ``chat-tui`` and end the process with its exit code."""
    # Starting makes many objects and drops few: collecting meanwhile takes a sixth of the time
    # to the first frame. Whoever runs next turns collecting on again.
    gc.disable()
    if len(sys.argv) > 1:
        from chat_tui.cli.commands import run

        run()
    else:
        from chat_tui.cli.opening import open_last

        open_last()
