"""What an endpoint says when it refuses: the kind of trouble, one sentence and a way out."""

from __future__ import annotations

from typing import Any

import pytest

from chat_tui.errors import EXIT_FAILED, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_USAGE
from chat_tui.gateway import GatewayError, Trouble
from chat_tui.gateway.errors import from_status, from_stream


def body(code: str | None, param: str | None = None, message: str = "It says why.") -> Any:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": error}


# api.md A.9: status, code, param, and what it means here.
TABLE = [
    (404, None, None, Trouble.NOT_FOUND, EXIT_NOT_FOUND),
    (404, None, "after", Trouble.NOT_FOUND, EXIT_NOT_FOUND),
    (404, "model_not_found", "model", Trouble.NOT_FOUND, EXIT_NOT_FOUND),
    (400, "previous_response_not_found", "previous_response_id", Trouble.CHAIN_BROKEN, EXIT_FAILED),
    (400, "mutually_exclusive_parameters", None, Trouble.INVALID, EXIT_USAGE),
    (400, "conversation_locked", "conversation", Trouble.LOCKED, EXIT_FAILED),
    (400, "context_length_exceeded", "input", Trouble.CONTEXT_FULL, EXIT_FAILED),
    (400, "missing_required_parameter", "input", Trouble.INVALID, EXIT_USAGE),
    (400, "invalid_type", "input[0].content", Trouble.INVALID, EXIT_USAGE),
    (400, "unknown_parameter", "input[1].status", Trouble.UNSUPPORTED, EXIT_USAGE),
    (400, "unsupported_parameter", "temperature", Trouble.UNSUPPORTED, EXIT_USAGE),
    (400, None, "temperature", Trouble.INVALID, EXIT_USAGE),
    (400, "integer_above_max_value", "limit", Trouble.INVALID, EXIT_USAGE),
    (400, "object_above_max_properties", "metadata", Trouble.INVALID, EXIT_USAGE),
    (400, "item_already_in_conversation", "items", Trouble.INVALID, EXIT_USAGE),
    (429, "rate_limit_exceeded", None, Trouble.RATE_LIMIT, EXIT_FAILED),
    (429, "insufficient_quota", None, Trouble.QUOTA, EXIT_FAILED),
    (401, "invalid_api_key", None, Trouble.AUTH, EXIT_REFUSED),
    (403, None, None, Trouble.FORBIDDEN, EXIT_REFUSED),
    (405, None, None, Trouble.NO_ROUTE, EXIT_FAILED),
    (501, None, None, Trouble.NO_ROUTE, EXIT_FAILED),
    (408, None, None, Trouble.TIMEOUT, EXIT_FAILED),
    (500, "server_error", None, Trouble.SERVER, EXIT_FAILED),
    (503, None, None, Trouble.SERVER, EXIT_FAILED),
]


@pytest.mark.parametrize(("status", "code", "param", "trouble", "exit_code"), TABLE)
def test_every_refusal_of_the_service_is_understood(
    status: int, code: str | None, param: str | None, trouble: Trouble, exit_code: int
) -> None:
    error = from_status(status, body(code, param), {"x-request-id": "req_1"})
    assert error.trouble is trouble
    assert error.exit_code == exit_code
    assert (error.status, error.code, error.param) == (status, code or "", param or "")
    assert error.request_id == "req_1"
    assert error.sentence.endswith("It says why.")
    assert error.nothing_done == (status < 500)


# For these the sentence is all there is; after UNSUPPORTED the turn is planned anew without it.
WITHOUT_A_WAY_OUT = (Trouble.NOT_FOUND, Trouble.INVALID, Trouble.UNSUPPORTED)


@pytest.mark.parametrize("trouble", [t for t in Trouble if t not in WITHOUT_A_WAY_OUT])
def test_trouble_a_person_can_do_something_about_has_a_way_out(trouble: Trouble) -> None:
    assert GatewayError(trouble, "It failed.").way_out.endswith(".")


