"""Runs chat-tui and notes when each module was asked for: ``python -m benchmarks.imports FILE``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    notes = Path(sys.argv.pop(1)).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        """Write down each import as it happens."""
        if event == "import":
            notes.write(f"{time.perf_counter()} {arguments[0]}\n")

    sys.addaudithook(note)
    from chat_tui.cli import main

    main()
