"""The limits of conversation metadata, checked before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping

MAX_PAIRS = 16
MAX_KEY = 64
MAX_VALUE = 512
"""Pairs, characters of a key, characters of a value (api A.8)."""


def check_metadata(metadata: Mapping[str, str]) -> str:
    """Return one sentence saying what breaks the limits, or an empty string."""
    if len(metadata) > MAX_PAIRS:
        return f"Metadata holds at most {MAX_PAIRS} pairs; these are {len(metadata)}."
    for key, value in metadata.items():
        if not key:
            return "A metadata key must not be empty."
        if len(key) > MAX_KEY:
            return f"A metadata key has at most {MAX_KEY} characters; one has {len(key)}."
        if len(value) > MAX_VALUE:
            return (
                f"A metadata value has at most {MAX_VALUE} characters; "
                f"that of {key} has {len(value)}."
            )
    return ""


def with_title(metadata: Mapping[str, str], title: str) -> dict[str, str]:
    """Return metadata with a title, or without one where there is no room for it."""
    titled = {**metadata, "title": title}
    return titled if title and not check_metadata(titled) else dict(metadata)
