"""Judges bodies and events by the published OpenAPI document, with the differences we know of."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema

_DOCUMENT = Path(__file__).with_name("openapi.json")

UNKNOWN_EVENTS = frozenset({"response.compaction.compacting"})
"""Events the SDK knows and the older document does not."""


def _schemas() -> dict[str, Any]:
    document = json.loads(_DOCUMENT.read_text())
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in ("ConversationItemList", "ResponseItemList"):
        # An empty list has no first and last id; the service sends null then.
        for key in ("first_id", "last_id"):
            schemas[name]["properties"][key] = {"type": ["string", "null"]}
    # The service sends null for these, the document has them absent.
    for name in ("ModelResponseProperties", "ResponseProperties"):
        for key in ("user", "safety_identifier", "prompt_cache_key"):
            if key in schemas[name]["properties"]:
                schemas[name]["properties"][key] = {"type": ["string", "null"]}
    # There is no usage before the end, and the service sends null.
    for part in schemas["Response"]["allOf"]:
        if "usage" in part.get("properties", {}):
            part["properties"]["usage"] = {"anyOf": [part["properties"]["usage"], {"type": "null"}]}
    # Two schemas require a key that they do not have.
    for name in ("LocalShellToolCallOutput", "MCPApprovalResponseResource"):
        known = schemas[name]["properties"]
        schemas[name]["required"] = [key for key in schemas[name]["required"] if key in known]
    # A model's failure may have any code; the SDK keeps the list open too.
    schemas["ResponseErrorCode"] = {"type": "string"}
    return schemas


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    document = {"components": {"schemas": _schemas()}, "$ref": f"#/components/schemas/{name}"}
    return jsonschema.Draft202012Validator(document)


@functools.cache
def _event_schemas() -> dict[str, str]:
    found = {}
    for name, schema in _schemas().items():
        kinds = schema.get("properties", {}).get("type", {}).get("enum", [])
        if name.endswith("Event") and len(kinds) == 1:
            found[kinds[0]] = name
    return found


def check(body: object, schema: str) -> None:
    """Fail unless the body is what the document calls by this name."""
    error = jsonschema.exceptions.best_match(_validator(schema).iter_errors(body))
    assert error is None, f"{schema}: {error.json_path}: {error.message}"


def check_event(event: dict[str, Any]) -> None:
    """Fail unless the event is what the document says of its type."""
    kind = event["type"]
    if kind not in UNKNOWN_EVENTS:
        check(event, _event_schemas()[kind])
