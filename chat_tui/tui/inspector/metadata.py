"""Metadata as a person edits it: JSON in, one sentence about what is wrong with it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chat_tui.errors import ChatTuiError


def read_metadata(text: str) -> Mapping[str, str]:
    """Return metadata written as JSON. Raises ChatTuiError saying what is wrong and where."""
    try:
        value = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise ChatTuiError(
            f"Not JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}."
        ) from error
    if not isinstance(value, dict):
        raise ChatTuiError('Metadata is an object, as in {"topic": "travel"}.')
    for key, inner in value.items():
        if not isinstance(inner, str):
            raise ChatTuiError(f"The value of {key} must be a string in quotes.")
    return value


def judge_metadata(text: str) -> tuple[str, bool]:
    """Return what to say about metadata under the editor's hands, and whether it will do."""
    try:
        metadata = read_metadata(text)
    except ChatTuiError as error:
        return error.sentence, False
    from chat_tui.controller import check_metadata  # noqa: PLC0415

    if problem := check_metadata(metadata):
        return problem, False
    return f"{len(metadata)} of 16 pairs", True
