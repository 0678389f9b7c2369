"""The settings in effect and where each came from, secrets left out. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from chat_tui.config import Profile, Settings, default_of, is_setting, line_of, parse

HIDDEN = "…"

_VARIABLES = {
    "profile": "CHAT_TUI_PROFILE",
    "profiles.openai.base_url": "OPENAI_BASE_URL",
    "profiles.openai.api_key_env": "OPENAI_API_KEY",
    "profiles.openai.organization": "OPENAI_ORG_ID",
    "profiles.openai.project": "OPENAI_PROJECT_ID",
}


@dataclass(frozen=True, slots=True)
class Effective:
    """One setting: its dotted key, its value in effect and where that came from."""

    key: str
    value: object
    source: str


def effective(
    settings: Settings, text: str, path: Path, env: Mapping[str, str]
) -> Iterator[Effective]:
    """Yield the settings in effect; ``text`` is what the file at ``path`` holds, maybe nothing.

    Of profiles only what differs from a setting's default is told.
    """
    origin = _Origin(text, parse(text, path), env)
    for item in fields(settings):
        value = getattr(settings, item.name)
        if is_setting(item):
            yield origin.tell(item.name, item, value)
        elif is_dataclass(value):
            for part in fields(value):
                yield origin.tell(f"{item.name}.{part.name}", part, getattr(value, part.name))
    for name, profile in settings.profiles.items():
        for part in fields(profile):
            value = getattr(profile, part.name)
            if is_setting(part) and value != default_of(part):
                yield origin.tell(f"profiles.{name}.{part.name}", part, value)
    for action, keys in settings.keys.items():
        yield Effective(f"keys.{action}", keys, origin.in_file(f"keys.{action}"))


class _Origin:
    """Tells where values came from."""

    def __init__(self, text: str, written: Settings, env: Mapping[str, str]) -> None:
        self._text = text
        self._data = tomllib.loads(text)
        self._written = written
        self._env = env

    def tell(self, key: str, item: Field[Any], value: object) -> Effective:
        """Return a setting with its source."""
        return Effective(key, harmless(item.name, value), self._source(key, value))

    def _source(self, key: str, value: object) -> str:
        variable = _VARIABLES.get(key, "CHAT_TUI_MODEL" if key.endswith(".model") else "")
        if value != _lookup(self._written, key):
            return variable if self._env.get(variable) else "default"
        if _holds(self._data, key):
            return self.in_file(key)
        return "built in" if key.startswith("profiles.") else "default"

    def in_file(self, key: str) -> str:
        """Return the place of a key in the file."""
        line = line_of(self._text, key)
        return f"line {line}" if line else "the file"


def _lookup(settings: Settings, key: str) -> object:
    """Return what the file alone says of a key."""
    first, *rest = key.split(".")
    if first == "profiles":
        *name, last = rest
        return getattr(settings.profiles.get(".".join(name), Profile()), last)
    value = getattr(settings, first)
    return getattr(value, rest[0]) if rest else value


def _holds(data: Mapping[str, Any], key: str) -> bool:
    first, *rest = key.split(".")
    if first == "profiles":
        *name, last = rest
        return last in data.get("profiles", {}).get(".".join(name), {})
    return rest[0] in data.get(first, {}) if rest else first in data


def harmless(name: str, value: object) -> object:
    """Return a setting's value with what may be a secret hidden."""
    if name == "headers" and isinstance(value, dict):
        return dict.fromkeys(value, HIDDEN)
    if not isinstance(value, str) or not value:
        return value
    if name == "api_key_command":
        return f"{value.split()[0]} {HIDDEN}" if value.split()[1:] else value
    if name == "api_key_env" and not re.fullmatch(r"[A-Za-z_]\w*", value):
        return HIDDEN
    if name == "base_url":
        return Profile(base_url=value).address
    return value
