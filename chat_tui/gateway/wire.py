"""Bytes from a server to JSON, the one place where they are read. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from chat_tui.items import encodable

_DECODER = json.JSONDecoder(parse_constant=lambda name: None)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(data: bytes) -> Any:
    """Return what ``data`` says, None when it is not JSON.

    What could never be written down or sent on again is replaced: bytes that are not UTF-8 and lone
    surrogates by U+FFFD, ``NaN`` and infinities by None.
    """
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        value = _DECODER.decode(text)
        return _whole(value) if "\\u" in text and _SURROGATE_ESCAPE.search(text) else value
    except (ValueError, RecursionError):
        return None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return value
