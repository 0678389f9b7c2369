"""Items as a client sends them: checked against the table, and brought into their stored form.

Also what of a stored item is shown (`include`). Nothing here knows the database.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chat_tui.server import ids
from chat_tui.server.errors import invalid
from chat_tui.server.item_types import INPUT_PARTS, OUTPUT_PARTS, TYPES, content_of
from chat_tui.server.validation import (
    check_keys,
    choice,
    mapping,
    missing,
    nullable,
    string,
    type_error,
    value_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Item = dict[str, Any]

INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)

INPUT_ONLY = ("compaction_trigger", "item_reference")
_COMMON = ("id", "type", "created_by")
_ROLES = choice("user", "assistant", "system", "developer")
_KINDS = choice("message", *sorted(TYPES))
_MESSAGE_KEYS = (*_COMMON, "role", "content", "status", "phase")
_status = nullable(choice("in_progress", "completed", "incomplete"))
_phase = nullable(choice("commentary", "final_answer"))
_id = string(shortest=1, longest=128)
_created_by = nullable(string(longest=512))
_input_content = content_of(*INPUT_PARTS)
_output_content = content_of(*OUTPUT_PARTS)


def normalise(value: Any, path: str, *, stored_only: bool = False) -> Item:
    """Return the stored form of an item a client sent; the id stays absent if it sent none.

    `stored_only` refuses the types that are no items of a conversation. Raises ApiError.
    """
    mapping(value, path)
    kind = value.get("type")
    if kind is None:
        kind = "message" if "role" in value or "content" in value else None
        if kind is None and "type" not in value and set(value) == {"id"}:
            kind = "item_reference"
    if kind is None:
        raise missing(f"{path}.type")
    _KINDS(kind, f"{path}.type")
    if stored_only and kind in INPUT_ONLY and kind != "item_reference":
        raise value_error(f"{path}.type", f"'{kind}' cannot be stored in a conversation.")
    item = _message(value, path) if kind == "message" else _other(kind, value, path)
    _check_id(item, kind, path)
    if item.get("created_by", "") is None:
        del item["created_by"]
    return item


def _message(value: Item, path: str) -> Item:
    if "role" not in value:
        raise missing(f"{path}.role")
    if "content" not in value:
        raise missing(f"{path}.content")
    check_keys(value, _MESSAGE_KEYS, path)
    role = _ROLES(value["role"], f"{path}.role")
    check = _output_content if role == "assistant" else _input_content
    item = {
        "type": "message",
        "role": role,
        "status": _status(value.get("status"), f"{path}.status") or "completed",
        "content": check(value["content"], f"{path}.content"),
    }
    phase = _phase(value.get("phase"), f"{path}.phase")
    if phase and role != "assistant":
        raise value_error(f"{path}.phase", "only assistant messages have a phase.")
    if phase:
        item["phase"] = phase
    if "created_by" in value:
        item["created_by"] = _created_by(value["created_by"], f"{path}.created_by")
    return {"id": value["id"], **item} if "id" in value else item


def _other(kind: str, value: Item, path: str) -> Item:
    shape = TYPES[kind]
    for key in shape.required:
        if key not in value:
            raise missing(f"{path}.{key}")
    check_keys(value, [*_COMMON, *shape.fields], path)
    item: Item = {"type": kind}
    for key, element in value.items():
        if key == "created_by":
            item[key] = _created_by(element, f"{path}.{key}")
        elif key not in ("id", "type"):
            item[key] = shape.fields[key](element, f"{path}.{key}")
    for key, default in shape.defaults.items():
        if item.get(key) is None:
            item[key] = copy.copy(default)
    return {"id": value["id"], **item} if "id" in value else item


def _check_id(item: Item, kind: str, path: str) -> None:
    if item.get("id", "") is None:
        del item["id"]
    if "id" not in item:
        return
    identifier = _id(item["id"], f"{path}.id")
    prefix = ids.PREFIXES.get(kind, "")
    if kind in ids.CHECKED and not identifier.startswith(prefix):
        raise invalid(
            f"Invalid '{path}.id': '{identifier}'. Expected an id that begins with '{prefix}'.",
            "invalid_value",
            f"{path}.id",
        )


def normalise_input(value: Any) -> list[Item]:
    """Return the items of a request's `input`, which may be a string. Raises ApiError."""
    if isinstance(value, str):
        content = _input_content(value, "input")
        return [{"type": "message", "role": "user", "status": "completed", "content": content}]
    if not isinstance(value, list):
        raise type_error(value, "a string or an array", "input")
    items = [normalise(item, f"input[{index}]") for index, item in enumerate(value)]
    for index, item in enumerate(items[:-1]):
        if item["type"] == "compaction_trigger":
            raise value_error(
                f"input[{index}]", "'compaction_trigger' must be the last item of the input."
            )
    return items


def shown(item: Item, include: Collection[str], seal: Callable[[Item], str]) -> Item:
    """Return what of a stored item a reply carries; `seal` encrypts a reasoning item's content."""
    match item["type"]:
        case "message":
            return _shown_message(item, include)
        case "reasoning":
            if "reasoning.encrypted_content" in include:
                if item.get("encrypted_content") or not _has_content(item):
                    return item
                return {**item, "encrypted_content": seal(item)}
            return _without(item, "encrypted_content")
        case "file_search_call" if "file_search_call.results" not in include:
            return {**item, "results": None}
        case "code_interpreter_call" if "code_interpreter_call.outputs" not in include:
            return {**item, "outputs": None}
        case "web_search_call":
            if "web_search_call.action.sources" in include or "sources" not in item["action"]:
                return item
            return {**item, "action": _without(item["action"], "sources")}
        case "computer_call_output":
            if "computer_call_output.output.image_url" in include:
                return item
            return {**item, "output": _without(item["output"], "image_url")}
    return item


def _has_content(item: Item) -> bool:
    return bool(item.get("summary") or item.get("content"))


def _shown_message(item: Item, include: Collection[str]) -> Item:
    hide_images = "message.input_image.image_url" not in include
    hide_logprobs = "message.output_text.logprobs" not in include

    def part(raw: Item) -> Item:
        if hide_images and raw["type"] == "input_image":
            return _without(raw, "image_url")
        if hide_logprobs and raw.get("logprobs"):
            return {**raw, "logprobs": []}
        return raw

    if any("image_url" in raw or raw.get("logprobs") for raw in item["content"]):
        return {**item, "content": [part(raw) for raw in item["content"]]}
    return item


def _without(value: Item, key: str) -> Item:
    return {name: element for name, element in value.items() if name != key}
