"""The log: what goes into it and what never does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_tui.cli.logs import start_log


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CHAT_TUI_STATE_DIR", str(tmp_path))
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    start_log()
    yield tmp_path / "chat-tui.log"
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before, level


def test_requests_the_sdk_would_tell_of_are_not_logged(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = logging.getLogger("openai._base_client")
    monkeypatch.setattr(sdk, "level", logging.DEBUG)  # as OPENAI_LOG=debug has it
    sdk.debug("Request options: %s", {"input": "xylophone"})
    sdk.warning("grave")
    logging.getLogger("chat_tui.tui").info("ours")
    said = log.read_text()
    assert "xylophone" not in said
    assert "grave" in said
    assert "ours" in said
