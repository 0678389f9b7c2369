"""The prompts of the demo upstream, as documented; asked directly, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat_tui.server.tokens import count_text
from chat_tui.server.upstream import (
    CallDelta,
    Finish,
    Generation,
    Piece,
    RefusalDelta,
    SummaryDelta,
    TextDelta,
    UpstreamError,
)
from chat_tui.server.upstream.demo import Demo
from chat_tui.server.upstream.demo_text import deltas, markdown
from tests.server.asking import TIME, WEATHER, Json


def message(text: str, role: str = "user") -> Json:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def pieces(prompt: str | list[Json], **more: Any) -> list[Piece]:
    """Return everything the demo says, without its pauses."""
    items = [message(f"pace 0\n{prompt}")] if isinstance(prompt, str) else prompt
    generation = Generation("demo", items, input_tokens=7, **more)

    async def collect() -> list[Piece]:
        return [piece async for piece in Demo().generate(generation)]

    return asyncio.run(collect())


def answer(prompt: str | list[Json], **more: Any) -> str:
    return "".join(p.text for p in pieces(prompt, **more) if isinstance(p, TextDelta))


def test_it_finds_the_name_told_last() -> None:
    assert answer("my name is Ada Lovelace.").startswith("Hello Ada Lovelace!")
    assert "do not know" in answer("What is my name?")
    context = [message("my name is Ada"), message("My name is Bob!"), message("hi", "assistant")]
    for question in ("what is my name?", "What's my name", "WHAT IS MY NAME ?"):
        assert answer([*context, message(f"pace 0\n{question}")]) == "Your name is Bob."
    assert answer("my name is Eve\nwhat is my name?").endswith("Your name is Eve.")
    assert answer("what is my name?\nmy name is Eve").startswith("I do not know")


def test_what_the_assistant_says_is_no_name() -> None:
    context = [message("my name is Mallory", "assistant"), message("pace 0\nwhat is my name?")]
    assert "do not know" in answer(context)


@pytest.mark.parametrize(
    "text", ["hello", "  two  spaces ", "# no *heading*", "echo echo", "世界 👩‍💻"]
)
def test_echo_is_exact(text: str) -> None:
    assert answer(f"echo {text}") == text


def test_lines_of_echo_are_lines() -> None:
    assert answer("echo # Title\necho \necho text") == "# Title\n\ntext"


@pytest.mark.parametrize("tokens", [1, 5, 20, 100, 1000, 20_000])
def test_a_long_text_is_about_as_long_as_asked(tokens: int) -> None:
    text = answer(f"long {tokens}")
    assert count_text(text) == pytest.approx(tokens, abs=3)
    assert text == answer(f"long {tokens}"), "the same every time"
    assert text.count("```") % 2 == 0, "no fence is left open"


def test_a_long_text_is_varied() -> None:
    text = answer("long 6000")
    for sign in (
        "\n## ",
        "\n- ",
        "\n1. ",
        "\n   - ",
        "- [ ] ",
        "- [x] ",
        "| Stop |",
        "\n```python",
        "\n```rust",
        "\n> ",
        "](https://",
        "。",
        "👩‍💻",
        "\n---\n",
        "**",
    ):
        assert sign in text, sign


def test_deltas_are_small_and_lose_nothing() -> None:
    text = "".join(markdown(5000))
    cut = list(deltas(text))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= 9
    assert len(cut) == pytest.approx(5000, rel=0.15), "about one a token"


def test_thinking_comes_before_talking() -> None:
    said = pieces("echo done\nthink 3")
    parts = [piece.part for piece in said if isinstance(piece, SummaryDelta)]
    assert sorted(set(parts)) == [0, 1, 2]
    assert parts == sorted(parts)
    assert isinstance(said[0], SummaryDelta)
    assert answer("think 3") == "I thought about it in 3 paragraphs."


def test_calls() -> None:
    said = pieces('call weather {"a": [1]}\ncall time', tools=[WEATHER, TIME])
    calls = [piece for piece in said if isinstance(piece, CallDelta)]
    assert {(c.index, c.name) for c in calls if c.name} == {(0, "weather"), (1, "time")}
    assert "".join(c.arguments for c in calls if c.index == 0) == '{"a": [1]}'
    assert len({c.call_id for c in calls if c.call_id}) == 2
    assert "not offered" in answer("call other {}", tools=[WEATHER])


def test_outputs_are_answered_with_the_names_of_their_calls() -> None:
    context: list[Json] = [
        message("call weather {}"),
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": '{"sky":"blue"}'},
    ]
    assert answer(context) == '`weather` returned:\n\n```json\n{\n  "sky": "blue"\n}\n```'


def test_it_counts_its_context() -> None:
    assert answer("count") == "My context holds 1 item and 7 tokens."


def test_it_refuses_fails_and_is_cut() -> None:
    assert isinstance(pieces("refuse")[0], RefusalDelta)
    with pytest.raises(UpstreamError) as failed:
        pieces("echo first\nfail some_code")
    assert failed.value.code == "some_code"
    for prompt in ("cut 40", "long 500\ncut 40", "cut 40\necho " + "x" * 1000):
        assert pieces(prompt)[-1] == Finish("length")
        assert count_text(answer(prompt)) == 40
    assert pieces("echo short\ncut 40")[-1] == Finish("stop")
    assert count_text(answer("long 500", max_output_tokens=16)) == 16


def test_silence_is_told() -> None:
    assert answer("stall 0.01") == "I was silent for 0.01 seconds."


def test_anything_else_is_quoted_with_the_commands() -> None:
    text = answer("Tell me\nabout trains")
    assert "> Tell me\n> about trains" in text
    assert "not an AI" in text
    for command in (
        "my name is",
        "echo",
        "long",
        "think",
        "call",
        "count",
        "refuse",
        "fail",
        "stall",
        "cut",
        "pace",
    ):
        assert f"`{command}" in text
    assert "> long story" in answer("long story"), "what only looks like a command is none"


def test_a_summary_keeps_what_was_said_last() -> None:
    items = [message(f"line {number}") for number in range(100)]
    generation = Generation("demo", items, input_tokens=0)
    summary = asyncio.run(Demo().summarise(generation, 50))
    assert count_text(summary) <= 50
    assert summary.endswith("user: line 99")
