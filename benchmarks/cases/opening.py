"""Long conversations: what it costs to open them and to move in them."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

from benchmarks.results import Result, median, percentile
from benchmarks.running import Extent, bare, cpu, echo, first_frame, home, memory
from chat_tui.items import Place, Record
from chat_tui.library import ConversationRow, Library
from tests.e2e.home import Home, items
from tests.support.terminal import Terminal

LAST = "the very last item"


def measure(extent: Extent) -> list[Result]:
    """Open conversations of several lengths."""
    quick = extent is Extent.QUICK
    with bare() as terminal:
        first_frame(terminal)
        empty = memory(terminal)
    sizes = (100, 1000) if quick else (100, 1000, 10_000)
    with ExitStack() as stack:
        found = {size: _Opened(stack.enter_context(home()), size) for size in sizes}
        for _ in range(2 if quick else 5):
            for run in found.values():  # by turns, so that a busy moment hits all
                run.open()
    few = found[sizes[0]]
    results = []
    for size, run in found.items():
        label = f"{size:,} items"
        results += [
            Result(
                label,
                "open",
                median(run.times) * 1000,
                "ms",
                median(few.times) * 1000,
                1.3,
                note=f"bare: {sizes[0]} items",
            ),
            Result(label, "CPU", median(run.cpus), "s", median(few.cpus)),
            Result(
                label,
                "page up p95",
                percentile(run.pages, 0.95) * 1000,
                "ms",
                percentile(few.pages, 0.95) * 1000,
                1.3,
            ),
            Result(
                label,
                "key p95",
                percentile(run.keys, 0.95) * 1000,
                "ms",
                percentile(few.keys, 0.95) * 1000,
                1.3,
            ),
            Result(label, "memory", run.memory, "MB", empty),
        ]
    return results


class _Opened:
    """A conversation of some length, opened several times."""

    def __init__(self, made: Home, size: int) -> None:
        self.times: list[float] = []
        self.cpus: list[float] = []
        self.keys: list[float] = []
        self.pages: list[float] = []
        self.memory = 0.0
        self._home = made
        self._conversation = _seed(made, size)

    def open(self) -> None:
        """Open it, type a little, and page up."""
        with self._home.start(self._conversation) as program:
            shown = program.wait_for(LAST)
            self.times.append(shown - program.started)
            self.cpus.append(cpu(program))
            program.ready()
            time.sleep(2)  # the server and the SDK start meanwhile
            self.keys += [echo(program) for _ in range(10)]
            program.press("shift+tab")
            program.wait_for("fold")
            self.pages += [_changed(program, "pageup") for _ in range(10)]
            self.memory = memory(program)


def _changed(program: Terminal, key: str) -> float:
    """Press a key; return the seconds until the screen is another one."""
    before = program.text()
    pressed = time.perf_counter()
    program.press(key)
    return program.wait_until(lambda text: text != before, "another screen") - pressed


def _seed(made: Home, size: int) -> str:
    """Put a conversation on the server and into the library; return its id."""
    made.data.mkdir()
    with made.server() as server:
        created = server.post("/conversations", json={"metadata": {"title": "long"}})
        conversation = str(created.raise_for_status().json()["id"])
        said = [_message(number, size) for number in range(size)]
        for start in range(0, size, 20):
            body = {"items": said[start : start + 20]}
            server.post(f"/conversations/{conversation}/items", json=body).raise_for_status()
        listed = items(server, conversation)
    asyncio.run(_keep(made, conversation, [Record(raw, Place.CONVERSATION) for raw in listed]))
    return conversation


def _message(number: int, size: int) -> dict[str, object]:
    if number == size - 1:
        text = LAST
    elif number % 2:
        text = f"## Answer {number}\n\nSome *words* and `code`:\n\n```python\nn = {number}\n```\n"
        text += "\n".join(f"- point {point} of answer {number}" for point in range(4))
    else:
        text = f"question {number}: how does one open a long conversation?"
    role = "assistant" if number % 2 else "user"
    return {"type": "message", "role": role, "content": text}


async def _keep(made: Home, conversation: str, records: list[Record]) -> None:
    library = Library(made.library)
    library.open()
    row = await library.index.create(
        ConversationRow(
            key=0,
            profile="local",
            conversation_id=conversation,
            title="long",
            model="demo",
            chaining="conversation",
            compaction="auto",
        )
    )
    await library.items.replace_from(row.key, 0, records, complete=True)
    await library.close()
