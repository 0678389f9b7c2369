"""The tables of parameters of responses: creating, counting and compacting.

Each parameter of the API is either checked here, or refused by name because this server does not do
it; a key in no table is unknown.
"""

from __future__ import annotations

from typing import Any

from chat_tui.server.errors import invalid
from chat_tui.server.item_types import MAX_TEXT
from chat_tui.server.items import INCLUDABLE, normalise_input
from chat_tui.server.params import Params, checked_fields, need_object
from chat_tui.server.validation import (
    Check,
    array,
    boolean,
    choice,
    integer,
    mapping,
    metadata,
    missing,
    nullable,
    number,
    record,
    string,
    type_error,
    unsupported,
    value_error,
)

_TOOLS = (
    "function",
    "file_search",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "mcp",
    "code_interpreter",
    "image_generation",
    "computer",
    "computer_use_preview",
    "local_shell",
    "shell",
    "custom",
    "namespace",
    "tool_search",
    "apply_patch",
    "programmatic_tool_calling",
)
_function_name = string(shortest=1, longest=128, pattern=r"[A-Za-z0-9_-]+")
_function_tool = record(
    {
        "type": choice("function"),
        "name": _function_name,
        "description": nullable(string(longest=MAX_TEXT)),
        "parameters": nullable(mapping),
        "strict": nullable(boolean),
    },
    required=["name"],
)
_tool_kind = choice(*_TOOLS)
_json_schema = record(
    {
        "type": choice("json_schema"),
        "name": string(shortest=1, longest=64, pattern=r"[A-Za-z0-9_-]+"),
        "description": nullable(string(longest=MAX_TEXT)),
        "schema": mapping,
        "strict": nullable(boolean),
    },
    required=["name", "schema"],
)


def _refused(what: str) -> Check:
    def checked(value: Any, path: str) -> Any:
        if value is None:
            return None
        raise unsupported(path, what)

    return checked


def _only(check: Check, *served: Any) -> Check:
    """Accept a value the API knows, and refuse by name those not served here."""

    def checked(value: Any, path: str) -> Any:
        if check(value, path) not in served:
            raise unsupported(path, f"'{path}': {str(value)!r}")
        return value

    return nullable(checked)


def _tool(value: Any, path: str) -> Params:
    mapping(value, path)
    if "type" not in value:
        raise missing(f"{path}.type")
    kind = _tool_kind(value["type"], f"{path}.type")
    if kind != "function":
        raise unsupported(f"{path}.type", f"The tool '{kind}'")
    for key in ("output_schema", "defer_loading", "allowed_callers", "async"):
        if value.get(key):
            raise unsupported(f"{path}.{key}", f"'{key}' of a function tool")
    rest = {
        k: v
        for k, v in value.items()
        if k not in ("output_schema", "defer_loading", "allowed_callers", "async")
    }
    tool = _function_tool(rest, path)
    return {
        "type": "function",
        "name": tool["name"],
        "description": tool.get("description"),
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
        "strict": bool(tool.get("strict", True)),
    }


