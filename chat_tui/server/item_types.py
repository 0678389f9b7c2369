"""The table of item types: which fields each has, which are required, what is filled in.

Nested objects that this server only carries (actions, operations, tools) are checked for their JSON
type and kept as they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server import ids
from chat_tui.server.checks import (
    Anything,
    Array,
    Boolean,
    Check,
    Choice,
    Fields,
    Identifier,
    Integer,
    Never,
    Nullable,
    Object,
    Record,
    String,
    StringOr,
    Tagged,
    Then,
)
from chat_tui.server.validation import value_error

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_TEXT = 10_485_760
MAX_IMAGE = 20_971_520
MAX_FILE = 73_400_320
MAX_BLOB = 20_971_520

_text = String(longest=MAX_TEXT)
_name = String(shortest=1, longest=128, pattern=r"[A-Za-z0-9_-]+")
_call_id = String(shortest=1, longest=64)
_any_string = Nullable(String(longest=MAX_TEXT))
_any_object = Nullable(Object())
_any_array = Nullable(Array())
_cache_breakpoint = Nullable(
    Record({"mode": Choice("explicit"), "ttl": Nullable(Choice("30m", "12h"))}, required=("mode",))
)
_usual = Choice("in_progress", "completed", "incomplete")

_PARTS: dict[str, tuple[dict[str, Check], tuple[str, ...]]] = {
    "input_text": ({"text": _text, "prompt_cache_breakpoint": _cache_breakpoint}, ("text",)),
    "input_image": (
        {
            "detail": Nullable(Choice("low", "high", "auto", "original")),
            "image_url": Nullable(String(longest=MAX_IMAGE)),
            "file_id": _any_string,
            "prompt_cache_breakpoint": _cache_breakpoint,
        },
        (),
    ),
    "input_file": (
        {
            "file_id": _any_string,
            "filename": _any_string,
            "file_data": Nullable(String(longest=MAX_FILE)),
            "file_url": _any_string,
            "detail": Nullable(Choice("low", "high", "auto")),
            "prompt_cache_breakpoint": _cache_breakpoint,
        },
        (),
    ),
    "output_text": (
        {"text": _text, "annotations": Array(Object()), "logprobs": _any_array},
        ("text",),
    ),
    "refusal": ({"refusal": _text}, ("refusal",)),
    "summary_text": ({"text": _text}, ("text",)),
    "reasoning_text": ({"text": _text}, ("text",)),
}

INPUT_PARTS = ("input_text", "input_image", "input_file")
OUTPUT_PARTS = ("output_text", "refusal")


def part_of(*kinds: str) -> Tagged:
    """Accept a content part of one of these types."""
    return Tagged({kind: _part(kind) for kind in kinds})


def _part(kind: str) -> Check:
    fields, required = _PARTS[kind]
    check = Record({"type": Choice(kind), **fields}, required)
    return Then(check, _COMPLETED[kind]) if kind in _COMPLETED else check


def _text_part(part: dict[str, Any], _path: str) -> dict[str, Any]:
    part["annotations"] = part.get("annotations", [])
    part["logprobs"] = part.get("logprobs") or []
    return part


def _image_part(part: dict[str, Any], path: str) -> dict[str, Any]:
    part["detail"] = part.get("detail") or "auto"
    if not (part.get("image_url") or part.get("file_id")):
        raise value_error(path, "an image needs 'image_url' or 'file_id'.")
    return part


def _file_part(part: dict[str, Any], path: str) -> dict[str, Any]:
    if not any(part.get(key) for key in ("file_id", "file_data", "file_url")):
        raise value_error(path, "a file needs 'file_id', 'file_data' or 'file_url'.")
    return part


_COMPLETED = {"output_text": _text_part, "input_image": _image_part, "input_file": _file_part}


def content_of(*kinds: str) -> StringOr:
    """Accept a string, which becomes one part of the first type, or an array of parts."""
    part = part_of(*kinds)

    def as_part(text: str, path: str) -> list[Any]:
        return [part({"type": kinds[0], "text": text}, path)]

    return StringOr(Then(_text, as_part), Array(part), "an array")


@dataclass(frozen=True, slots=True)
class ItemType:
    """What the API says of one type of item."""

    fields: Fields
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


def _item(required: str, fields: Fields, status: Check | None = None, **defaults: Any) -> ItemType:
    own = dict(fields)
    if status is not None:
        own["status"] = Nullable(status)
        defaults.setdefault("status", "completed")
    return ItemType(own, tuple(required.split()), defaults)


_caller = {"caller": _any_object}
_call = {"call_id": _call_id}
_optional_call = {"call_id": Nullable(_call_id)}
_namespaced: Fields = {"namespace": _any_string, "async": Boolean(), **_caller}
_searching = Choice("in_progress", "searching", "completed", "incomplete", "failed")
_execution = {"execution": Choice("server", "client")}
_parts_output = StringOr(_text, Array(part_of(*INPUT_PARTS)), "an array")
_mcp_status = Choice("in_progress", "calling", "completed", "incomplete", "failed")
_summary = Array(part_of("summary_text"))

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
        "call_id output", {**_call, "output": _parts_output, "status": Nullable(_usual), **_caller}
    ),
    "tool_search_call": _item(
        "arguments",
        {**_optional_call, "arguments": Anything(), **_execution},
        _usual,
        call_id=None,
        execution="client",
    ),
    "tool_search_output": _item(
        "tools",
        {**_optional_call, "tools": Array(Object()), **_execution},
        _usual,
        call_id=None,
        execution="client",
    ),
    "additional_tools": _item(
        "role tools", {"role": Choice("developer"), "tools": Array(Object())}
    ),
    "configuration_update": _item("", {"reasoning": _any_object, "text": _any_object}),
    "program": _item("call_id code fingerprint", {**_call, "code": _text, "fingerprint": _text}),
    "program_output": _item(
        "call_id result", {**_call, "result": _text}, Choice("completed", "incomplete")
    ),
    "reasoning": ItemType(
        {
            "summary": _summary,
            "content": Nullable(Array(part_of("reasoning_text"))),
            "encrypted_content": Nullable(String(longest=MAX_BLOB)),
            "status": Nullable(_usual),
        },
        ("summary",),
    ),
    "compaction": _item(
        "encrypted_content", {"encrypted_content": String(shortest=1, longest=MAX_BLOB)}
    ),
    "compaction_trigger": _item("", {}),
    "item_reference": _item("id", {}),
    "web_search_call": _item("action", {"action": Object(), "results": _any_array}, _searching),
    "file_search_call": _item(
        "queries", {"queries": Array(_text), "results": _any_array}, _searching, results=None
    ),
    "code_interpreter_call": _item(
        "container_id",
        {"container_id": _text, "code": _any_string, "outputs": _any_array},
        Choice("in_progress", "interpreting", "completed", "incomplete", "failed"),
        code=None,
        outputs=None,
    ),
    "image_generation_call": _item(
        "",
        {
            "result": Nullable(String()),
            "action": _any_string,
            "background": _any_string,
            "error": _any_object,
            "output_format": _any_string,
            "quality": _any_string,
            "revised_prompt": _any_string,
            "size": _any_string,
            "svg_usage": _any_object,
        },
        Choice("in_progress", "generating", "completed", "failed"),
        result=None,
    ),
    "computer_call": _item(
        "call_id",
        {
            **_call,
            "pending_safety_checks": Array(Object()),
            "action": _any_object,
            "actions": _any_array,
        },
        _usual,
        pending_safety_checks=[],
    ),
    "computer_call_output": _item(
        "call_id output",
        {**_call, "output": Object(), "acknowledged_safety_checks": _any_array},
        Choice("in_progress", "completed", "incomplete", "failed"),
    ),
    "local_shell_call": _item("call_id action", {**_call, "action": Object()}, _usual),
    "local_shell_call_output": _item("output", {**_optional_call, "output": _text}, _usual),
    "shell_call": _item(
        "call_id action",
        {**_call, "action": Object(), "environment": _any_object, **_caller},
        _usual,
        environment=None,
    ),
    "shell_call_output": _item(
        "call_id output",
        {
            **_call,
            "output": Array(Object()),
            "max_output_length": Nullable(Integer(least=0)),
            **_caller,
        },
        _usual,
        max_output_length=None,
    ),
    "apply_patch_call": _item(
        "call_id operation",
        {**_call, "operation": Object(), **_caller},
        Choice("in_progress", "completed"),
    ),
    "apply_patch_call_output": _item(
        "call_id", {**_call, "output": _any_string, **_caller}, Choice("completed", "failed")
    ),
    "mcp_list_tools": _item(
        "server_label tools",
        {"server_label": _text, "tools": Array(Object()), "error": Anything()},
    ),
    "mcp_approval_request": _item(
        "server_label name arguments", {"server_label": _text, "name": _text, "arguments": _text}
    ),
    "mcp_approval_response": _item(
        "approval_request_id approve",
        {"approval_request_id": _text, "approve": Boolean(), "reason": _any_string},
    ),
    "mcp_call": ItemType(
        {
            "server_label": _text,
            "name": _text,
            "arguments": _text,
            "approval_request_id": _any_string,
            "error": Anything(),
            "output": _any_string,
            "status": Nullable(_mcp_status),
        },
        ("server_label", "name", "arguments"),
    ),
}
"""Every type but `message`, whose shape depends on its role."""

_ROLES = ("user", "assistant", "system", "developer")


def _message(role: str) -> ItemType:
    by_model = role == "assistant"
    phase: Check = Never("only assistant messages have a phase.")
    if by_model:
        phase = Choice("commentary", "final_answer")
    return _item(
        "role content",
        {
            "role": Choice(*_ROLES),
            "content": content_of(*(OUTPUT_PARTS if by_model else INPUT_PARTS)),
            "phase": Nullable(phase),
        },
        _usual,
    )


MESSAGES: dict[str, ItemType] = {role: _message(role) for role in _ROLES}
"""The type `message`, by its role."""


def fields_of(kind: str, shape: ItemType) -> Fields:
    """Return the checks of all keys of an item."""
    prefix = ids.PREFIXES.get(kind, "") if kind in ids.CHECKED else ""
    identifier: Check = Identifier(prefix)
    return {
        "id": identifier if "id" in shape.required else Nullable(identifier),
        "type": Choice(kind),
        "created_by": Nullable(String(longest=512)),
        **shape.fields,
    }
