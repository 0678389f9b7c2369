"""Makes bad requests out of the server's own declarations: for each field, every way to be wrong.

A kind of check that is not known here is an error, so that nothing declared goes without rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, singledispatch
from typing import Any

from chat_tui.server.checks import (
    Anything,
    Array,
    Boolean,
    Choice,
    Identifier,
    Integer,
    Metadata,
    Never,
    Nullable,
    Number,
    Object,
    Only,
    Record,
    Refused,
    String,
    StringOr,
    Tagged,
    Then,
    Unless,
)
from chat_tui.server.item_types import MESSAGES, TYPES, ItemType, fields_of
from chat_tui.server.items import INPUT_ONLY, AnItem
from chat_tui.server.params import Body, Digits, Flag, Repeated

LARGE = 100_000
STRANGE = "no_such_thing"
Place = tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """A value that is wrong, and the error it has to give."""

    place: Place
    """The declared fields on the way to what is wrong."""
    what: str
    value: Any
    code: str
    param: str | None
    large: bool = False
    """Whether it takes megabytes, and is better tried without HTTP."""

    def inside(self, place: Place, value: Any) -> Fault:
        """Return the same fault with more around it."""
        return replace(self, place=(*place, *self.place), value=value)


EXAMPLES: dict[str, dict[str, Any]] = {
    "input_image": {"image_url": "data:image/png;base64,AAAA"},
    "input_file": {"file_id": "file_1"},
}
"""What a step after the table asks for besides."""


@singledispatch
def example(check: Any) -> Any:
    """Return a value that the check accepts."""
    raise TypeError(check)


@example.register(Nullable | Then | Repeated | Only)
def _(check: Any) -> Any:
    return check.served[0] if isinstance(check, Only) else example(check.check)


@example.register
def _(check: StringOr) -> Any:
    return example(check.string)


@example.register
def _(check: String) -> Any:
    return "x" * max(1, check.shortest)


@example.register
def _(check: Identifier) -> Any:
    return f"{check.prefix}_1"


@example.register(Anything | Boolean)
def _(_check: Any) -> Any:
    return True


@example.register(Integer | Number)
def _(check: Any) -> Any:
    return check.least or 0


@example.register
def _(check: Choice) -> Any:
    return check.names[0]


@example.register
def _(check: Array) -> Any:
    return [example(check.of)] * max(1, check.least)


@example.register(Object | Metadata)
def _(_check: Any) -> Any:
    return {}


@example.register
def _(check: Record) -> Any:
    found = {key: example(check.fields[key]) for key in check.required}
    if isinstance(kind := check.fields.get("type"), Choice):
        found = {"type": kind.names[0], **found, **EXAMPLES.get(kind.names[0], {})}
    return found


@example.register
def _(check: Tagged) -> Any:
    return example(next(s for s in check.shapes.values() if not isinstance(s, Refused)))


@example.register
def _(_check: AnItem) -> Any:
    return _item("message", MESSAGES["user"])


@singledispatch
def faults(check: Any, _path: str) -> Iterator[Fault]:
    """Yield every fault of a value in this place."""
    raise TypeError(check)


WRONG_TYPE = "wrong type"
NULL = "null"


def _fault(path: str, what: str, value: Any, code: str) -> Fault:
    return Fault((), what, value, code, path)


def _wrong_type(path: str, value: Any = 5) -> Fault:
    return _fault(path, WRONG_TYPE, value, "invalid_type")


def _but_of_type(found: Iterator[Fault]) -> Iterator[Fault]:
    """Leave out the wrong type of the value itself, which somebody else has looked at."""
    return (fault for fault in found if fault.place or fault.what != WRONG_TYPE)


def _null(check: Any, path: str) -> Iterator[Fault]:
    """Yield the fault of a null where there must be something."""
    while isinstance(check, Then | Only):
        check = check.check
    if not isinstance(check, Nullable | Anything | Refused | Unless):
        code = "invalid_value" if isinstance(check, Never) else "invalid_type"
        yield _fault(path, NULL, None, code)


@faults.register(Nullable | Then)
def _(check: Any, path: str) -> Iterator[Fault]:
    yield from faults(check.check, path)


@faults.register
def _(check: StringOr, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield from _but_of_type(faults(check.string, path))
    yield from _but_of_type(faults(check.other, path))


@faults.register
def _(_check: Anything, _path: str) -> Iterator[Fault]:
    return iter(())


@faults.register
def _(check: String, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield from _lengths(check, path)
    if check.pattern is not None:
        yield _fault(path, "wrong pattern", "a b", "invalid_value")


@faults.register
def _(check: Identifier, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield from _lengths(String(longest=128, shortest=1), path)
    if check.prefix:
        yield _fault(path, "wrong prefix", "zz_1", "invalid_value")


@faults.register
def _(_check: Boolean, path: str) -> Iterator[Fault]:
    yield _wrong_type(path, "yes")


@faults.register(Integer | Number)
def _(check: Any, path: str) -> Iterator[Fault]:
    yield _wrong_type(path, "many")
    kind = "integer" if isinstance(check, Integer) else "decimal"
    if check.least is not None:
        yield _fault(path, "too small", check.least - 1, f"{kind}_below_min_value")
    if check.most is not None:
        yield _fault(path, "too large", check.most + 1, f"{kind}_above_max_value")


@faults.register
def _(_check: Choice, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield _fault(path, "unknown value", STRANGE, "invalid_value")


@faults.register
def _(check: Array, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    one = example(check.of)
    if check.most is not None:
        yield _fault(path, "too many", [one] * (check.most + 1), "array_above_max_length")
    if check.least:
        yield _fault(path, "too few", [one] * (check.least - 1), "array_below_min_length")
    for inner in (*_null(check.of, f"{path}[0]"), *faults(check.of, f"{path}[0]")):
        yield inner.inside((), [inner.value])


@faults.register
def _(_check: Object, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)


@faults.register
def _(check: Record, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield from record_faults(check.fields, check.required, example(check), path)


@faults.register
def _(check: Tagged, path: str) -> Iterator[Fault]:
    key = f"{path}.{check.key}"
    yield _wrong_type(path)
    yield _fault(key, "missing", {}, "missing_required_parameter")
    yield _wrong_type(key, {check.key: 5})
    yield _fault(key, "unknown value", {check.key: STRANGE}, "invalid_value")
    for name, shape in check.shapes.items():
        for inner in _but_of_type(faults(shape, path)):
            refused = isinstance(shape, Refused)
            yield inner.inside((name,), {check.key: name} if refused else inner.value)


@faults.register
def _(_check: Never, path: str) -> Iterator[Fault]:
    yield _fault(path, "not here", "commentary", "invalid_value")


@faults.register
def _(check: Refused, path: str) -> Iterator[Fault]:
    where = f"{path}.{check.key}" if check.key else path
    yield _fault(where, "not served", {}, "unsupported_parameter")


@faults.register
def _(_check: Unless, path: str) -> Iterator[Fault]:
    yield _fault(path, "not served", True, "unsupported_parameter")


@faults.register
def _(check: Only, path: str) -> Iterator[Fault]:
    yield from faults(check.check, path)
    inner: Any = check.check
    known = inner.names if isinstance(inner, Choice) else [inner.most]
    for value in sorted(set(known) - set(check.served)):
        yield _fault(path, "not served", value, "unsupported_parameter")


@faults.register
def _(_check: Metadata, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    pairs = {str(number): "x" for number in range(17)}
    yield _fault(path, "too many", pairs, "object_above_max_properties")
    yield _fault(path, "long key", {"k" * 65: "x"}, "string_above_max_length")
    yield _wrong_type(f"{path}.k", {"k": 5})
    yield _fault(f"{path}.k", NULL, {"k": None}, "invalid_type")
    yield _fault(f"{path}.k", "too long", {"k": "x" * 513}, "string_above_max_length")


@faults.register
def _(check: AnItem, path: str) -> Iterator[Fault]:
    yield _wrong_type(path)
    yield _fault(f"{path}.type", "missing", {}, "missing_required_parameter")
    yield _fault(f"{path}.type", "unknown value", {"type": STRANGE}, "invalid_value")
    for name, kind, shape in item_shapes(stored_only=check.stored_only):
        known = fields_of(kind, shape)
        for inner in record_faults(known, shape.required, _item(kind, shape), path):
            nameless = kind == "item_reference" and inner.place == ("type",)
            if not (nameless and inner.what == NULL):
                yield inner.inside((name,), inner.value)


@faults.register
def _(check: Digits, path: str) -> Iterator[Fault]:
    yield _wrong_type(path, "ten")
    for inner in _but_of_type(faults(check.number, path)):
        yield inner.inside((), str(inner.value))


@faults.register
def _(_check: Flag, path: str) -> Iterator[Fault]:
    yield _fault(path, "unknown value", "maybe", "invalid_value")


@faults.register
def _(check: Repeated, path: str) -> Iterator[Fault]:
    yield from faults(check.check, path)


@lru_cache
def _of_length(characters: int) -> str:
    return "x" * characters


def _lengths(check: String, path: str) -> Iterator[Fault]:
    if check.longest is not None:
        value = _of_length(check.longest + 1)
        large = check.longest > LARGE
        yield Fault((), "too long", value, "string_above_max_length", path, large)
    if check.shortest:
        value = "x" * (check.shortest - 1)
        yield Fault((), "too short", value, "string_below_min_length", path)


def record_faults(
    known: Mapping[str, Any], required: tuple[str, ...], valid: dict[str, Any], path: str
) -> Iterator[Fault]:
    """Yield every fault of an object of these fields, of which `valid` is a good one."""

    def at(key: str) -> str:
        return f"{path}.{key}" if path else key

    for key in required:
        without = {name: value for name, value in valid.items() if name != key}
        yield Fault((key,), "missing", without, "missing_required_parameter", at(key))
    yield Fault((), "unknown sibling", {**valid, STRANGE: 1}, "unknown_parameter", at(STRANGE))
    for key, check in known.items():
        for inner in (*_null(check, at(key)), *faults(check, at(key))):
            yield inner.inside((key,), {**valid, key: inner.value})


def item_shapes(*, stored_only: bool) -> Iterator[tuple[str, str, ItemType]]:
    """Yield a name, the type and the shape of every item that may be sent."""
    for role, shape in MESSAGES.items():
        yield f"message of {role}", "message", shape
    for kind, shape in TYPES.items():
        if not (stored_only and kind in INPUT_ONLY and kind != "item_reference"):
            yield kind, kind, shape


def _item(kind: str, shape: ItemType) -> dict[str, Any]:
    known = fields_of(kind, shape)
    valid = {key: example(known[key]) for key in shape.required}
    for role, of_role in MESSAGES.items():
        if of_role is shape:
            valid["role"] = role
    return {"type": kind, **valid}


def body_faults(body: Body) -> Iterator[Fault]:
    """Yield every fault of a body."""
    yield Fault((), "wrong type", [], "invalid_type", "body")
    valid = valid_body(body)
    if body.any_of:
        rest = {key: value for key, value in valid.items() if key not in body.any_of}
        yield Fault(body.any_of[:1], "missing", rest, "missing_required_parameter", None)
    for key in body.elsewhere:
        yield Fault((key,), "elsewhere", {**valid, key: 1}, "unsupported_parameter", key)
    for fault in record_faults(body.fields, body.required, valid, ""):
        if fault.what == NULL and len(fault.place) == 1 and fault.param in body.required:
            # What must be there and is null counts as not there.
            yield replace(fault, code="missing_required_parameter")
        else:
            yield fault


def valid_body(body: Body) -> dict[str, Any]:
    """Return a body that is accepted."""
    return {key: example(body.fields[key]) for key in (*body.required, *body.any_of[:1])}
