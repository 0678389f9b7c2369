"""What a model behind the server looks like: a request in, small typed pieces out.

An upstream knows nothing of HTTP requests to this server, of storing or of events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """More of a refusal, which takes the place of text."""

    text: str


@dataclass(frozen=True, slots=True)
class SummaryDelta:
    """More of a summary of the reasoning; a rising `part` begins a new paragraph."""

    text: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the reasoning itself, as open models show it."""

    text: str


@dataclass(frozen=True, slots=True)
class CallDelta:
    """More of a function call. `index` tells parallel calls apart.

    The first piece of a call carries its name, and its `call_id` if the model gives one.
    """

    index: int
    arguments: str = ""
    name: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the model's maker counts them; without this piece the server's estimate stands."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The end. Without this piece the answer counts as cut off."""

    reason: Literal["stop", "length", "content_filter"]


Piece = TextDelta | RefusalDelta | SummaryDelta | ReasoningDelta | CallDelta | Usage | Finish


class UpstreamError(Exception):
    """The model failed: a code for `response.error` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model is asked to continue.

    `items` is the whole context in order. A `compaction` item in it carries its `summary` in clear.
    """

    model: str
    items: Sequence[Item]
    input_tokens: int
    instructions: str | None = None
    tools: Sequence[Item] = ()
    tool_choice: str | Item = "auto"
    parallel_tool_calls: bool = True
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning: Item = field(default_factory=dict)
    text: Item = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A model an upstream offers; `context_window` is in tokens, None when it is not known."""

    id: str
    created: int
    owned_by: str
    context_window: int | None


class Upstream(Protocol):
    """A source of answers."""

    structured_output: bool
    """Whether `text.format` may be anything but plain text."""

    async def models(self) -> Sequence[Model]:
        """Return the models on offer. Raises UpstreamError."""

    async def find(self, name: str) -> Model | None:
        """Return the model of this name, None if there is none. Raises UpstreamError."""

    def generate(self, generation: Generation) -> AsyncIterator[Piece]:
        """Yield the answer's pieces. Raises UpstreamError, before or amid the pieces."""

    async def summarise(self, generation: Generation, most_tokens: int) -> str:
        """Return a summary of the context for a compaction item. Raises UpstreamError."""

    async def close(self) -> None:
        """Let go of connections."""
