"""The kinds of checks that the tables of parameters and items are made of, with the API's errors.

A check is called with a value and the path to it, and returns the value to work with or raises
ApiError. What it asks for can be read from its attributes, so that tests can be made from the
tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chat_tui.server.errors import invalid
from chat_tui.server.validation import (
    check_keys,
    join,
    missing,
    type_error,
    unsupported,
    value_error,
)

Check = Callable[[Any, str], Any]
"""(value, path) -> value."""

Fields = Mapping[str, Check]
"""The checks of an object's keys."""


@dataclass(frozen=True, slots=True)
class Nullable:
    """Let null through, as None."""

    check: Check

    def __call__(self, value: Any, path: str) -> Any:
        """Check what is not null."""
        return None if value is None else self.check(value, path)


@dataclass(frozen=True, slots=True)
class Anything:
    """Accept every value."""

    def __call__(self, value: Any, _path: str) -> Any:
        """Return it."""
        return value


@dataclass(frozen=True, slots=True)
class String:
    """Accept a string within lengths in characters, matching the pattern as a whole."""

    longest: int | None = None
    shortest: int = 0
    pattern: str | None = None

    def __call__(self, value: Any, path: str) -> str:
        """Check type, then lengths, then pattern."""
        if not isinstance(value, str):
            raise type_error(value, "a string", path)
        if self.longest is not None and len(value) > self.longest:
            raise invalid(
                f"Invalid '{path}': string too long. Expected at most {self.longest} characters, "
                f"but got {len(value)}.",
                "string_above_max_length",
                path,
            )
        if len(value) < self.shortest:
            raise invalid(
                f"Invalid '{path}': string too short. Expected at least {self.shortest} "
                f"characters, but got {len(value)}.",
                "string_below_min_length",
                path,
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise value_error(path, f"it does not match the pattern {self.pattern}.")
        return value


@dataclass(frozen=True, slots=True)
class Identifier:
    """Accept an id; one that a client made must begin with the prefix, where there is one."""

    prefix: str = ""

    def __call__(self, value: Any, path: str) -> str:
        """Check length, then prefix."""
        identifier = String(shortest=1, longest=128)(value, path)
        if not identifier.startswith(self.prefix):
            raise value_error(
                path, f"'{identifier}'. Expected an id that begins with '{self.prefix}'."
            )
        return identifier


@dataclass(frozen=True, slots=True)
class Boolean:
    """Accept true or false."""

    def __call__(self, value: Any, path: str) -> bool:
        """Check the type."""
        if not isinstance(value, bool):
            raise type_error(value, "a boolean", path)
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """Accept an integer within bounds."""

    least: int | None = None
    most: int | None = None

    def __call__(self, value: Any, path: str) -> int:
        """Check type, then bounds."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise type_error(value, "an integer", path)
        _bounds(value, self.least, self.most, path, "integer")
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """Accept a number within bounds."""

    least: float | None = None
    most: float | None = None

    def __call__(self, value: Any, path: str) -> float:
        """Check type, then bounds."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise type_error(value, "a decimal", path)
        _bounds(value, self.least, self.most, path, "decimal")
        return value


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


class Choice:
    """Accept one of these strings."""

    __slots__ = ("_known", "names")

    def __init__(self, *names: str) -> None:
        self.names = names
        self._known = ", ".join(f"'{name}'" for name in names)

    def __call__(self, value: Any, path: str) -> str:
        """Check type, then value."""
        if not isinstance(value, str):
            raise type_error(value, f"one of {self._known}", path)
        if value not in self.names:
            raise value_error(path, f"'{value[:60]}'. Supported values are: {self._known}.")
        return value


@dataclass(frozen=True, slots=True)
class Array:
    """Accept an array within lengths, each element by `of`."""

    of: Check = Anything()
    most: int | None = None
    least: int = 0

    def __call__(self, value: Any, path: str) -> list[Any]:
        """Check type, then length, then elements."""
        if not isinstance(value, list):
            raise type_error(value, "an array", path)
        if self.most is not None and len(value) > self.most:
            raise invalid(
                f"Invalid '{path}': array too long. Expected at most {self.most} elements, "
                f"but got {len(value)}.",
                "array_above_max_length",
                path,
            )
        if len(value) < self.least:
            raise invalid(
                f"Invalid '{path}': array too short. Expected at least {self.least} elements, "
                f"but got {len(value)}.",
                "array_below_min_length",
                path,
            )
        return [self.of(element, f"{path}[{index}]") for index, element in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Object:
    """Accept any object."""

    def __call__(self, value: Any, path: str) -> dict[str, Any]:
        """Check the type."""
        if not isinstance(value, dict):
            raise type_error(value, "an object", path)
        return value


@dataclass(frozen=True, slots=True)
class Record:
    """Accept an object of these fields; other keys are refused."""

    fields: Fields
    required: tuple[str, ...] = ()

    def __call__(self, value: Any, path: str) -> dict[str, Any]:
        """Check what must be there, then the names, then the values."""
        Object()(value, path)
        for key in self.required:
            if key not in value:
                raise missing(join(path, key))
        check_keys(value, self.fields, path)
        return {key: self.fields[key](item, join(path, key)) for key, item in value.items()}


@dataclass(frozen=True, slots=True)
class Tagged:
    """Accept an object whose `key` tells which of the shapes it has."""

    shapes: Mapping[str, Check]
    key: str = "type"

    def __call__(self, value: Any, path: str) -> Any:
        """Check the key, then the shape."""
        Object()(value, path)
        where = join(path, self.key)
        if self.key not in value:
            raise missing(where)
        return self.shapes[Choice(*self.shapes)(value[self.key], where)](value, path)


@dataclass(frozen=True, slots=True)
class StringOr:
    """Accept a string by one check, and an array or object (as `noun` says) by another."""

    string: Check
    other: Check
    noun: str

    def __call__(self, value: Any, path: str) -> Any:
        """Check by the type."""
        if isinstance(value, str):
            return self.string(value, path)
        if not isinstance(value, list if self.noun == "an array" else dict):
            raise type_error(value, f"a string or {self.noun}", path)
        return self.other(value, path)


@dataclass(frozen=True, slots=True)
class Then:
    """Accept what the check accepts, and bring it into another form or refuse it after all."""

    check: Check
    step: Check

    def __call__(self, value: Any, path: str) -> Any:
        """Check, then step."""
        return self.step(self.check(value, path), path)


@dataclass(frozen=True, slots=True)
class Never:
    """Accept no value, for a reason."""

    reason: str

    def __call__(self, _value: Any, path: str) -> Any:
        """Raise ApiError."""
        raise value_error(path, self.reason)


@dataclass(frozen=True, slots=True)
class Refused:
    """Refuse by name what the API knows and this server does not do; null is nothing."""

    what: str
    key: str = ""
    """The key to name, when an object is refused for the value of one."""

    def __call__(self, value: Any, path: str) -> None:
        """Raise ApiError for anything but null."""
        if value is not None:
            raise unsupported(join(path, self.key) if self.key else path, self.what)


@dataclass(frozen=True, slots=True)
class Unless:
    """Refuse by name a true value of what this server does not do; false is left out."""

    what: str

    def __call__(self, value: Any, path: str) -> None:
        """Raise ApiError for anything but null, false and what is empty."""
        if value:
            raise unsupported(path, self.what)


@dataclass(frozen=True, slots=True)
class Only:
    """Accept a value the API knows if it is served here, and refuse the others by name."""

    check: Check
    served: tuple[Any, ...]

    def __call__(self, value: Any, path: str) -> Any:
        """Check by the API, then by what is served."""
        if self.check(value, path) not in self.served:
            raise unsupported(path, f"'{path}': {str(value)!r}")
        return value


@dataclass(frozen=True, slots=True)
class Metadata:
    """Accept up to 16 pairs of strings, keys up to 64 and values up to 512 characters."""

    def __call__(self, value: Any, path: str) -> dict[str, str]:
        """Check type, then size, then each pair."""
        Object()(value, path)
        if len(value) > 16:
            raise invalid(
                f"Invalid '{path}': too many properties. Expected at most 16 properties, "
                f"but got {len(value)}.",
                "object_above_max_properties",
                path,
            )
        text = String(longest=512)
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
