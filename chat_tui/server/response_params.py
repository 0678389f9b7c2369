"""The tables of parameters of responses: creating, counting and compacting.

Each parameter of the API is either checked here, or refused by name because this server does not do
it; a key in no table is unknown.
"""

from __future__ import annotations

from chat_tui.server.checks import (
    Array,
    Boolean,
    Choice,
    Fields,
    Integer,
    Metadata,
    Nullable,
    Number,
    Object,
    Only,
    Record,
    Refused,
    String,
    StringOr,
    Tagged,
    Then,
    Unless,
)
from chat_tui.server.item_types import MAX_TEXT
from chat_tui.server.items import INCLUDABLE, INPUT
from chat_tui.server.params import Body, Params

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
_function_name = String(shortest=1, longest=128, pattern=r"[A-Za-z0-9_-]+")
_function_tool = Record(
    {
        "type": Choice("function"),
        "name": _function_name,
        "description": Nullable(String(longest=MAX_TEXT)),
        "parameters": Nullable(Object()),
        "strict": Nullable(Boolean()),
        **{
            key: Unless(f"'{key}' of a function tool")
            for key in ("output_schema", "defer_loading", "allowed_callers", "async")
        },
    },
    required=("name",),
)
_json_schema = Record(
    {
        "type": Choice("json_schema"),
        "name": String(shortest=1, longest=64, pattern=r"[A-Za-z0-9_-]+"),
        "description": Nullable(String(longest=MAX_TEXT)),
        "schema": Object(),
        "strict": Nullable(Boolean()),
    },
    required=("name", "schema"),
)


def _function(tool: Params, _path: str) -> Params:
    return {
        "type": "function",
        "name": tool["name"],
        "description": tool.get("description"),
        "parameters": tool.get("parameters") or {"type": "object", "properties": {}},
        "strict": bool(tool.get("strict", True)),
    }


_tool = Tagged(
    {
        **{kind: Refused(f"The tool '{kind}'", "type") for kind in _TOOLS},
        "function": Then(_function_tool, _function),
    }
)
_named_function: Fields = {"type": Choice("function"), "name": _function_name}
_tool_choice = Tagged(
    {
        **{kind: Refused(f"The tool choice '{kind}'", "type") for kind in _TOOLS},
        "function": Record(_named_function, required=("name",)),
        "allowed_tools": Record(
            {
                "type": Choice("allowed_tools"),
                "mode": Choice("auto", "required"),
                "tools": Array(Record(_named_function, required=("type", "name"))),
            },
            required=("mode", "tools"),
        ),
    }
)
_text_format = Tagged(
    {
        "text": Record({"type": Choice("text")}),
        "json_object": Record({"type": Choice("json_object")}),
        "json_schema": Then(_json_schema, lambda schema, _path: {"strict": False, **schema}),
    }
)
_conversation = StringOr(
    String(),
    Then(
        Record({"id": String(shortest=1)}, required=("id",)),
        lambda conversation, _path: conversation["id"],
    ),
    "an object",
)
_compaction = Record(
    {"type": Choice("compaction"), "compact_threshold": Nullable(Integer(least=1000))},
    required=("type",),
)
_effort = Choice("none", "minimal", "low", "medium", "high", "xhigh", "max")
_summary = Choice("auto", "concise", "detailed")

RESPONSE_FIELDS: Fields = {
    "input": Nullable(INPUT),
    "model": String(longest=512),
    "instructions": Nullable(String(longest=MAX_TEXT)),
    "conversation": Nullable(_conversation),
    "previous_response_id": Nullable(String()),
    "store": Nullable(Boolean()),
    "stream": Nullable(Boolean()),
    "stream_options": Nullable(Record({"include_obfuscation": Nullable(Boolean())})),
    "include": Nullable(Array(Choice(*INCLUDABLE))),
    "metadata": Nullable(Metadata()),
    "tools": Nullable(Array(_tool, most=128)),
    "tool_choice": Nullable(
        StringOr(Choice("none", "auto", "required"), _tool_choice, "an object")
    ),
    "parallel_tool_calls": Nullable(Boolean()),
    "max_output_tokens": Nullable(Integer(least=16)),
    "max_tool_calls": Nullable(Integer(least=1)),
    "temperature": Nullable(Number(least=0, most=2)),
    "top_p": Nullable(Number(least=0, most=1)),
    "top_logprobs": Nullable(Only(Integer(least=0, most=20), (0,))),
    "truncation": Nullable(Choice("auto", "disabled")),
    "context_management": Nullable(Array(_compaction, least=1, most=1)),
    "reasoning": Nullable(
        Record(
            {
                "effort": Nullable(_effort),
                "summary": Nullable(_summary),
                "generate_summary": Nullable(_summary),
                "context": Nullable(Only(Choice("auto", "current_turn", "all_turns"), ("auto",))),
                "mode": Nullable(Only(Choice("standard", "pro"), ("standard",))),
            }
        )
    ),
    "text": Nullable(
        Record(
            {
                "format": Nullable(_text_format),
                "verbosity": Nullable(Choice("low", "medium", "high")),
            }
        )
    ),
    "service_tier": Nullable(
        Only(
            Choice("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
            ("auto", "default"),
        )
    ),
    "prompt_cache_key": Nullable(String(longest=64)),
    "prompt_cache_retention": Nullable(Choice("in_memory", "in-memory", "24h")),
    "safety_identifier": Nullable(String(longest=128)),
    "user": Nullable(String(longest=512)),
    "background": Nullable(Boolean()),
    "background_options": Refused("'background_options'"),
    "prompt": Refused("'prompt'"),
    "prompt_cache_options": Refused("'prompt_cache_options'"),
    "moderation": Refused("'moderation'"),
    "access_programs": Refused("'access_programs'"),
    "image": Refused("'image'"),
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


RESPONSE = Body(
    RESPONSE_FIELDS,
    required=("model",),
    any_of=("input", "previous_response_id", "prompt", "conversation"),
    elsewhere=_OF_CHAT_COMPLETIONS,
)
"""The body of `POST /responses`."""

_MODEL = Nullable(String(longest=512))

COUNT_FIELDS: Fields = {
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
    "personality": Refused("'personality'"),
}
"""Every parameter of `POST /responses/input_tokens`."""

COMPACT_FIELDS: Fields = {
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


COUNT = Body(COUNT_FIELDS, any_of=("input", "previous_response_id", "conversation"))
"""The body of `POST /responses/input_tokens`."""

COMPACT = Body(COMPACT_FIELDS, required=("model",), any_of=("input", "previous_response_id"))
"""The body of `POST /responses/compact`."""
