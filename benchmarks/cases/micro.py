"""Single functions on long input, in this process: where a regression seen outside comes from.

No targets: these figures are the machine's as much as the program's. What matters is that the long
case costs what the short one does.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator

from rich.style import Style

from benchmarks.results import Result
from benchmarks.running import Extent
from benchmarks.shapes import SHAPES, answer
from chat_tui.gateway.sse import EventParser
from chat_tui.items import Place, Record, user_message, visible
from chat_tui.library.titles import Titles
from chat_tui.planning import Capabilities, Choices, State, plan_turn
from chat_tui.streaming import Accumulator
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.heights import Heights
from chat_tui.tui.transcript.palette import MARKS, ROLES, Palette

SHORT, LONG = 2000, 20_000
"""Tokens."""
FLUSH = 25
"""Tokens that are drawn together at 500/s."""
WIDTH = 80


def measure(_extent: Extent) -> list[Result]:
    """Time each function on short and on long input."""
    return [*_streaming(), *_reading(), *_heights(), *_titles(), *_plans()]


def _result(case: str, short: float, long: float) -> Iterator[Result]:
    """Take two durations of one step, in seconds."""
    yield Result(case, "short", short * 1e6, "µs")
    yield Result(case, "long", long * 1e6, "µs", short * 1e6)
    yield Result(case, "long/short", long / short, "")


def _timed(work: Callable[[], object], steps: int, rounds: int = 3) -> float:
    """Return the seconds of a step in the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best / steps


def _streaming() -> Iterator[Result]:
    palette = Palette(
        {role: Style(color=f"color({n})") for n, role in enumerate((*ROLES, *MARKS), 16)}
        | {"code": Style(bgcolor="color(1)")}
    )
    for shape in SHAPES:

        def grow(tokens: int, shape: str = shape) -> Callable[[], None]:
            # Marks of their own: highlighted lines are remembered, and must not be here.
            text = answer(shape, tokens, after=tokens)
            flushes = ["".join(text[at : at + FLUSH]) for at in range(0, tokens, FLUSH)]

            def work() -> None:
                document = Document()
                document.resize(WIDTH, palette)
                record = Record(_message(""), Place.CONVERSATION)
                document.append(record)
                document.grows(record.ref)
                for flush in flushes:
                    document.stream(record.ref, visible(flush))
                    layout = document.layout(0)
                    layout.lines(layout.parts - 1)

            return work

        grow(SHORT // 10)()  # loads what the first one needs
        short, long = (_timed(grow(tokens), tokens, rounds=1) for tokens in (SHORT, LONG))
        yield from _result(f"a token of {shape} laid out, of 2,000 and of 20,000", short, long)


def _message(text: str) -> dict[str, object]:
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "id": "msg_1", "content": content}


def _reading() -> Iterator[Result]:
    def read(tokens: int) -> Callable[[], None]:
        wire = _wire(tokens)

        def work() -> None:
            parser, turn = EventParser(), Accumulator()
            for at in range(0, len(wire), 4096):
                for event in parser.feed(wire[at : at + 4096]):
                    turn.apply(event)

        return work

    short, long = (_timed(read(tokens), tokens) for tokens in (SHORT, LONG))
    yield from _result("a token read from the wire, of 2,000 and of 20,000", short, long)


def _wire(tokens: int) -> bytes:
    """Return the events of an answer as they come from a server."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {**_message(""), "content": [], "status": "in_progress"}
    part = {"type": "output_text", "text": "", "annotations": []}
    events: list[dict[str, object]] = [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **place, "part": part},
    ]
    events += [
        {"type": "response.output_text.delta", **place, "delta": token}
        for token in answer("mixed", tokens)
    ]
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': n})}\n\n".encode()
        for n, event in enumerate(events)
    )


def _heights() -> Iterator[Result]:
    steps = 2000

    def look(count: int) -> Callable[[], None]:
        heights = Heights.uniform(count, 7)
        places = random.Random(7)
        rows = [places.randrange(count) for _ in range(steps)]

        def work() -> None:
            for row in rows:
                heights.set(row, row % 30)
                heights.find(heights.top(row))

        return work

    short, long = (_timed(look(count), steps) for count in (100, 50_000))
    yield from _result("a height corrected and found, of 100 and of 50,000", short, long)


def _titles() -> Iterator[Result]:
    words = ("trip", "kyoto", "rust", "invoice", "parser", "garden", "letter", "music", "router")
    queries = ("k", "ky", "kyoto", "rust plan", "invo", "99", "grdn")

    def search(count: int) -> Callable[[], object]:
        chance = random.Random(7)
        titles = Titles(
            (key, f"{chance.choice(words)} {chance.choice(words)} {key}") for key in range(count)
        )
        return lambda: [titles.best(query) for query in queries]

    short, long = (_timed(search(count), len(queries)) for count in (1000, 100_000))
    yield from _result("a key in the filter, of 1,000 and of 100,000", short, long)


def _plans() -> Iterator[Result]:
    def plan(count: int) -> Callable[[], object]:
        records = tuple(Record(user_message(f"said {n}"), Place.CONVERSATION) for n in range(count))
        state = State(conversation_id="conv_1", records=records)
        return lambda: plan_turn(state, Choices(model="demo"), Capabilities())

    short, long = (_timed(plan(count), 1) for count in (100, 10_000))
    yield from _result("a turn planned, of 100 and of 10,000 items", short, long)
