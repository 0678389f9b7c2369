"""Reading JSON, and the API's errors for values that are wrong; what may be sent is in `checks`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from chat_tui.server.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_TYPE_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body. Raises ApiError (`invalid_json`)."""
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise invalid(
            f"The body of the request could not be read as JSON: {reason[:200]}",
            "invalid_json",
            None,
        ) from error
    return value


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def type_error(value: object, expected: str, path: str) -> ApiError:
    """Return the error for a value of the wrong JSON type; `expected` is said in words."""
    got = _TYPE_NAMES.get(type(value), "another type")
    return invalid(
        f"Invalid type for '{path}': expected {expected}, but got {got} instead.",
        "invalid_type",
        path,
    )


def value_error(path: str, reason: str) -> ApiError:
    """Return the error for a value of the right type that cannot be meant."""
    return invalid(f"Invalid value for '{path}': {reason}", "invalid_value", path)


def missing(path: str) -> ApiError:
    """Return the error for a required key that is not there."""
    return invalid(f"Missing required parameter: '{path}'.", "missing_required_parameter", path)


def unsupported(path: str, what: str) -> ApiError:
    """Return the error for something the API knows and this server does not do."""
    return invalid(f"{what} is not supported by this server.", "unsupported_parameter", path)


def join(path: str, key: str) -> str:
    """Return the path of a key below a path; the top level has an empty path."""
    return f"{path}.{key}" if path else key


def check_keys(value: Mapping[str, Any], known: Collection[str], path: str) -> None:
    """Raise `unknown_parameter` for the first key that is not known, with a near name."""
    for key in value:
        if key not in known:
            full = join(path, key)[:200]
            near = min(known, key=lambda name: _distance(key, name), default="")
            hint = f" Did you mean '{near}'?" if near and _distance(key, near) <= 2 else ""
            raise invalid(f"Unknown parameter: '{full}'.{hint}", "unknown_parameter", full)


def _distance(left: str, right: str) -> int:
    """Return the edit distance, or 3 when it is certainly more than 2."""
    if abs(len(left) - len(right)) > 2:
        return 3
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return min(row[-1], 3)
