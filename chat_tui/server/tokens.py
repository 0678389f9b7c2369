"""The one estimate of tokens: four bytes of UTF-8 to a token, rounded up once per item.

It is used for `usage`, for the compaction threshold, for the context window, for the demo
upstream's lengths and speeds, and by the counting endpoint, so that all of them agree. It is an
estimate: English comes out near what tokenizers say, CJK at three quarters of a token a character.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BYTES_PER_TOKEN = 4
IMAGE_TOKENS = 765
"""What one image counts, whatever its size."""

_BLOB_OVERHEAD = 29
"""Bytes of a sealed blob that are not its content: version, nonce and tag."""


def size(text: str) -> int:
    """Return the length of a text in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def tokens_of(length: int) -> int:
    """Return how many tokens so many bytes are."""
    return -(-length // BYTES_PER_TOKEN)


def count_text(text: str | None) -> int:
    """Return the tokens of one text."""
    return tokens_of(size(text)) if text else 0


def count_json(value: object) -> int:
    """Return the tokens of a JSON value, such as the definitions of tools."""
    return tokens_of(size(json.dumps(value, separators=(",", ":")))) if value else 0


def count_item(item: Mapping[str, Any]) -> int:
    """Return the tokens of one item, at least one; ids, statuses and roles count nothing."""
    return max(1, tokens_of(_item_size(item)))


def count_items(items: Iterable[Mapping[str, Any]]) -> int:
    """Return the tokens of several items."""
    return sum(map(count_item, items))


def _item_size(item: Mapping[str, Any]) -> int:
    match item.get("type", "message"):
        case "message":
            return _content_size(item.get("content"))
        case "reasoning":
            shown = _content_size(item.get("summary")) + _content_size(item.get("content"))
            return shown or _blob_size(item.get("encrypted_content"))
        case "compaction":
            return _blob_size(item.get("encrypted_content"))
        case "function_call" | "mcp_call":
            return _strings(item.get("name"), item.get("arguments"), item.get("output"))
        case "custom_tool_call":
            return _strings(item.get("name"), item.get("input"))
        case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
            return _content_size(item.get("output"))
        case _:
            plumbing = ("id", "type", "status", "call_id", "created_by")
            payload = {key: value for key, value in item.items() if key not in plumbing}
            return size(json.dumps(payload, separators=(",", ":")))


def _strings(*values: object) -> int:
    return sum(size(value) for value in values if isinstance(value, str))


def _content_size(content: object) -> int:
    if isinstance(content, str):
        return size(content)
    if not isinstance(content, list):
        return 0
    return sum(_part_size(part) for part in content if isinstance(part, dict))


def _part_size(part: Mapping[str, Any]) -> int:
    match part.get("type"):
        case "input_image" | "computer_screenshot":
            return IMAGE_TOKENS * BYTES_PER_TOKEN
        case "input_file":
            data = part.get("file_data")
            return len(data) * 3 // 4 if isinstance(data, str) else _strings(part.get("file_url"))
        case _:
            return _strings(part.get("text"), part.get("refusal"))


def _blob_size(blob: object) -> int:
    return max(0, len(blob) * 3 // 4 - _BLOB_OVERHEAD) if isinstance(blob, str) else 0
