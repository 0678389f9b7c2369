"""From the command line into the interface."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.running import Home

HEAVY = {
    "click",
    "sqlite3",
    "cryptography",
    "httpx2",
    "keyring",
    "markdown_it",
    "openai",
    "pydantic",
    "pygments",
    "starlette",
    "tomli_w",
    "uvicorn",
}


def test_nothing_heavy_is_imported_before_the_first_frame(home: Home) -> None:
    code = (
        "import sys\n"
        "import chat_tui.cli.opening\n"
        "from chat_tui.config import Settings\n"
        "from chat_tui.tui.app import ChatTuiApp\n"
        "loaded = []\n"
        "def begin(app):\n"
        "    loaded.extend(sys.modules)\n"
        "    app.exit()\n"
        "ChatTuiApp._begin = begin\n"
        "ChatTuiApp(Settings(), lambda: None).run(headless=True)\n"
        "print(*loaded)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=home.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "textual" in loaded
    assert HEAVY.isdisjoint(loaded), HEAVY & loaded


def test_the_options_are_chosen_for_the_conversation(home: Home) -> None:
    arguments = ["--new", "--no-store", "--chain", "response", "--compact", "2000", "-m", "other"]
    _, written = home.in_terminal(
        *arguments, until=lambda text: "off the record" in text and "local · other" in text
    )
    assert "local · other" in written
    assert "compact" in written


def test_instructions_come_from_a_file(home: Home) -> None:
    (home.root / "style.txt").write_text("Answer in verse, please.\n")
    _, written = home.in_terminal(
        "--instructions", "@style.txt", until=lambda text: "Answer in verse" in text
    )
    assert "Answer in verse" in written
