"""Checks of single JSON values: types, ranges, sizes and names of keys, with the API's errors.

A check takes a value and the path to it, and returns the value to work with or raises ApiError.
What is checked where is told by the tables in `params` and `items`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from chat_tui.server.errors import ApiError, invalid

Check = Callable[[Any, str], Any]
"""(value, path) -> value."""

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


def nullable(check: Check) -> Check:
    """Let null through, as None."""

    def checked(value: Any, path: str) -> Any:
        return None if value is None else check(value, path)

    return checked


def string(*, longest: int | None = None, shortest: int = 0, pattern: str | None = None) -> Check:
    """Accept a string within lengths in characters, matching the pattern as a whole."""
    shape = re.compile(pattern) if pattern else None

    def checked(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise type_error(value, "a string", path)
        if longest is not None and len(value) > longest:
            raise invalid(
                f"Invalid '{path}': string too long. Expected at most {longest} characters, "
                f"but got {len(value)}.",
                "string_above_max_length",
                path,
            )
        if len(value) < shortest:
            raise invalid(
                f"Invalid '{path}': string too short. Expected at least {shortest} characters, "
                f"but got {len(value)}.",
                "string_below_min_length",
                path,
            )
        if shape and not shape.fullmatch(value):
            raise value_error(path, f"it does not match the pattern {shape.pattern}.")
        return value

    return checked


def boolean(value: Any, path: str) -> bool:
    """Accept true or false."""
    if not isinstance(value, bool):
        raise type_error(value, "a boolean", path)
    return value


def integer(*, least: int | None = None, most: int | None = None) -> Check:
    """Accept an integer within bounds."""

    def checked(value: Any, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise type_error(value, "an integer", path)
        _bounds(value, least, most, path, "integer")
        return value

    return checked


def number(*, least: float | None = None, most: float | None = None) -> Check:
    """Accept a number within bounds."""

    def checked(value: Any, path: str) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise type_error(value, "a decimal", path)
        _bounds(value, least, most, path, "decimal")
        return value

    return checked


def _bounds(value: float, least: float | None, most: float | None, path: str, kind: str) -> None:
    if least is not None and value < least:
        raise invalid(
            f"Invalid '{path}': {kind} below minimum value. Expected a value >= {least}, "
            f"but got {_short(value)} instead.",
            f"{kind}_below_min_value",
            path,
        )
    if most is not None and value > most:
        raise invalid(
            f"Invalid '{path}': {kind} above maximum value. Expected a value <= {most}, "
            f"but got {_short(value)} instead.",
            f"{kind}_above_max_value",
            path,
        )


def _short(value: float) -> str:
    return str(value) if abs(value) < 1e18 else "a much larger one"


def choice(*names: str) -> Check:
    """Accept one of these strings."""
    known = ", ".join(f"'{name}'" for name in names)

    def checked(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise type_error(value, f"one of {known}", path)
        if value not in names:
            raise value_error(path, f"'{value[:60]}'. Supported values are: {known}.")
        return value

    return checked


def array(check: Check | None = None, *, most: int | None = None, least: int = 0) -> Check:
    """Accept an array within lengths, each element by `check`."""

    def checked(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise type_error(value, "an array", path)
        if most is not None and len(value) > most:
            raise invalid(
                f"Invalid '{path}': array too long. Expected at most {most} elements, "
                f"but got {len(value)}.",
                "array_above_max_length",
                path,
            )
        if len(value) < least:
            raise invalid(
                f"Invalid '{path}': array too short. Expected at least {least} elements, "
                f"but got {len(value)}.",
                "array_below_min_length",
                path,
            )
        if check is None:
            return value
        return [check(element, f"{path}[{index}]") for index, element in enumerate(value)]

    return checked


def mapping(value: Any, path: str) -> dict[str, Any]:
    """Accept any object."""
    if not isinstance(value, dict):
        raise type_error(value, "an object", path)
    return value


def record(
    fields: Mapping[str, Check], *, required: Collection[str] = (), open_ended: bool = False
) -> Check:
    """Accept an object of these fields; other keys are refused unless it is open-ended."""

    def checked(value: Any, path: str) -> dict[str, Any]:
        mapping(value, path)
        for key in required:
            if key not in value:
                raise missing(join(path, key))
        if not open_ended:
            check_keys(value, fields, path)
        return {
            key: fields[key](element, join(path, key)) if key in fields else element
            for key, element in value.items()
        }

    return checked


def metadata(value: Any, path: str) -> dict[str, str]:
    """Accept up to 16 pairs of strings, keys up to 64 and values up to 512 characters."""
    mapping(value, path)
    if len(value) > 16:
        raise invalid(
            f"Invalid '{path}': too many properties. Expected at most 16 properties, "
            f"but got {len(value)}.",
            "object_above_max_properties",
            path,
        )
    text = string(longest=512)
    for key, element in value.items():
        if len(key) > 64:
            raise invalid(
                f"Invalid '{path}': a key is too long. Expected at most 64 characters, "
                f"but got {len(key)}.",
                "string_above_max_length",
                path,
            )
        text(element, f"{path}.{key}")
    return dict(value)
