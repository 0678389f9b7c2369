"""The table of item types: which fields each has, which are required, what is filled in.

Nested objects that this server only carries (actions, operations, tools) are checked for their JSON
type and kept as they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server.validation import (
    Check,
    array,
    boolean,
    choice,
    integer,
    mapping,
    missing,
    nullable,
    record,
    string,
    type_error,
    value_error,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 10_485_760
MAX_IMAGE = 20_971_520
MAX_FILE = 73_400_320
MAX_BLOB = 20_971_520

_text = string(longest=MAX_TEXT)
_name = string(shortest=1, longest=128, pattern=r"[A-Za-z0-9_-]+")
_call_id = string(shortest=1, longest=64)
_any_string = nullable(string(longest=MAX_TEXT))
_any_object = nullable(mapping)
_any_array = nullable(array())
_cache_breakpoint = nullable(
    record({"mode": choice("explicit"), "ttl": nullable(choice("30m", "12h"))}, required=["mode"])
)
_usual = choice("in_progress", "completed", "incomplete")

_PARTS: dict[str, tuple[dict[str, Check], tuple[str, ...]]] = {
    "input_text": ({"text": _text, "prompt_cache_breakpoint": _cache_breakpoint}, ("text",)),
    "input_image": (
        {
            "detail": nullable(choice("low", "high", "auto", "original")),
            "image_url": nullable(string(longest=MAX_IMAGE)),
            "file_id": _any_string,
            "prompt_cache_breakpoint": _cache_breakpoint,
        },
        (),
    ),
    "input_file": (
        {
            "file_id": _any_string,
            "filename": _any_string,
            "file_data": nullable(string(longest=MAX_FILE)),
            "file_url": _any_string,
            "detail": nullable(choice("low", "high", "auto")),
            "prompt_cache_breakpoint": _cache_breakpoint,
        },
        (),
    ),
    "output_text": (
        {"text": _text, "annotations": array(mapping), "logprobs": _any_array},
        ("text",),
    ),
    "refusal": ({"refusal": _text}, ("refusal",)),
    "summary_text": ({"text": _text}, ("text",)),
    "reasoning_text": ({"text": _text}, ("text",)),
}

INPUT_PARTS = ("input_text", "input_image", "input_file")
OUTPUT_PARTS = ("output_text", "refusal")


def part_of(*kinds: str) -> Check:
    """Accept a content part of one of these types."""
    checks = {
        kind: record({"type": choice(kind), **_PARTS[kind][0]}, required=_PARTS[kind][1])
        for kind in kinds
    }
    of_kind = choice(*kinds)

    def checked(value: Any, path: str) -> dict[str, Any]:
        mapping(value, path)
        if "type" not in value:
            raise missing(f"{path}.type")
        kind = of_kind(value["type"], f"{path}.type")
        part: dict[str, Any] = checks[kind](value, path)
        if kind == "output_text":
            part["annotations"] = part.get("annotations", [])
            part["logprobs"] = part.get("logprobs") or []
        elif kind == "input_image":
            part["detail"] = part.get("detail") or "auto"
            if not (part.get("image_url") or part.get("file_id")):
                raise value_error(path, "an image needs 'image_url' or 'file_id'.")
        elif kind == "input_file" and not any(
            part.get(key) for key in ("file_id", "file_data", "file_url")
        ):
            raise value_error(path, "a file needs 'file_id', 'file_data' or 'file_url'.")
        return part

    return checked


def content_of(*kinds: str) -> Check:
    """Accept a string, which becomes one part of the first type, or an array of parts."""
    parts = array(part_of(*kinds))
    of_string = part_of(kinds[0])

    def checked(value: Any, path: str) -> list[Any]:
        if isinstance(value, str):
            return [of_string({"type": kinds[0], "text": _text(value, path)}, path)]
        if not isinstance(value, list):
            raise type_error(value, "a string or an array", path)
        result: list[Any] = parts(value, path)
        return result

    return checked


def _text_or(*kinds: str) -> Check:
    parts = array(part_of(*kinds))

    def checked(value: Any, path: str) -> Any:
        if isinstance(value, str):
            return _text(value, path)
        if not isinstance(value, list):
            raise type_error(value, "a string or an array", path)
        return parts(value, path)

    return checked


@dataclass(frozen=True, slots=True)
class ItemType:
    """What the API says of one type of item."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def _item(
    required: str, fields: Mapping[str, Check], status: Check | None = None, **defaults: Any
) -> ItemType:
    own = dict(fields)
    if status is not None:
        own["status"] = nullable(status)
        defaults.setdefault("status", "completed")
    return ItemType(own, tuple(required.split()), defaults)


_caller = {"caller": _any_object}
_call = {"call_id": _call_id}
_optional_call = {"call_id": nullable(_call_id)}
_namespaced = {"namespace": _any_string, "async": boolean, **_caller}
_searching = choice("in_progress", "searching", "completed", "incomplete", "failed")
_execution = {"execution": choice("server", "client")}
_parts_output = _text_or(*INPUT_PARTS)
_mcp_status = choice("in_progress", "calling", "completed", "incomplete", "failed")
_summary = array(part_of("summary_text"))