def _tool_choice(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return choice("none", "auto", "required")(value, path)
    if not isinstance(value, dict):
        raise type_error(value, "a string or an object", path)
    if "type" not in value:
        raise missing(f"{path}.type")
    kind = string(longest=64)(value["type"], f"{path}.type")
    if kind == "function":
        return record({"type": string(), "name": _function_name}, required=["name"])(value, path)
    if kind == "allowed_tools":
        return record(
            {
                "type": string(),
                "mode": choice("auto", "required"),
                "tools": array(
                    record(
                        {"type": choice("function"), "name": _function_name},
                        required=["type", "name"],
                    )
                ),
            },
            required=["mode", "tools"],
        )(value, path)
    if kind in (*_TOOLS, "mcp"):
        raise unsupported(f"{path}.type", f"The tool choice '{kind}'")
    raise value_error(f"{path}.type", f"'{kind}'.")


def _text_format(value: Any, path: str) -> Params:
    mapping(value, path)
    if "type" not in value:
        raise missing(f"{path}.type")
    kind = choice("text", "json_object", "json_schema")(value["type"], f"{path}.type")
    if kind == "json_schema":
        schema: Params = _json_schema(value, path)
        return {"strict": False, **schema}
    result: Params = record({"type": string()})(value, path)
    return result


def _conversation(value: Any, path: str) -> str:
    if isinstance(value, dict):
        checked = record({"id": string(shortest=1)}, required=["id"])(value, path)
        return str(checked["id"])
    if not isinstance(value, str):
        raise type_error(value, "a string or an object", path)
    return value


def _compaction(value: Any, path: str) -> Params:
    entry: Params = record(
        {"type": choice("compaction"), "compact_threshold": nullable(integer(least=1000))},
        required=["type"],
    )(value, path)
    return entry


_effort = choice("none", "minimal", "low", "medium", "high", "xhigh", "max")
_summary = choice("auto", "concise", "detailed")

RESPONSE_FIELDS: dict[str, Check] = {
    "input": nullable(lambda value, _path: normalise_input(value)),
    "model": string(longest=512),
    "instructions": nullable(string(longest=MAX_TEXT)),
    "conversation": nullable(_conversation),
    "previous_response_id": nullable(string()),
    "store": nullable(boolean),
    "stream": nullable(boolean),
    "stream_options": nullable(record({"include_obfuscation": nullable(boolean)})),
    "include": nullable(array(choice(*INCLUDABLE))),
    "metadata": nullable(metadata),
    "tools": nullable(array(_tool, most=128)),
    "tool_choice": nullable(_tool_choice),
    "parallel_tool_calls": nullable(boolean),
    "max_output_tokens": nullable(integer(least=16)),
    "max_tool_calls": nullable(integer(least=1)),
    "temperature": nullable(number(least=0, most=2)),
    "top_p": nullable(number(least=0, most=1)),
    "top_logprobs": _only(integer(least=0, most=20), 0),
    "truncation": nullable(choice("auto", "disabled")),
    "context_management": nullable(array(_compaction, least=1, most=1)),
    "reasoning": nullable(
        record(
            {
                "effort": nullable(_effort),
                "summary": nullable(_summary),
                "generate_summary": nullable(_summary),
                "context": _only(choice("auto", "current_turn", "all_turns"), "auto"),
                "mode": _only(choice("standard", "pro"), "standard"),
            }
        )
    ),
    "text": nullable(
        record(
            {
                "format": nullable(_text_format),
                "verbosity": nullable(choice("low", "medium", "high")),
            }
        )
    ),
    "service_tier": _only(
        choice("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
        "auto",
        "default",
    ),
    "prompt_cache_key": nullable(string(longest=64)),
    "prompt_cache_retention": nullable(choice("in_memory", "in-memory", "24h")),
    "safety_identifier": nullable(string(longest=128)),
    "user": nullable(string(longest=512)),
    "background": nullable(boolean),
    "background_options": _refused("'background_options'"),
    "prompt": _refused("'prompt'"),
    "prompt_cache_options": _refused("'prompt_cache_options'"),
    "moderation": _refused("'moderation'"),
    "access_programs": _refused("'access_programs'"),
    "image": _refused("'image'"),
}
"""Every parameter of `POST /responses`."""

_OF_CHAT_COMPLETIONS = {
    "messages": "input",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "functions": "tools",
    "function_call": "tool_choice",
    "n": None,
    "stop": None,
    "seed": None,
    "logprobs": "include",
    "logit_bias": None,
    "frequency_penalty": None,
    "presence_penalty": None,
}


def response_params(body: Any) -> Params:
    """Check the body of `POST /responses`, in the order of the reference. Raises ApiError."""
    need_object(body)
    if body.get("model") is None:
        raise missing("model")
    _need_context(body, "input", "previous_response_id", "prompt", "conversation")
    for key in body:
        if key in _OF_CHAT_COMPLETIONS and key not in RESPONSE_FIELDS:
            better = _OF_CHAT_COMPLETIONS[key]
            hint = f" Use '{better}' instead." if better else ""
            raise invalid(
                f"Unsupported parameter: '{key}' belongs to Chat Completions.{hint}",
                "unsupported_parameter",
                key,
            )
    return checked_fields(body, RESPONSE_FIELDS)


_MODEL = nullable(string(longest=512))

COUNT_FIELDS: dict[str, Check] = {
    "input": RESPONSE_FIELDS["input"],
    "model": _MODEL,
    **{
        key: RESPONSE_FIELDS[key]
        for key in (
            "conversation",
            "previous_response_id",
            "instructions",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "reasoning",
            "text",
            "truncation",
        )
    },
    "personality": _refused("'personality'"),
}
"""Every parameter of `POST /responses/input_tokens`."""

COMPACT_FIELDS: dict[str, Check] = {
    "input": RESPONSE_FIELDS["input"],
    "model": _MODEL,
    **{
        key: RESPONSE_FIELDS[key]
        for key in (
            "previous_response_id",
            "instructions",
            "prompt_cache_key",
            "prompt_cache_retention",
            "prompt_cache_options",
            "service_tier",
            "image",
        )
    },
}
"""Every parameter of `POST /responses/compact`; a conversation is none of them."""


def count_params(body: Any) -> Params:
    """Check the body of `POST /responses/input_tokens`. Raises ApiError."""
    need_object(body)
    _need_context(body, "input", "previous_response_id", "conversation")
    return checked_fields(body, COUNT_FIELDS)


def compact_params(body: Any) -> Params:
    """Check the body of `POST /responses/compact`. Raises ApiError."""
    need_object(body)
    if "model" not in body:
        raise missing("model")
    _need_context(body, "input", "previous_response_id")
    return checked_fields(body, COMPACT_FIELDS)


def _need_context(body: Params, *keys: str) -> None:
    if all(body.get(key) is None for key in keys):
        names = ", ".join(f"'{key}'" for key in keys)
        raise invalid(
            f"Missing required parameter: one of {names} must be given.",
            "missing_required_parameter",
            None,
        )
