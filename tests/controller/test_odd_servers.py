"""Servers that answer late, oddly, or beyond all calendars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_tui.config import Profile
from chat_tui.tui.inspector.facts import conversation_lines, plain
from tests.controller.programs import Program
from tests.support.faults import FaultServer, Reply, replying, streaming


def answering(text: str) -> Reply:
    item = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text}],
    }
    started = {"id": "resp_1", "status": "in_progress", "output": []}
    ended = {"id": "resp_1", "status": "completed", "output": [item]}
    return streaming(
        {"type": "response.created", "response": started},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": ended},
    )


async def said_to(server: FaultServer, path: Path) -> tuple[Program, int]:
    far = Profile(name="far", base_url=server.base_url, api_key_env="KEY", model="m")
    program = Program(None, path / "library.db", far=far)
    key = (await program.controller.new()).key
    await program.say(key, "hello")
    return program, key


@pytest.mark.parametrize("listed", [{"data": []}, {"data": [7, {"id": 1}, {"type": 5}]}, {}])
async def test_a_turn_stays_when_the_list_does_not_show_it_yet(tmp_path: Path, listed: Any) -> None:
    replies = [replying({"id": "conv_1"}), answering("hi"), replying(listed)]
    async with FaultServer(replies) as server:
        program, key = await said_to(server, tmp_path)
        assert program.texts(key) == ["hello", "hi"]
        await program.end()


@pytest.mark.parametrize("at", [10**400, 1e300, -1, "yesterday", None, []])
async def test_a_time_that_is_none_does_no_harm(tmp_path: Path, at: Any) -> None:
    replies = [replying({"id": "conv_1", "created_at": at}), answering("hi"), replying({})]
    async with FaultServer(replies) as server:
        program, key = await said_to(server, tmp_path)
        view = program.controller.view(key)
        assert view.conversation_id == "conv_1"
        assert "created" in plain(conversation_lines(view))
        await program.end()
