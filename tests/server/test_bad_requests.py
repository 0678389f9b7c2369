"""Each field of each endpoint, wrong in every way, made from the server's own declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from chat_tui.server.checks import Array, Boolean, Nullable, Record, String
from chat_tui.server.errors import ApiError
from chat_tui.server.params import Body, checked_query
from tests.server.asking import ask, error_of, items_of, new_conversation, user
from tests.server.bad_requests import (
    STRANGE,
    Fault,
    Place,
    body_faults,
    record_faults,
    valid_body,
)
from tests.server.declared import declared, without_rows

if TYPE_CHECKING:
    import httpx2

    from chat_tui.server.web import Operation
    from tests.server.conftest import Where


@pytest.fixture(scope="module")
def known(http: httpx2.Client) -> dict[str, str]:
    """Something real for each part of a path."""
    conversation = new_conversation(http, user("x"))
    return {
        "conversation_id": conversation,
        "item_id": items_of(http, conversation)[0]["id"],
        "response_id": ask(http, "echo x")["id"],
        "model": "demo",
    }


def of_query(operation: Operation) -> Iterator[Fault]:
    for fault in record_faults(operation.query, (), {}, ""):
        if all(isinstance(value, str) for value in fault.value.values()):
            yield fault
    yield Fault((), "unknown sibling", {STRANGE: "1"}, "unknown_parameter", STRANGE)


def test_every_declared_field_has_rows(operations: dict[Where, Operation]) -> None:
    for where, operation in operations.items():
        if operation.body is not None:
            missing = without_rows(operation.body.fields, body_faults(operation.body))
            assert missing == [], where
    assert len(list(declared(operations["POST", "/responses"].body))) > 300


def test_a_field_without_rows_is_found() -> None:
    inner = Record({"seen": String(), "unseen": Boolean()})
    body = Body({"outer": Nullable(Array(inner))})
    rows = [fault for fault in body_faults(body) if "unseen" not in fault.place]
    assert without_rows(body.fields, rows) == [("outer", "unseen")]
    with pytest.raises(TypeError):
        list(body_faults(Body({"new": lambda value, _path: value})))


def test_every_bad_body_is_refused_as_declared(operations: dict[Where, Operation]) -> None:
    rows = 0
    for where, operation in operations.items():
        if operation.body is None:
            continue
        operation.body.check(valid_body(operation.body))
        for fault in body_faults(operation.body):
            with pytest.raises(ApiError) as refused:
                operation.body.check(fault.value)
            error = refused.value
            assert (error.status, error.code, error.param) == (400, fault.code, fault.param), (
                where,
                fault.place,
                fault.what,
            )
            rows += 1
    assert rows > 3000


def test_every_bad_body_is_refused_over_http(
    operations: dict[Where, Operation], known: Mapping[str, str], http: httpx2.Client
) -> None:
    sent: set[tuple[Place, str]] = set()
    for (method, path), operation in operations.items():
        if operation.body is None:
            continue
        for fault in body_faults(operation.body):
            # What lies within an item or a parameter is the same everywhere: once is enough.
            inner = (fault.place[1:], fault.what)
            if fault.large or (len(fault.place) > 1 and inner in sent):
                continue
            sent.add(inner)
            reply = http.request(method, path.format(**known), json=fault.value)
            assert error_of(reply) == (400, fault.code, fault.param), (path, fault.place)
    assert len(sent) > 700


def test_every_bad_query_is_refused(
    operations: dict[Where, Operation], known: Mapping[str, str], http: httpx2.Client
) -> None:
    rows = 0
    for (method, path), operation in operations.items():
        for fault in of_query(operation):
            with pytest.raises(ApiError):
                checked_query(list(fault.value.items()), operation.query)
            reply = http.request(method, path.format(**known), params=fault.value, content=b"{}")
            assert error_of(reply) == (400, fault.code, fault.param), (method, path, fault.value)
            rows += 1
    assert rows >= 40


def test_every_operation_that_takes_a_body_refuses_what_is_none(
    operations: dict[Where, Operation], known: Mapping[str, str], http: httpx2.Client
) -> None:
    for (method, path), operation in operations.items():
        if operation.body is None:
            continue
        reply = http.request(method, path.format(**known), content=b"{")
        assert error_of(reply) == (400, "invalid_json", None), path
