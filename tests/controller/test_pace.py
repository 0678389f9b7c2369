"""A flood of events leaves room for everything else."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chat_tui.streaming import Accumulator
from tests.controller.test_odd_servers import said_to
from tests.support.faults import FaultServer, replying, streaming

MANY = 2000


async def test_whatever_else_waits_has_its_turn_during_a_flood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_tui.controller.turns._AT_ONCE", 20)
    taken = 0
    apply = Accumulator.apply

    def counting(self: Accumulator, event: Any) -> Any:
        nonlocal taken
        taken += 1
        return apply(self, event)

    monkeypatch.setattr(Accumulator, "apply", counting)
    seen = [0]

    async def look() -> None:
        while True:
            seen.append(taken)
            await asyncio.sleep(0)

    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": "a "}
    ended = {"id": "resp_1", "status": "completed", "output": []}
    flood = streaming(
        *[delta] * MANY, {"type": "response.completed", "response": ended}, chunk=1000
    )
    async with FaultServer([replying({"id": "conv_1"}), flood, replying({})]) as server:
        looking = asyncio.create_task(look())
        program, _key = await said_to(server, tmp_path)
        looking.cancel()
        await program.end()
    assert taken == MANY + 1
    assert max(after - before for before, after in pairwise(seen)) < 40
