"""Reads a prompt of the demo upstream, and the context around it, into a script of what to say."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_tui.server.tokens import size, tokens_of
from chat_tui.server.upstream import (
    CallDelta,
    Generation,
    Item,
    Piece,
    RefusalDelta,
    SummaryDelta,
    TextDelta,
    UpstreamError,
)
from chat_tui.server.upstream.demo_text import markdown, reasoning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

TOKENS_PER_SECOND = 80.0
_MOST_TOKENS = 1_000_000
_MOST_PARAGRAPHS = 1_000

HELP = """\
I am the demo upstream: a script, not an AI. These prompts do something, one a line:

- `my name is X` and later `what is my name?`
- `echo TEXT`
- `long N`: about N tokens of Markdown
- `think N`: a reasoning item with N paragraphs
- `call NAME {json}`: a function call
- `count`: what my context holds
- `refuse`, `fail CODE`, `stall S`, `cut N`
- `pace N`: N tokens per second"""


@dataclass(slots=True)
class Script:
    """What a prompt asks for."""

    pace: float = TOKENS_PER_SECOND
    most_tokens: int | None = None
    steps: list[Piece | float | UpstreamError] = field(default_factory=list)
    """Pieces to send, seconds to be silent, or a failure; deltas are cut up later."""


def script_for(generation: Generation) -> Script:
    """Return what to say to the last thing in a context."""
    answered = _trailing_outputs(generation.items)
    if answered:
        return Script(steps=[TextDelta(_outputs_answer(generation.items, answered))])
    prompt = _prompt(generation.items)
    forced = _forced_call(generation)
    if forced and not re.search(rf"^\s*call\s+{re.escape(forced)}\b", prompt, re.MULTILINE):
        return Script(steps=[CallDelta(0, "{}", forced, _call_id(generation, 0, forced))])
    return _Reading(generation).script(prompt)


def _trailing_outputs(items: Sequence[Item]) -> list[Item]:
    found = list(itertools.takewhile(lambda i: i["type"].endswith("_call_output"), reversed(items)))
    return found[::-1]


def _outputs_answer(items: Sequence[Item], outputs: Iterable[Item]) -> str:
    names = {item["call_id"]: item["name"] for item in items if item["type"] == "function_call"}
    parts = []
    for item in outputs:
        name = names.get(item.get("call_id", ""), item["type"])
        text = text_of(item)
        try:
            pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except ValueError:
            parts.append(f"`{name}` returned: {text}")
        else:
            parts.append(f"`{name}` returned:\n\n```json\n{pretty}\n```")
    return "\n\n".join(parts)


def _prompt(items: Sequence[Item]) -> str:
    for item in reversed(items):
        if item["type"] == "message" and item["role"] == "user":
            return text_of(item)
    return ""


def text_of(item: Item) -> str:
    """Return the text of a message, or of an output."""
    content = item.get("content") if item["type"] == "message" else item.get("output")
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return json.dumps(content)
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def _forced_call(generation: Generation) -> str | None:
    chosen = generation.tool_choice
    if isinstance(chosen, dict):
        if chosen["type"] == "function":
            return str(chosen["name"])
        if chosen["mode"] == "auto" or not chosen["tools"]:
            return None
        return str(chosen["tools"][0]["name"])
    return str(generation.tools[0]["name"]) if chosen == "required" and generation.tools else None


def _offered(generation: Generation) -> set[str]:
    names = {str(tool["name"]) for tool in generation.tools}
    chosen = generation.tool_choice
    if chosen == "none":
        return set()
    if isinstance(chosen, dict):
        allowed = chosen.get("tools", [chosen])
        return names & {str(tool["name"]) for tool in allowed}
    return names


def _call_id(generation: Generation, index: int, name: str) -> str:
    taken = {item.get("call_id") for item in generation.items}
    for attempt in itertools.count():
        seed = f"{len(generation.items)} {generation.input_tokens} {index} {name} {attempt}"
        call_id = f"call_{hashlib.sha256(seed.encode()).hexdigest()[:24]}"
        if call_id not in taken:
            return call_id
    raise AssertionError  # the loop has no end


_NAME = re.compile(r"^\s*(?:user: )?my name is\s+(.+?)[\s.!]*$", re.IGNORECASE | re.MULTILINE)


def _known_name(generation: Generation, before: str) -> str | None:
    """Return the name told last: in this prompt above the question, or earlier in the context."""
    texts = [before]
    own = True
    for item in reversed(generation.items):
        if item["type"] == "compaction":
            texts.append(item["summary"])
        elif item["type"] == "message" and item["role"] == "user":
            if not own:
                texts.append(text_of(item))
            own = False
    for text in texts:
        names = _NAME.findall(text)
        if names:
            return str(names[-1])
    return None


class _Reading:
    """Reads a prompt line by line into a script."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._offered = _offered(generation)
        self._result = Script()
        self._calls = 0
        self._thoughts = 0
        self._read = ""
        self._talked = False
        self._echoed = False

    def script(self, prompt: str) -> Script:
        """Return the script for a whole prompt."""
        unmatched: list[str] = []
        for line in prompt.splitlines():
            if not self._command(line):
                unmatched.append(line)
            self._read += f"{line}\n"
        result = self._result
        rest = "\n".join(unmatched).strip()
        if rest or not result.steps:
            self._closing(rest)
        elif not self._talked and not self._calls:
            self._conclude()
        return result

    def _closing(self, rest: str) -> None:
        if self._result.most_tokens is not None and not rest:
            self._say("".join(markdown(self._result.most_tokens + 64)))
        else:
            self._say(_fallback(rest, self._generation.instructions))

    def _conclude(self) -> None:
        """Say something after a prompt that only asked for thought or silence."""
        result = self._result
        if any(isinstance(step, UpstreamError) for step in result.steps):
            return
        if result.most_tokens is not None:
            self._say("".join(markdown(result.most_tokens + 64)))
            return
        silent = sum(step for step in result.steps if isinstance(step, float))
        paragraphs = sum(isinstance(step, SummaryDelta) for step in result.steps)
        words = []
        if paragraphs:
            words.append(f"I thought about it in {paragraphs} paragraph{'s' * (paragraphs != 1)}.")
        if silent:
            words.append(f"I was silent for {silent:g} seconds.")
        self._say(" ".join(words))

    def _command(self, line: str) -> bool:
        for pattern, method in _COMMANDS:
            match = pattern.fullmatch(line)
            if match:
                method(self, *match.groups())
                return True
        return not line.strip()

    def _say(self, text: str, glue: str = "\n\n") -> None:
        steps = self._result.steps
        self._echoed = False
        if self._talked and steps and isinstance(steps[-1], TextDelta):
            text = f"{glue}{text}"
        self._talked = True
        steps.append(TextDelta(text))

    # Commands, in the order they are tried

    def greet(self, name: str) -> None:
        self._say(f"Hello {name}! I will find your name in this context from now on.")

    def tell_name(self) -> None:
        name = _known_name(self._generation, self._read)
        if name:
            self._say(f"Your name is {name}.")
        else:
            self._say("I do not know your name: it is not in the context I was given.")

    def echo(self, text: str) -> None:
        self._say(text, "\n" if self._echoed else "\n\n")
        self._echoed = True

    def long(self, tokens: str) -> None:
        self._say("".join(markdown(min(int(tokens), _MOST_TOKENS))))

    def think(self, paragraphs: str) -> None:
        thoughts = reasoning(min(int(paragraphs), _MOST_PARAGRAPHS))
        steps: list[Piece | float | UpstreamError] = [
            SummaryDelta(text, number) for number, text in enumerate(thoughts, self._thoughts)
        ]
        self._thoughts += len(steps)
        # Whatever the order of the lines, it thinks before it talks.
        place = 0
        while place < len(self._result.steps) and isinstance(
            self._result.steps[place], float | SummaryDelta
        ):
            place += 1
        self._result.steps[place:place] = steps

    def call(self, name: str, arguments: str | None) -> None:
        if name not in self._offered:
            self._say(f"The tool `{name}` is not offered to me here.")
        elif self._calls and not self._generation.parallel_tool_calls:
            self._say(f"I left out `{name}`: parallel calls are switched off.")
        else:
            call_id = _call_id(self._generation, self._calls, name)
            self._result.steps.append(CallDelta(self._calls, arguments or "{}", name, call_id))
            self._calls += 1

    def count(self) -> None:
        items, tokens = len(self._generation.items), self._generation.input_tokens
        self._say(f"My context holds {items} item{'s' * (items != 1)} and {tokens} tokens.")

    def refuse(self) -> None:
        self._talked = True
        self._result.steps.append(RefusalDelta("I refuse to answer that, as I was asked to."))

    def fail(self, code: str) -> None:
        message = f"The demo upstream failed with the code {code}, as it was asked to."
        self._result.steps.append(UpstreamError(code, message))

    def stall(self, seconds: str) -> None:
        self._result.steps.append(min(float(seconds), 3600.0))

    def cut(self, tokens: str) -> None:
        self._result.most_tokens = int(tokens)

    def set_pace(self, pace: str) -> None:
        self._result.pace = float(pace)


