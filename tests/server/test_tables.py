"""The tables of parameters and items know every field the official SDK can send."""

from __future__ import annotations

import re
from typing import Any, get_args, get_type_hints

import pytest
from openai.types.responses import response_input_item_param as items_of_sdk
from openai.types.responses.input_token_count_params import InputTokenCountParams
from openai.types.responses.response_compact_params import ResponseCompactParams
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)

from chat_tui.server.item_types import MESSAGES, TYPES, fields_of
from chat_tui.server.response_params import COMPACT, COUNT, RESPONSE

RESERVED = {"async_": "async", "schema_": "schema"}
"""Keys that cannot be names in Python, as the SDK spells them."""

SHAPES = list(get_args(items_of_sdk.ResponseInputItemParam))


def keys_of(shape: Any) -> set[str]:
    return {RESERVED.get(name, name) for name in shape.__annotations__}


@pytest.mark.parametrize(
    ("shapes", "body"),
    [
        ((ResponseCreateParamsStreaming, ResponseCreateParamsNonStreaming), RESPONSE),
        ((InputTokenCountParams,), COUNT),
        ((ResponseCompactParams,), COMPACT),
    ],
)
def test_every_parameter_is_declared(shapes: tuple[Any, ...], body: Any) -> None:
    known: set[str] = set()
    for shape in shapes:
        known |= keys_of(shape)
    assert known == set(body.fields)


def test_every_type_of_item_is_declared() -> None:
    found = {kind_of(shape) for shape in SHAPES}
    assert found == {"message", *TYPES}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape.__name__))
def test_every_field_of_an_item_is_declared(shape: Any) -> None:
    kind = kind_of(shape)
    known = MESSAGES["assistant"] if kind == "message" else TYPES[kind]
    assert keys_of(shape) <= set(fields_of(kind, known))


def kind_of(shape: Any) -> str:
    """Return the type of the SDK's items of one shape."""
    hint = str(get_type_hints(shape, include_extras=True)["type"])
    (kind,) = re.findall(r"Literal\['(\w+)'\]", hint)
    return str(kind)
