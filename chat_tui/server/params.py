"""The tables of request parameters of conversations and lists: bodies and query strings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_tui.server.items import INCLUDABLE, Item, normalise
from chat_tui.server.validation import (
    Check,
    array,
    check_keys,
    choice,
    integer,
    metadata,
    missing,
    nullable,
    type_error,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Params = dict[str, Any]

MAX_ITEMS = 20
"""Items in one request that creates items."""

PAGE_SIZES = (1, 20, 100)
"""Least, usual and greatest `limit` of a list."""


def checked_fields(body: Mapping[str, Any], fields: Mapping[str, Check]) -> Params:
    """Check keys first, then values in the order of the table. Raises ApiError."""
    check_keys(body, fields, "")
    return {key: check(body[key], key) for key, check in fields.items() if key in body}


def need_object(body: Any) -> None:
    """Raise ApiError for a body that is no JSON object."""
    if not isinstance(body, dict):
        raise type_error(body, "an object", "body")


def new_items(value: Any, path: str) -> list[Item]:
    """Check the items of a request that creates items."""
    array(most=MAX_ITEMS)(value, path)
    return [
        normalise(item, f"{path}[{index}]", stored_only=True) for index, item in enumerate(value)
    ]


def conversation_params(body: Any) -> Params:
    """Check the body of `POST /conversations`."""
    need_object(body)
    return checked_fields(body, {"items": nullable(new_items), "metadata": nullable(metadata)})


def update_params(body: Any) -> Params:
    """Check the body of `POST /conversations/{id}`."""
    need_object(body)
    if "metadata" not in body:
        raise missing("metadata")
    return checked_fields(body, {"metadata": nullable(metadata)})


def items_params(body: Any) -> Params:
    """Check the body of `POST /conversations/{id}/items`."""
    need_object(body)
    if body.get("items") is None:
        raise missing("items")

    def at_least_one(value: Any, path: str) -> list[Item]:
        array(least=1)(value, path)
        return new_items(value, path)

    return checked_fields(body, {"items": at_least_one})


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for."""

    limit: int = PAGE_SIZES[1]
    newest_first: bool = True
    after: str | None = None
    before: str | None = None


def query_params(pairs: list[tuple[str, str]], known: Collection[str]) -> dict[str, list[str]]:
    """Return the values of each query parameter; `name[]` means `name`. Raises ApiError."""
    query: dict[str, list[str]] = {}
    for key, value in pairs:
        query.setdefault(key.removesuffix("[]"), []).append(value)
    check_keys(query, known, "")
    return query


def page_of(query: Mapping[str, list[str]]) -> Page:
    """Return the page a list request asks for. Raises ApiError."""
    least, usual, most = PAGE_SIZES
    limit = usual
    if "limit" in query:
        text = query["limit"][-1]
        try:
            limit = integer(least=least, most=most)(int(text[:20]), "limit")
        except ValueError as error:
            raise type_error(text, "an integer", "limit") from error
    order = choice("asc", "desc")(query.get("order", ["desc"])[-1], "order")
    return Page(
        limit, order == "desc", query.get("after", [None])[-1], query.get("before", [None])[-1]
    )


def include_of(query: Mapping[str, list[str]]) -> list[str]:
    """Return what a request wants included. Raises ApiError."""
    check = choice(*INCLUDABLE)
    return [check(value, "include") for value in query.get("include", [])]


def flag_of(query: Mapping[str, list[str]], name: str) -> bool:
    """Return a boolean query parameter, false when absent. Raises ApiError."""
    value = query.get(name, ["false"])[-1]
    return choice("true", "false", "1", "0")(value.lower(), name) in ("true", "1")


def number_of(query: Mapping[str, list[str]], name: str) -> int | None:
    """Return a query parameter that is a number from 0 on, None when absent. Raises ApiError."""
    if name not in query:
        return None
    text = query[name][-1]
    try:
        value = int(text[:20])
    except ValueError as error:
        raise type_error(text, "an integer", name) from error
    checked: int = integer(least=0)(value, name)
    return checked