def _command(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*{pattern}\s*", re.IGNORECASE)


_COMMANDS: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (_command(r"my name is\s+(.+?)[\s.!]*"), _Reading.greet),
    (_command(r"what(?: is|['’]s) my name\s*\??"), _Reading.tell_name),
    (re.compile(r"\s*echo (.*)", re.IGNORECASE), _Reading.echo),
    (_command(r"long\s+(\d{1,9})"), _Reading.long),
    (_command(r"think\s+(\d{1,9})"), _Reading.think),
    (_command(r"call\s+([A-Za-z0-9_-]{1,128})(?:\s+(\S.*))?"), _Reading.call),
    (_command(r"count"), _Reading.count),
    (_command(r"refuse"), _Reading.refuse),
    (_command(r"fail\s+(\S{1,64})"), _Reading.fail),
    (_command(r"stall\s+(\d{1,6}(?:\.\d{1,6})?)"), _Reading.stall),
    (_command(r"cut\s+(\d{1,9})"), _Reading.cut),
    (_command(r"pace\s+(\d{1,6}(?:\.\d{1,6})?)"), _Reading.set_pace),
)


def _fallback(prompt: str, instructions: str | None) -> str:
    quoted = "\n".join(f"> {line}".rstrip() for line in prompt.splitlines())
    parts = [f"You said:\n\n{quoted}"] if quoted else ["You said nothing I could quote."]
    if instructions:
        parts.append(f"My instructions are {tokens_of(size(instructions))} tokens long.")
    return "\n\n".join([*parts, HELP])
