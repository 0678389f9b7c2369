"""The limits that the API publishes, as literals: the most is taken, and one more is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chat_tui.server.errors import ApiError
from chat_tui.server.params import CONVERSATION, ITEMS, PAGE, checked_query, page_of
from chat_tui.server.response_params import RESPONSE
from tests.server.asking import user

if TYPE_CHECKING:
    from chat_tui.server.params import Body


def turn(**more: Any) -> dict[str, Any]:
    return {"model": "demo", "input": "x", **more}


def given(item: dict[str, Any]) -> dict[str, Any]:
    return turn(input=[item])


def part(kind: str, key: str, length: int) -> dict[str, Any]:
    return given({"role": "user", "content": [{"type": kind, key: "x" * length}]})


def items(number: int) -> dict[str, Any]:
    return {"items": [user("x")] * number}


def pairs(number: int) -> dict[str, str]:
    return {str(n): "x" for n in range(number)}


def tool(length: int) -> dict[str, Any]:
    return turn(tools=[{"type": "function", "name": "x" * length}])


def call(length: int) -> dict[str, Any]:
    return given({"type": "function_call_output", "call_id": "x" * length, "output": "x"})


def blob(length: int) -> dict[str, Any]:
    return given({"type": "compaction", "encrypted_content": "x" * length})


def threshold(tokens: int) -> dict[str, Any]:
    return turn(context_management=[{"type": "compaction", "compact_threshold": tokens}])


LIMITS: dict[str, tuple[Body, Any, Any]] = {
    "metadata pairs": (CONVERSATION, {"metadata": pairs(16)}, {"metadata": pairs(17)}),
    "metadata key": (CONVERSATION, {"metadata": {"k" * 64: "x"}}, {"metadata": {"k" * 65: "x"}}),
    "metadata value": (
        CONVERSATION,
        {"metadata": {"k": "x" * 512}},
        {"metadata": {"k": "x" * 513}},
    ),
    "items of a conversation": (CONVERSATION, items(20), items(21)),
    "items at once": (ITEMS, items(20), items(21)),
    "items at least": (ITEMS, items(1), items(0)),
    "input": (RESPONSE, turn(input="x" * 10_485_760), turn(input="x" * 10_485_761)),
    "input_text": (
        RESPONSE,
        part("input_text", "text", 10_485_760),
        part("input_text", "text", 10_485_761),
    ),
    "image_url": (
        RESPONSE,
        part("input_image", "image_url", 20_971_520),
        part("input_image", "image_url", 20_971_521),
    ),
    "file_data": (
        RESPONSE,
        part("input_file", "file_data", 73_400_320),
        part("input_file", "file_data", 73_400_321),
    ),
    "encrypted_content": (RESPONSE, blob(20_971_520), blob(20_971_521)),
    "call_id, longest": (RESPONSE, call(64), call(65)),
    "call_id, shortest": (RESPONSE, call(1), call(0)),
    "function name": (RESPONSE, tool(128), tool(129)),
    "compact_threshold": (RESPONSE, threshold(1000), threshold(999)),
    "context_management": (RESPONSE, threshold(1000), turn(context_management=[])),
    "max_output_tokens": (RESPONSE, turn(max_output_tokens=16), turn(max_output_tokens=15)),
    "safety_identifier": (
        RESPONSE,
        turn(safety_identifier="x" * 128),
        turn(safety_identifier="x" * 129),
    ),
    "prompt_cache_key": (
        RESPONSE,
        turn(prompt_cache_key="x" * 64),
        turn(prompt_cache_key="x" * 65),
    ),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_the_published_one(limit: str) -> None:
    body, good, bad = LIMITS[limit]
    body.check(good)
    with pytest.raises(ApiError) as refused:
        body.check(bad)
    assert refused.value.status == 400
    assert refused.value.code is not None
    assert refused.value.code.endswith(
        ("_above_max_length", "_max_properties", "_below_min_value", "_below_min_length")
    )


def test_a_page_is_of_1_to_100() -> None:
    assert page_of(checked_query([], PAGE)).limit == 20
    for good in ("1", "100"):
        assert checked_query([("limit", good)], PAGE)["limit"] == int(good)
    for bad in ("0", "101"):
        with pytest.raises(ApiError):
            checked_query([("limit", bad)], PAGE)


@pytest.mark.parametrize("name", ["a b", "ä", "a.b", "a\n"])
def test_a_function_name_is_of_letters_digits_and_dashes(name: str) -> None:
    RESPONSE.check(turn(tools=[{"type": "function", "name": "aZ_9-"}]))
    with pytest.raises(ApiError):
        RESPONSE.check(turn(tools=[{"type": "function", "name": name}]))
