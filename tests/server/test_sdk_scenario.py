"""The official client goes through every endpoint; what it got is judged by its own models."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pytest
from openai.pagination import SyncPage
from openai.types import Model
from openai.types.conversations import (
    Conversation,
    ConversationDeletedResource,
    ConversationItem,
    ConversationItemList,
)
from openai.types.responses import (
    CompactedResponse,
    Response,
    ResponseItemList,
    ResponseStreamEvent,
)
from openai.types.responses.input_token_count_response import InputTokenCountResponse

from tests.server.asking import WEATHER, Json, fast, user
from tests.server.test_sdk_models import check

if TYPE_CHECKING:
    from chat_tui.server.web import Operation
    from tests.server.conftest import Where
    from tests.support.server import EmbeddedServer

MODELS: dict[Where, Any] = {
    ("POST", "/conversations"): Conversation,
    ("GET", "/conversations/{conversation_id}"): Conversation,
    ("POST", "/conversations/{conversation_id}"): Conversation,
    ("DELETE", "/conversations/{conversation_id}"): ConversationDeletedResource,
    ("POST", "/conversations/{conversation_id}/items"): ConversationItemList,
    ("GET", "/conversations/{conversation_id}/items"): ConversationItemList,
    ("GET", "/conversations/{conversation_id}/items/{item_id}"): ConversationItem,
    ("DELETE", "/conversations/{conversation_id}/items/{item_id}"): Conversation,
    ("POST", "/responses"): Response,
    ("GET", "/responses/{response_id}"): Response,
    ("DELETE", "/responses/{response_id}"): None,
    ("POST", "/responses/{response_id}/cancel"): Response,
    ("GET", "/responses/{response_id}/input_items"): ResponseItemList,
    ("POST", "/responses/input_tokens"): InputTokenCountResponse,
    ("POST", "/responses/compact"): CompactedResponse,
    ("GET", "/models"): SyncPage[Model],
    ("GET", "/models/{model}"): Model,
}
"""What the SDK makes of each reply; None where it throws it away."""

NOT_IN_THE_SDK = {("GET", "/conversations")}


@dataclass
class Exchange:
    """One request and the reply to it."""

    method: str
    path: str
    status: int
    body: bytes


class Recorder(httpx2.BaseTransport):
    """Keeps every exchange of the client it serves."""

    def __init__(self, inner: httpx2.BaseTransport) -> None:
        self._inner = inner
        self.seen: list[Exchange] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        reply = self._inner.handle_request(request)
        body = reply.read()
        path = request.url.path.removeprefix("/v1")
        self.seen.append(Exchange(request.method, path, reply.status_code, body))
        return httpx2.Response(reply.status_code, headers=reply.headers, content=body)


@pytest.fixture(scope="module")
def seen(server: EmbeddedServer) -> list[Exchange]:
    """All that was said while the client used every method it has."""
    recorder = Recorder(server.transport())
    client = openai.OpenAI(
        base_url=server.base_url,
        api_key=server.token,
        http_client=httpx2.Client(transport=recorder),
        max_retries=0,
    )
    use_conversations(client)
    use_responses(client)
    client.close()
    return recorder.seen


def use_conversations(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo"]
    assert client.models.retrieve("demo").owned_by == "chat-tui"
    first: Any = user("a question")
    made = client.conversations.create(items=[first], metadata={"title": "one"})
    name = made.id
    assert client.conversations.retrieve(name).metadata == {"title": "one"}
    assert client.conversations.update(name, metadata={"title": "two"}).metadata == {"title": "two"}
    more: Any = [
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "sunny"},
    ]
    call, _ = client.conversations.items.create(name, items=more).data
    assert call.type == "function_call"
    assert len(list(client.conversations.items.list(name, limit=1))) == 3, "it turns the pages"
    one = client.conversations.items.retrieve(str(call.id), conversation_id=name)
    assert one.type == "function_call"
    assert client.conversations.items.delete(str(call.id), conversation_id=name).id == name
    assert client.conversations.delete(name).deleted


def use_responses(client: openai.OpenAI) -> None:
    tools: Any = [WEATHER]
    asked = client.responses.create(model="demo", input=fast("call weather {}"), tools=tools)
    (call,) = asked.output
    assert call.type == "function_call"
    output: Any = [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}]
    with client.responses.stream(
        model="demo", input=output, previous_response_id=asked.id, tools=tools
    ) as stream:
        answer = stream.get_final_response()
    assert "sunny" in answer.output_text
    given = list(client.responses.input_items.list(answer.id))
    assert [item.type for item in given] == ["function_call_output", "function_call", "message"]
    run = client.responses.create(
        model="demo", input=fast("echo so far\nstall 60"), background=True, stream=False
    )
    assert client.responses.cancel(run.id).status == "cancelled"
    watched = client.responses.create(
        model="demo", input=fast("echo done"), background=True, stream=True
    )
    numbers = [event.sequence_number for event in watched]
    (first,) = [e for e in client.responses.retrieve(asked.id).output if e.type == "function_call"]
    assert first.call_id == call.call_id
    latest = client.responses.create(model="demo", input=fast("echo last"), background=True)
    assert latest.status == "queued"
    assert numbers == list(range(len(numbers)))
    counted = client.responses.input_tokens.count(model="demo", input="four words of input")
    assert counted.input_tokens > 0
    assert client.responses.compact(model="demo", input="a long story").output
    client.responses.delete(asked.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(asked.id)


def route_of(exchange: Exchange, routes: dict[Where, Any]) -> Where:
    """Return the most literal route that an exchange was on."""
    fitting = [
        (method, path)
        for method, path in routes
        if method == exchange.method
        and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), exchange.path)
    ]
    return min(fitting, key=lambda where: where[1].count("{"))


def test_the_client_has_been_everywhere(
    operations: dict[Where, Operation], seen: list[Exchange]
) -> None:
    assert set(MODELS) == set(operations) - NOT_IN_THE_SDK
    assert {route_of(exchange, MODELS) for exchange in seen} == set(MODELS)


def test_every_reply_is_what_the_models_say(seen: list[Exchange]) -> None:
    events = 0
    for exchange in seen:
        model = MODELS[route_of(exchange, MODELS)]
        if exchange.status != 200:
            continue
        if exchange.body.startswith(b"event: "):
            for event in events_in(exchange.body):
                check(event, ResponseStreamEvent)
                events += 1
            continue
        body = json.loads(exchange.body)
        if model is None:
            assert set(body) == {"id", "object", "deleted"}
        elif model is CompactedResponse:
            # The service returns the user's messages too, for which the SDK has no type there.
            check({**body, "output": body["output"][-1:]}, model)
        else:
            check(body, model)
    assert events > 20


def events_in(body: bytes) -> list[Json]:
    """Return the events of a whole stream."""
    lines = body.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