@pytest.mark.parametrize(
    "said", [None, [], "html", {"detail": "Not Found"}, {"error": None}, {"error": 7}]
)
def test_a_404_in_another_shape_means_that_there_is_no_such_operation(said: object) -> None:
    error = from_status(404, said, {})
    assert error.trouble is Trouble.NO_ROUTE
    assert error.sentence == "The server refused: status 404 without an explanation."


def test_a_key_that_a_fastapi_server_does_not_know_is_understood() -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "conversation"], "msg": "Not permitted"}]
    error = from_status(422, {"detail": detail}, {})
    assert (error.trouble, error.param) == (Trouble.UNSUPPORTED, "conversation")
    assert error.sentence == "The server refused: conversation: Not permitted."
    wrong = [{"type": "int_parsing", "loc": ["body", "input", 0, "x\x1b"], "msg": "Not a number"}]
    error = from_status(422, {"detail": wrong}, {})
    assert (error.trouble, error.param) == (Trouble.INVALID, "input.0.x\x1b")
    assert error.sentence == "The server refused: input.0.x␛: Not a number."


@pytest.mark.parametrize("detail", [[], [7], [{}], [{"loc": 3, "msg": None}], {}, 5])
def test_an_odd_detail_is_no_explanation(detail: object) -> None:
    error = from_status(422, {"detail": detail}, {})
    assert error.trouble is Trouble.INVALID
    assert error.sentence == "The server refused: status 422 without an explanation."


@pytest.mark.parametrize("status", [400, 418, 500, 502])
@pytest.mark.parametrize(
    "said",
    [None, {"error": "plain text"}, {"error": {"message": {"deep": []}, "code": 7, "param": []}}],
)
def test_no_shape_of_error_body_makes_it_fail(status: int, said: object) -> None:
    error = from_status(status, said, {})
    assert error.trouble is (Trouble.INVALID if status < 500 else Trouble.SERVER)
    assert error.sentence.endswith(".")


def test_what_a_server_says_is_shown_inert_and_short() -> None:
    error = from_status(400, body(None, message="\x1b]0;x\x07 " + "long " * 1000), {})
    assert "\x1b" not in error.sentence
    assert len(error.sentence) < 450
    failed = from_stream({"code": "\x1b[31m", "message": "two\nlines\x9b"})
    assert failed.sentence == "The response failed (␛[31m): two lines‹009B›."


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, 0.0),
        ({"retry-after": "nan"}, 0.0),
        ({"retry-after": "inf"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "999999"}, 0.0),
    ],
)
def test_how_long_to_wait_is_read_only_where_it_makes_sense(
    headers: dict[str, str], seconds: float
) -> None:
    assert from_status(429, body("rate_limit_exceeded"), headers).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "trouble", "sentence"),
    [
        (None, Trouble.SERVER, "The response failed: no reason given."),
        ({}, Trouble.SERVER, "The response failed: no reason given."),
        (
            {"code": "server_error", "message": "It broke"},
            Trouble.SERVER,
            "The response failed (server_error): It broke.",
        ),
        (
            {"code": "rate_limit_exceeded", "message": "Slow down!"},
            Trouble.RATE_LIMIT,
            "The response failed (rate_limit_exceeded): Slow down!",
        ),
        (
            {"code": "context_length_exceeded", "message": None},
            Trouble.CONTEXT_FULL,
            "The response failed (context_length_exceeded): no reason given.",
        ),
        ({"code": 17, "message": ["x"]}, Trouble.SERVER, "The response failed (17): ['x']."),
    ],
)
def test_a_failure_within_the_stream_is_told_in_one_sentence(
    error: Any, trouble: Trouble, sentence: str
) -> None:
    failure = from_stream(error)
    assert (failure.trouble, failure.sentence) == (trouble, sentence)
    assert not failure.nothing_done
