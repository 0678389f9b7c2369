"""What requests carry, declared: bodies and query strings, and the tables of conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_tui.server.checks import Array, Check, Choice, Fields, Integer, Metadata, Nullable, String
from chat_tui.server.errors import invalid
from chat_tui.server.items import INCLUDABLE, AnItem
from chat_tui.server.validation import check_keys, missing, type_error

if TYPE_CHECKING:
    from collections.abc import Sequence

Params = dict[str, Any]

MAX_ITEMS = 20
"""Items in one request that creates items."""

PAGE_SIZES = (1, 20, 100)
"""Least, usual and greatest `limit` of a list."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a JSON body has to be: an object of these fields, in the reference's order of errors."""

    fields: Fields
    required: tuple[str, ...] = ()
    """Keys that must be there; null counts as not there, unless the field may be null."""
    any_of: tuple[str, ...] = ()
    """Keys of which one must be there."""
    elsewhere: Mapping[str, str | None] = field(default_factory=dict)
    """Keys of another API that are refused by name, and what they are called here, if anything."""

    def check(self, body: Any) -> Params:
        """Return the checked fields. Raises ApiError."""
        if not isinstance(body, dict):
            raise type_error(body, "an object", "body")
        for key in self.required:
            nullable = key in body and isinstance(self.fields[key], Nullable)
            if body.get(key) is None and not nullable:
                raise missing(key)
        if self.any_of and all(body.get(key) is None for key in self.any_of):
            names = ", ".join(f"'{key}'" for key in self.any_of)
            raise invalid(
                f"Missing required parameter: one of {names} must be given.",
                "missing_required_parameter",
                None,
            )
        for key in body:
            if key in self.elsewhere and key not in self.fields:
                better = self.elsewhere[key]
                hint = f" Use '{better}' instead." if better else ""
                raise invalid(
                    f"Unsupported parameter: '{key}' belongs to Chat Completions.{hint}",
                    "unsupported_parameter",
                    key,
                )
        check_keys(body, self.fields, "")
        return {key: check(body[key], key) for key, check in self.fields.items() if key in body}


_ITEMS = Array(AnItem(stored_only=True), most=MAX_ITEMS)

CONVERSATION = Body({"items": Nullable(_ITEMS), "metadata": Nullable(Metadata())})
"""The body of `POST /conversations`."""

UPDATE = Body({"metadata": Nullable(Metadata())}, required=("metadata",))
"""The body of `POST /conversations/{id}`."""

ITEMS = Body(
    {"items": Array(AnItem(stored_only=True), most=MAX_ITEMS, least=1)}, required=("items",)
)
"""The body of `POST /conversations/{id}/items`."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Accept the digits of an integer within bounds, and return the integer."""

    number: Integer

    def __call__(self, value: Any, path: str) -> int:
        """Check what the digits say."""
        try:
            number = int(value[:20])
        except ValueError as error:
            raise type_error(value, "an integer", path) from error
        return self.number(number, path)


@dataclass(frozen=True, slots=True)
class Flag:
    """Accept a word for true or false."""

    def __call__(self, value: Any, path: str) -> bool:
        """Return what the word says."""
        return Choice("true", "false", "1", "0")(value.lower(), path) in ("true", "1")


@dataclass(frozen=True, slots=True)
class Repeated:
    """Accept a query parameter that may be given several times."""

    check: Check

    def __call__(self, value: Any, path: str) -> list[Any]:
        """Check each."""
        return [self.check(element, path) for element in value]


PAGE: Fields = {
    "limit": Digits(Integer(least=PAGE_SIZES[0], most=PAGE_SIZES[2])),
    "order": Choice("asc", "desc"),
    "after": String(),
}
"""The query of a list."""

INCLUDE: Fields = {"include": Repeated(Choice(*INCLUDABLE))}
"""The query of what shows items."""


def checked_query(pairs: Sequence[tuple[str, str]], fields: Fields) -> Params:
    """Return the checked query; `name[]` means `name`, and the last one counts. Raises ApiError."""
    given: dict[str, list[str]] = {}
    for key, value in pairs:
        given.setdefault(key.removesuffix("[]"), []).append(value)
    check_keys(given, fields, "")
    return {
        key: check(given[key] if isinstance(check, Repeated) else given[key][-1], key)
        for key, check in fields.items()
        if key in given
    }


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    limit: int = PAGE_SIZES[1]
    newest_first: bool = True
    after: str | None = None
    before: str | None = None


def page_of(query: Params) -> Page:
    """Return the page a checked query asks for."""
    return Page(
        query.get("limit", PAGE_SIZES[1]),
        query.get("order", "desc") == "desc",
        query.get("after"),
        query.get("before"),
    )
