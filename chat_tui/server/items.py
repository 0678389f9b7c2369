"""Items as a client sends them: checked against the table, and brought into their stored form.

Also what of a stored item is shown (`include`). Nothing here knows the database.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_tui.server.checks import Array, Choice, Object, String, StringOr, Then
from chat_tui.server.item_types import MAX_TEXT, MESSAGES, TYPES, content_of, fields_of
from chat_tui.server.validation import check_keys, missing, value_error

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
_KINDS = Choice("message", *sorted(TYPES))
_ROLE = Choice(*MESSAGES)


@dataclass(frozen=True, slots=True)
class AnItem:
    """Accept an item a client sent, and return its stored form; without an id if it had none.

    `stored_only` refuses the types that are no items of a conversation.
    """

    stored_only: bool = False

    def __call__(self, value: Any, path: str) -> Item:
        """Check the type, then the shape."""
        Object()(value, path)
        kind = _kind_of(value)
        if kind is None and "type" not in value:
            raise missing(f"{path}.type")
        _KINDS(kind, f"{path}.type")
        if self.stored_only and kind in INPUT_ONLY and kind != "item_reference":
            raise value_error(f"{path}.type", f"'{kind}' cannot be stored in a conversation.")
        return _normalised(kind, value, path)


def _kind_of(value: Item) -> Any:
    """Return the type of an item, which some may leave out; None if it cannot be told."""
    if value.get("type") is None and value.keys() - {"type"} == {"id"}:
        return "item_reference"
    if "type" not in value and ("role" in value or "content" in value):
        return "message"
    return value.get("type")


def _normalised(kind: str, value: Item, path: str) -> Item:
    shape = MESSAGES.get(str(value.get("role")), _OF_USER) if kind == "message" else TYPES[kind]
    for key in shape.required:
        if key not in value:
            raise missing(f"{path}.{key}")
    fields = fields_of(kind, shape)
    check_keys(value, fields, path)
    if kind == "message":
        _ROLE(value["role"], f"{path}.role")
    item: Item = {}
    for key, element in value.items():
        if key != "type":
            item[key] = fields[key](element, f"{path}.{key}")
    for key, default in shape.defaults.items():
        if item.get(key) is None:
            item[key] = copy.copy(default)
    for key in ("id", "created_by", "phase"):
        if item.get(key, "") is None:
            del item[key]
    return {"id": item["id"], "type": kind, **item} if "id" in item else {"type": kind, **item}


_OF_USER = MESSAGES["user"]
_text_of_user = content_of("input_text")


def _said(text: str, path: str) -> list[Item]:
    content = _text_of_user(text, path)
    return [{"type": "message", "role": "user", "status": "completed", "content": content}]


def _in_order(items: list[Item], path: str) -> list[Item]:
    for index, item in enumerate(items[:-1]):
        if item["type"] == "compaction_trigger":
            raise value_error(
                f"{path}[{index}]", "'compaction_trigger' must be the last item of the input."
            )
    return items


INPUT = StringOr(
    Then(String(longest=MAX_TEXT), _said), Then(Array(AnItem()), _in_order), "an array"
)
"""The `input` of a request: items, or a string that stands for a message of the user."""


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
            return _shown_search(item, include)
        case "computer_call_output":
            if "computer_call_output.output.image_url" in include:
                return item
            return {**item, "output": _without(item["output"], "image_url")}
    return item


def _shown_search(item: Item, include: Collection[str]) -> Item:
    if "results" in item and "web_search_call.results" not in include:
        item = _without(item, "results")
    if "sources" in item["action"] and "web_search_call.action.sources" not in include:
        item = {**item, "action": _without(item["action"], "sources")}
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
