"""From items to Chat Completions: the body of a request. Pure.

What Chat Completions has no word for is told in another way (compaction summaries as text, images
and files that a tool returned in a message of the user) or left out (calls hosted elsewhere,
reasoning of earlier turns).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chat_tui.server.upstream import Generation, Item, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Message = dict[str, Any]

SUMMARY = "Summary of the earlier part of this conversation:\n\n"


def request_body(
    generation: Generation, *, reasoning_field: str | None, length_field: str
) -> dict[str, Any]:
    """Return the body of the request that continues a context.

    `reasoning_field` is how this server names reasoning in messages, None while that is unknown;
    `length_field` is how it names the limit of an answer. Raises UpstreamError for what cannot be
    said.
    """
    body: dict[str, Any] = {
        "model": generation.model,
        "messages": messages(generation, reasoning_field),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if generation.max_output_tokens is not None:
        body[length_field] = generation.max_output_tokens
    for key in ("temperature", "top_p"):
        value = getattr(generation, key)
        if value is not None:
            body[key] = value
    if generation.reasoning.get("effort"):
        body["reasoning_effort"] = generation.reasoning["effort"]
    if generation.text.get("verbosity"):
        body["verbosity"] = generation.text["verbosity"]
    body.update(_response_format(generation.text.get("format") or {}))
    body.update(_tools(generation))
    return body


def _response_format(wanted: Item) -> dict[str, Any]:
    kind = wanted.get("type", "text")
    if kind == "text":
        return {}
    if kind == "json_object":
        return {"response_format": {"type": "json_object"}}
    schema = {
        key: wanted[key]
        for key in ("name", "description", "schema", "strict")
        if wanted.get(key) is not None
    }
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _tools(generation: Generation) -> dict[str, Any]:
    chosen = generation.tool_choice
    tools = list(generation.tools)
    if isinstance(chosen, dict) and chosen["type"] == "allowed_tools":
        names = {tool["name"] for tool in chosen["tools"]}
        tools = [tool for tool in tools if tool["name"] in names]
        chosen = chosen["mode"]
    if not tools:
        return {}
    said: dict[str, Any] = {"tools": [_tool(tool) for tool in tools]}
    if isinstance(chosen, dict):
        said["tool_choice"] = {"type": "function", "function": {"name": chosen["name"]}}
    elif chosen != "auto":
        said["tool_choice"] = chosen
    if not generation.parallel_tool_calls:
        said["parallel_tool_calls"] = False
    return said


def _tool(tool: Item) -> dict[str, Any]:
    keys = ("name", "description", "parameters", "strict")
    return {"type": "function", "function": {k: tool[k] for k in keys if tool.get(k) is not None}}


def messages(generation: Generation, reasoning_field: str | None) -> list[Message]:
    """Return the context as messages. Raises UpstreamError for what cannot be said."""
    told: list[Message] = []
    if generation.instructions:
        told.append({"role": "system", "content": generation.instructions})
    items = generation.items
    current = _start_of_turn(items)
    pending: list[str] = []
    returned: list[Item] = []
    for index, item in enumerate(items):
        if item["type"] == "reasoning":
            # Servers that show reasoning want it back within a turn, between its tool calls.
            if reasoning_field and index >= current:
                pending += _texts(item.get("content") or item.get("summary"))
            continue
        message = _message(item)
        if message is None:
            continue
        if message["role"] == "tool":
            returned += _returned(item)
        elif returned:
            # Not before: the answers to parallel calls must not be torn apart.
            told.append({"role": "user", "content": returned})
            returned = []
        if pending and message["role"] == "assistant" and reasoning_field:
            message[reasoning_field] = "\n\n".join(pending)
        pending = []
        _append(told, message)
    if returned:
        told.append({"role": "user", "content": returned})
    return told


def _start_of_turn(items: Sequence[Item]) -> int:
    for index in range(len(items) - 1, -1, -1):
        if items[index]["type"] == "message" and items[index]["role"] == "user":
            return index
    return 0


def _append(told: list[Message], message: Message) -> None:
    """Add a message; calls go into the assistant message directly before them."""
    last = told[-1] if told else None
    if (
        last is not None
        and "tool_calls" in message
        and last["role"] == "assistant"
        and not message.keys() - {"role", "content", "tool_calls"}
    ):
        last.setdefault("tool_calls", []).extend(message["tool_calls"])
    else:
        told.append(message)


def _message(item: Item) -> Message | None:
    match item["type"]:
        case "message" if item["role"] == "assistant":
            return {"role": "assistant", "content": "".join(_texts(item["content"]))}
        case "message":
            role = "user" if item["role"] == "user" else "system"
            return {"role": role, "content": _content(item["content"])}
        case "compaction":
            return {"role": "system", "content": SUMMARY + item["summary"]}
        case "function_call":
            return _call(item["call_id"], item["name"], item["arguments"])
        case "custom_tool_call":
            return _call(item["call_id"], item["name"], json.dumps({"input": item["input"]}))
        case "function_call_output" | "custom_tool_call_output":
            output = _output(item["output"])
            return {"role": "tool", "tool_call_id": item["call_id"], "content": output}
    return None


def _call(call_id: str, name: str, arguments: str) -> Message:
    function = {"name": name, "arguments": arguments}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _texts(parts: Iterable[Mapping[str, Any]] | None) -> list[str]:
    return [part.get("text") or part.get("refusal") or "" for part in parts or []]


def _output(output: str | list[Item]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part["text"] if "text" in part else f"[{part['type']}]" for part in output)


def _returned(item: Item) -> list[Item]:
    """Return the images and files of a call's output, introduced; none by id or address."""
    if isinstance(item["output"], str):
        return []
    parts = [_part(part) for part in item["output"] if _is_inline(part)]
    if not parts:
        return []
    return [{"type": "text", "text": f"Returned by the call {item['call_id']}:"}, *parts]


def _is_inline(part: Item) -> bool:
    return bool(part.get("image_url") or part.get("file_data"))


def _content(parts: Sequence[Item]) -> str | list[Item]:
    if all(part["type"] == "input_text" for part in parts):
        return "".join(_texts(parts))
    return [_part(part) for part in parts]


def _part(part: Item) -> Item:
    kind = part["type"]
    if kind == "input_text":
        return {"type": "text", "text": part["text"]}
    if kind == "input_image" and part.get("image_url"):
        image = {"url": part["image_url"], "detail": part.get("detail") or "auto"}
        if image["detail"] not in ("low", "high", "auto"):
            image["detail"] = "auto"
        return {"type": "image_url", "image_url": image}
    if kind == "input_file" and part.get("file_data"):
        file = {key: part[key] for key in ("filename", "file_data") if part.get(key)}
        return {"type": "file", "file": file}
    what = "An image" if kind == "input_image" else "A file"
    raise UpstreamError(
        "invalid_prompt", f"{what} by id or address cannot be passed on here; send it inline."
    )
