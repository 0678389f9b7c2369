"""``config.example.toml``: every setting with its sentence and default, made from the declarations.

A line that begins with ``# `` is prose; ``#name = value`` is a setting, commented out.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from typing import Any

import tomli_w

from chat_tui.config import Profile, Settings, default_of, is_setting, sentence
from chat_tui.tui.keymap import ACTIONS

PROFILE = "openai"
"""The profile that stands for all in the example."""

_WIDTH = 98

_HEAD = """\
# Settings of chat-tui. Every setting there is stands here with its default.
# A line such as #name = value is a setting: remove the # and change the value.
# chat-tui config path tells where this file belongs.
"""
_PROFILES = """\
Profiles: named endpoints. The profile local, the embedded server, always exists. As many others \
as you like, each in a table of its own. Without api_key_env the key is looked for in the keyring \
(service chat-tui, user name: the profile's name), then asked of api_key_command."""
_KEYS = """\
Keys: an action's id and its keys in Textual's names, as one string or as a list; an empty string \
unbinds. chat-tui config keys prints what is in effect."""


def example() -> str:
    """Return the text of the example."""
    return "\n".join([_HEAD, *_top(), *_sections(), *_profile(), *_keys()])


def _top() -> Iterator[str]:
    for item in fields(Settings):
        if is_setting(item):
            yield from _setting(item)


def _sections() -> Iterator[str]:
    for item in fields(Settings):
        section = default_of(item)
        if is_dataclass(section):
            yield from _prose(inspect.getdoc(section) or "")
            yield f"[{item.name}]\n"
            for part in fields(section):
                yield from _setting(part)


def _setting(item: Field[Any]) -> Iterator[str]:
    yield from _prose(sentence(item))
    if shown := item.metadata["example"]:
        yield f"# For example: {item.name} = {shown}"
    yield f"#{toml(item.name, default_of(item))}\n"


def _profile() -> Iterator[str]:
    yield from _prose(_PROFILES)
    yield f"#[profiles.{PROFILE}]\n"
    for item in fields(Profile):
        if not is_setting(item):
            continue
        default, shown = default_of(item), item.metadata["example"]
        if shown:
            told = "unset" if default is None else toml_value(default)
            yield from _prose(f"{sentence(item)} Default: {told}.")
            yield f"#{item.name} = {shown}\n"
        else:
            yield from _prose(sentence(item))
            yield f"#{toml(item.name, default)}\n"


def _keys() -> Iterator[str]:
    yield from _prose(_KEYS)
    yield "[keys]\n"
    for action in ACTIONS:
        yield f"# {action.sentence} ({action.scope})."
        yield f"#{toml(action.id, action.keys)}\n"


def _prose(text: str) -> Iterator[str]:
    return (f"# {line}" for line in textwrap.wrap(" ".join(text.replace("``", "").split()), _WIDTH))


def toml(name: str, value: object) -> str:
    """Return ``name = value`` as a line of TOML."""
    quoted = name if re.fullmatch(r"[\w-]+", name) else toml_value(name)
    return f"{quoted} = {toml_value(value)}"


def toml_value(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(toml(name, text) for name, text in value.items())} }}"
    # An enumeration's member is a string, but only a plain one is written as such.
    plain = str(value) if isinstance(value, str) else value
    return tomli_w.dumps({"v": plain}).removeprefix("v = ").strip()
