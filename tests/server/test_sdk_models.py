"""What the server sends is what the official client's own models describe, strictly."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import pytest
from openai.pagination import SyncConversationCursorPage
from openai.types import Model
from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItem
from openai.types.responses import (
    CompactedResponse,
    Response,
    ResponseItem,
    ResponseStreamEvent,
)
from openai.types.responses.input_token_count_response import InputTokenCountResponse
from pydantic import TypeAdapter

from tests.server.asking import (
    TIME,
    WEATHER,
    ask,
    events_of,
    items_of,
    new_conversation,
    user,
)

if TYPE_CHECKING:
    import httpx2


@functools.cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def check(body: object, model: Any) -> None:
    """Fail unless the body is valid for the model without any conversion, and comes back whole."""
    adapter = _adapter(model)
    raw = json.dumps(body)
    built = adapter.validate_json(raw, strict=True)
    again = adapter.dump_python(built, mode="json", by_alias=True, exclude_unset=True)
    assert again == body


PROMPTS = {
    "text": "long 50",
    "reasoning": "think 2\necho x",
    "calls": "call weather {}\ncall time",
    "refusal": "refuse",
    "cut": "cut 20",
    "failed": "fail server_error",
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_responses_and_events(http: httpx2.Client, prompt: str) -> None:
    conversation = new_conversation(http)
    more: dict[str, Any] = {
        "tools": [WEATHER, TIME],
        "conversation": conversation,
        "instructions": "Be brief.",
        "metadata": {"a": "b"},
        "reasoning": {"effort": "low", "summary": "auto"},
    }
    events = events_of(http, prompt, **more)
    for event in events:
        check(event, ResponseStreamEvent)
    body = http.get(f"/responses/{events[-1]['response']['id']}").json()
    check(body, Response)
    for item in items_of(http, conversation):
        check(item, ConversationItem)
    listed = http.get(f"/responses/{body['id']}/input_items").json()
    for item in listed["data"]:
        check(item, ResponseItem)


def test_compaction(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("word " * 2000))
    limit = [{"type": "compaction", "compact_threshold": 1000}]
    events = events_of(http, "echo x", conversation=conversation, context_management=limit)
    for event in events:
        check(event, ResponseStreamEvent)
    reply = http.post("/responses/compact", json={"model": "demo", "input": "hello"}).json()
    # The service returns the user's messages too, for which the SDK has no type there.
    check({**reply, "output": reply["output"][-1:]}, CompactedResponse)


def test_the_rest(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("x"), metadata={"a": "b"})
    check(http.get(f"/conversations/{conversation}").json(), Conversation)
    page = http.get(f"/conversations/{conversation}/items").json()
    check(
        {k: page[k] for k in ("data", "has_more", "last_id")},
        SyncConversationCursorPage[ConversationItem],
    )
    check(http.get("/models/demo").json(), Model)
    count = http.post("/responses/input_tokens", json={"input": "x"}).json()
    check(count, InputTokenCountResponse)
    check(http.delete(f"/conversations/{conversation}").json(), ConversationDeletedResource)
    check(ask(http, "echo x", background=True), Response)