TYPES: dict[str, ItemType] = {
    "function_call": _item(
        "call_id name arguments",
        {**_call, "name": _name, "arguments": _text, **_namespaced},
        _usual,
    ),
    "function_call_output": _item(
        "call_id output",
        {
            **_call,
            "output": _parts_output,
            "name": _any_string,
            "namespace": _any_string,
            **_caller,
        },
        _usual,
    ),
    "custom_tool_call": _item(
        "call_id name input", {**_call, "name": _name, "input": _text, **_namespaced}
    ),
    "custom_tool_call_output": _item(
        "call_id output", {**_call, "output": _parts_output, "status": nullable(_usual), **_caller}
    ),
    "tool_search_call": _item(
        "arguments",
        {**_optional_call, "arguments": lambda value, _path: value, **_execution},
        _usual,
        call_id=None,
        execution="client",
    ),
    "tool_search_output": _item(
        "tools",
        {**_optional_call, "tools": array(mapping), **_execution},
        _usual,
        call_id=None,
        execution="client",
    ),
    "additional_tools": _item("role tools", {"role": choice("developer"), "tools": array(mapping)}),
    "configuration_update": _item("", {"reasoning": _any_object, "text": _any_object}),
    "program": _item("call_id code fingerprint", {**_call, "code": _text, "fingerprint": _text}),
    "program_output": _item(
        "call_id result", {**_call, "result": _text}, choice("completed", "incomplete")
    ),
    "reasoning": ItemType(
        {
            "summary": _summary,
            "content": nullable(array(part_of("reasoning_text"))),
            "encrypted_content": nullable(string(longest=MAX_BLOB)),
            "status": nullable(_usual),
        },
        ("summary",),
    ),
    "compaction": _item(
        "encrypted_content", {"encrypted_content": string(shortest=1, longest=MAX_BLOB)}
    ),
    "compaction_trigger": _item("", {}),
    "item_reference": _item("id", {}),
    "web_search_call": _item("action", {"action": mapping}, _searching),
    "file_search_call": _item(
        "queries", {"queries": array(_text), "results": _any_array}, _searching, results=None
    ),
    "code_interpreter_call": _item(
        "container_id",
        {"container_id": _text, "code": _any_string, "outputs": _any_array},
        choice("in_progress", "interpreting", "completed", "incomplete", "failed"),
        code=None,
        outputs=None,
    ),
    "image_generation_call": _item(
        "",
        {
            "result": nullable(string()),
            "action": _any_string,
            "background": _any_string,
            "error": _any_object,
            "output_format": _any_string,
            "quality": _any_string,
            "revised_prompt": _any_string,
            "size": _any_string,
            "svg_usage": _any_object,
        },
        choice("in_progress", "generating", "completed", "failed"),
        result=None,
    ),
    "computer_call": _item(
        "call_id",
        {
            **_call,
            "pending_safety_checks": array(mapping),
            "action": _any_object,
            "actions": _any_array,
        },
        _usual,
        pending_safety_checks=[],
    ),
    "computer_call_output": _item(
        "call_id output",
        {**_call, "output": mapping, "acknowledged_safety_checks": _any_array},
        choice("in_progress", "completed", "incomplete", "failed"),
    ),
    "local_shell_call": _item("call_id action", {**_call, "action": mapping}, _usual),
    "local_shell_call_output": _item("output", {**_optional_call, "output": _text}, _usual),
    "shell_call": _item(
        "call_id action",
        {**_call, "action": mapping, "environment": _any_object, **_caller},
        _usual,
        environment=None,
    ),
    "shell_call_output": _item(
        "call_id output",
        {
            **_call,
            "output": array(mapping),
            "max_output_length": nullable(integer(least=0)),
            **_caller,
        },
        _usual,
        max_output_length=None,
    ),
    "apply_patch_call": _item(
        "call_id operation",
        {**_call, "operation": mapping, **_caller},
        choice("in_progress", "completed"),
    ),
    "apply_patch_call_output": _item(
        "call_id", {**_call, "output": _any_string, **_caller}, choice("completed", "failed")
    ),
    "mcp_list_tools": _item(
        "server_label tools",
        {"server_label": _text, "tools": array(mapping), "error": lambda value, _path: value},
    ),
    "mcp_approval_request": _item(
        "server_label name arguments", {"server_label": _text, "name": _text, "arguments": _text}
    ),
    "mcp_approval_response": _item(
        "approval_request_id approve",
        {"approval_request_id": _text, "approve": boolean, "reason": _any_string},
    ),
    "mcp_call": ItemType(
        {
            "server_label": _text,
            "name": _text,
            "arguments": _text,
            "approval_request_id": _any_string,
            "error": lambda value, _path: value,
            "output": _any_string,
            "status": nullable(_mcp_status),
        },
        ("server_label", "name", "arguments"),
    ),
}
"""Every type but `message`, whose shape depends on its role."""
