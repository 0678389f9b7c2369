"""Identifiers: a prefix that tells the type, and 48 hex digits that tell nothing."""

from __future__ import annotations

import secrets

CONVERSATION = "conv"
RESPONSE = "resp"

PREFIXES = {
    "message": "msg",
    "reasoning": "rs",
    "compaction": "cmp",
    "configuration_update": "cfg",
    "additional_tools": "at",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "program": "prg",
    "program_output": "prgo",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "computer_call": "cu",
    "computer_call_output": "cuo",
    "local_shell_call": "lsh",
    "local_shell_call_output": "lsho",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "apply_patch_call": "apc",
    "apply_patch_call_output": "apco",
    "mcp_list_tools": "mcpl",
    "mcp_approval_request": "mcpr",
    "mcp_approval_response": "mcpa",
    "mcp_call": "mcp",
}
"""The prefix of an item's id by its type."""

CHECKED = frozenset(
    ["message", "reasoning", "compaction", "function_call", "web_search_call", "file_search_call"]
)
"""Types whose client-made ids must carry the prefix; for the others the reference is not known."""


def new(prefix: str) -> str:
    """Return a fresh id."""
    return f"{prefix}_{secrets.token_hex(24)}"


def new_item(kind: str) -> str:
    """Return a fresh id for an item of this type."""
    return new(PREFIXES[kind])
