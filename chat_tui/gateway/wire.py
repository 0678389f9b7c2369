"""JSON as servers send it, to values that can be written anywhere again. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


def read_json(data: bytes) -> Any:
    """Return the value; raises ValueError where there is none, or one nested beyond reason.

    JSON can escape half of a surrogate pair, which neither files nor requests can carry: it
    becomes U+FFFD.
    """
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _mended(value) if _SURROGATE_ESCAPE.search(data) else value


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    return value
