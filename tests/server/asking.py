"""Short ways to ask the server for things, for tests that read like sentences."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

Json = dict[str, Any]

WEATHER: Json = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
TIME: Json = {**WEATHER, "name": "time"}


def fast(prompt: str) -> str:
    """Return the prompt, to be answered without pauses."""
    return f"pace 0\n{prompt}"


def ask(http: httpx2.Client, prompt: str | list[Json] | None, **more: Any) -> Json:
    """Return the response to one request."""
    text = fast(prompt) if isinstance(prompt, str) else prompt
    reply = http.post("/responses", json={"model": "demo", "input": text, **more})
    assert reply.status_code == 200, reply.text
    body: Json = reply.json()
    return body


def text_of(response: Json) -> str:
    """Return the text of a response."""
    return "".join(
        part["text"]
        for item in response["output"]
        if item["type"] == "message"
        for part in item["content"]
        if part["type"] == "output_text"
    )


def new_conversation(http: httpx2.Client, *items: Json, **body: Any) -> str:
    """Return the id of a new conversation."""
    reply = http.post("/conversations", json={"items": list(items), **body})
    assert reply.status_code == 200, reply.text
    return str(reply.json()["id"])


def items_of(http: httpx2.Client, conversation: str, **query: Any) -> list[Json]:
    """Return a conversation's items, oldest first."""
    query = {"order": "asc", "limit": 100, **query}
    reply = http.get(f"/conversations/{conversation}/items", params=query)
    assert reply.status_code == 200, reply.text
    data: list[Json] = reply.json()["data"]
    return data


def said(items: list[Json]) -> list[str]:
    """Return who said what, message by message."""
    return [
        f"{item['role']}: {''.join(part.get('text', '') for part in item['content'])}"
        for item in items
        if item["type"] == "message"
    ]


def user(text: str, **more: Any) -> Json:
    """Return a message of the user."""
    return {"type": "message", "role": "user", "content": text, **more}


def assistant(text: str) -> Json:
    """Return a message of the assistant."""
    return {"type": "message", "role": "assistant", "content": text}


def events_of(http: httpx2.Client, prompt: str | list[Json], **more: Any) -> list[Json]:
    """Return every event of a streamed response."""
    text = fast(prompt) if isinstance(prompt, str) else prompt
    body = {"model": "demo", "input": text, "stream": True, **more}
    with http.stream("POST", "/responses", json=body) as reply:
        assert reply.status_code == 200, reply.read()
        return list(parsed(reply))


def parsed(reply: httpx2.Response) -> Iterator[Json]:
    """Yield the events of a stream as they come."""
    name = ""
    for line in reply.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            assert event["type"] == name
            yield event


def error_of(reply: httpx2.Response) -> tuple[int, str | None, str | None]:
    """Return status, code and param of an error, which must have the API's shape."""
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return reply.status_code, error["code"], error["param"]
