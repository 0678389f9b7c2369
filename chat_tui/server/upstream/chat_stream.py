"""From the chunks of a Chat Completions stream to pieces. Pure.

Servers differ: reasoning comes as `reasoning_content`, as `reasoning`, or between `<think>` tags;
parallel calls come with an index each, or all with the same one and an id each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_tui.server.upstream import (
    CallDelta,
    Finish,
    Piece,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UpstreamError,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN, _CLOSE = "<think>", "</think>"
REASONING_FIELDS = ("reasoning_content", "reasoning")


class ChunkReader:
    """Turns the chunks of one answer into pieces. Raises UpstreamError for what makes no sense."""

    def __init__(self) -> None:
        self.reasoning_field: str | None = None
        """How the server named reasoning, once it sent some."""
        self._finish: Finish | None = None
        self._usage: Usage | None = None
        self._thinking = _ThinkTags()
        self._calls: dict[Any, tuple[int, str]] = {}
        self._next_call = 0

    def read(self, chunk: Any) -> Iterator[Piece]:
        """Yield the pieces of one chunk."""
        if not isinstance(chunk, dict):
            raise _garbled("a chunk is no object")
        if chunk.get("error"):
            raise failure(chunk["error"])
        self._note_usage(chunk.get("usage"))
        choices = chunk.get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(c, dict) for c in choices):
            raise _garbled("its choices are no objects")
        for choice in choices[:1]:
            delta = choice.get("delta") or choice.get("message") or {}
            if not isinstance(delta, dict):
                raise _garbled("a delta is no object")
            yield from self._read_delta(delta)
            self._note_finish(choice.get("finish_reason"))

    def end(self, *, said_so: bool) -> Iterator[Piece]:
        """Yield what is left at the end of the stream; `said_so` if the server marked the end."""
        yield from self._thinking.end()
        if self._usage is not None:
            yield self._usage
        if self._finish is not None:
            yield self._finish
        elif said_so:
            yield Finish("stop")

    def _read_delta(self, delta: dict[str, Any]) -> Iterator[Piece]:
        for name in REASONING_FIELDS:
            if text := _text(delta, name):
                self.reasoning_field = name
                yield ReasoningDelta(text)
                break
        if text := _text(delta, "content"):
            yield from self._thinking.split(text)
        if text := _text(delta, "refusal"):
            yield RefusalDelta(text)
        calls = delta.get("tool_calls") or []
        if not isinstance(calls, list):
            raise _garbled("its tool calls are no list")
        for call in calls:
            yield from self._read_call(call)

    def _read_call(self, call: Any) -> Iterator[Piece]:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise _garbled("a tool call has no function")
        slot, call_id = call.get("index"), _text(call, "id")
        known = self._calls.get(slot)
        if known is None or (call_id and call_id != known[1]):
            name = _text(function, "name")
            if not name:
                raise _garbled("a tool call has no name")
            known = (self._next_call, call_id)
            self._calls[slot] = known
            self._next_call += 1
            yield from self._thinking.end()
            yield CallDelta(known[0], _arguments(function), name, call_id)
        else:
            yield CallDelta(known[0], _arguments(function))

    def _note_usage(self, usage: Any) -> None:
        if not isinstance(usage, dict):
            return
        prompt = usage.get("prompt_tokens_details")
        completion = usage.get("completion_tokens_details")
        self._usage = Usage(
            _count(usage, "prompt_tokens"),
            _count(usage, "completion_tokens"),
            _count(prompt, "cached_tokens"),
            _count(completion, "reasoning_tokens"),
        )

    def _note_finish(self, reason: Any) -> None:
        if reason == "length":
            self._finish = Finish("length")
        elif reason == "content_filter":
            self._finish = Finish("content_filter")
        elif reason:
            self._finish = Finish("stop")


class _ThinkTags:
    """Takes reasoning between tags out of the text; only where the answer begins with a tag."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"

    def split(self, text: str) -> Iterator[Piece]:
        if self._state == "answering":
            # The blank lines between the closing tag and the answer belong to neither.
            text = text.lstrip("\n")
            if text:
                self._state = "text"
        if self._state in ("text", "answering"):
            if text:
                yield TextDelta(text)
            return
        self._held += text
        if self._state == "start":
            begun = self._held.lstrip()
            if begun.startswith(_OPEN):
                self._state, self._held = "thinking", begun[len(_OPEN) :].lstrip("\n")
            elif not begun or _OPEN.startswith(begun):
                return
            else:
                self._state = "text"
                yield from self._release(TextDelta)
                return
        thought, tag, rest = self._held.partition(_CLOSE)
        if tag:
            self._held = rest.lstrip("\n")
            self._state = "text" if self._held else "answering"
            if thought:
                yield ReasoningDelta(thought)
            yield from self._release(TextDelta)
            return
        keep = _tail_of_tag(thought)
        self._held = thought[len(thought) - keep :]
        if ready := thought[: len(thought) - keep]:
            yield ReasoningDelta(ready)

    def end(self) -> Iterator[Piece]:
        """Let go of what was held back."""
        yield from self._release(ReasoningDelta if self._state == "thinking" else TextDelta)
        self._state = "text"

    def _release(self, kind: type[TextDelta | ReasoningDelta]) -> Iterator[Piece]:
        held, self._held = self._held, ""
        if held:
            yield kind(held)


def _tail_of_tag(text: str) -> int:
    """Return how many characters at the end may be the beginning of a closing tag."""
    for length in range(min(len(_CLOSE) - 1, len(text)), 0, -1):
        if _CLOSE.startswith(text[-length:]):
            return length
    return 0


def _text(value: dict[str, Any], key: str) -> str:
    text = value.get(key)
    return text if isinstance(text, str) else ""


def _arguments(function: dict[str, Any]) -> str:
    import json  # noqa: PLC0415 hardly ever wanted

    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        return json.dumps(arguments)
    return arguments if isinstance(arguments, str) else ""


def _count(usage: Any, key: str) -> int:
    value = usage.get(key) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _garbled(what: str) -> UpstreamError:
    return UpstreamError("server_error", f"The model's server sent a garbled answer: {what}.")


def failure(error: Any, status: int | None = None) -> UpstreamError:
    """Return what an error body of the model's server means here."""
    told = error if isinstance(error, dict) else {"message": error}
    message = str(told.get("message") or "no reason given")[:500]
    given = str(told.get("code") or told.get("type") or "")
    lowered = f"{given} {message}".lower()
    if "context_length" in lowered or "context length" in lowered or "context window" in lowered:
        code = "context_length_exceeded"
    elif status == 429 or "rate_limit" in lowered or "quota" in lowered:
        code = "rate_limit_exceeded"
    elif status is not None and 400 <= status < 500 and status not in (401, 403, 404):
        code = "invalid_prompt"
    else:
        code = "server_error"
    number = f" ({status})" if status is not None else ""
    return UpstreamError(code, f"The model's server answered with an error{number}: {message}")
