"""Reading ``config.toml`` and the environment; every complaint names file, line and key."""

from __future__ import annotations

import os
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from chat_tui.config.settings import (
    DEMO,
    OPENAI_BASE_URL,
    Composer,
    ConfigError,
    Defaults,
    EmbeddedServer,
    Profile,
    Settings,
    is_setting,
    near,
    read_compaction,
)

T = TypeVar("T", Settings, Profile, Defaults, Composer, EmbeddedServer)


def load(path: Path, env: Mapping[str, str] = os.environ) -> Settings:
    """Load settings from ``path`` (which may be missing) and the environment.

    Raises ConfigError when the file cannot be read, is not TOML, or holds an unknown key or a
    value of the wrong type; the sentence names file, line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _with_environment(Settings(), env)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {path}: {_reason(error)}.") from error
    return _with_environment(parse(text, path), env)


def parse(text: str, path: Path) -> Settings:
    """Return the settings written in ``text``; ``path`` is for the sentences of ConfigError."""
    import tomllib  # noqa: PLC0415 - not needed where there is no file

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {_lower_first(str(error))}.") from error
    source = _Source(text, path)
    profiles = dict(Settings().profiles)
    for name, table in source.tables(data.pop("profiles", {}), "profiles").items():
        if "name" in table:
            raise source.error(f"profiles.{name}.name", "is not a setting")
        base = profiles.get(name, Profile(name=name))
        profile = _build(base, table, f"profiles.{name}", source)
        if not profile.base_url and not profile.is_local:
            raise source.error(f"profiles.{name}", "needs base_url or upstream")
        if not re.match(r"https?://|$", profile.base_url):
            raise source.error(f"profiles.{name}.base_url", "must begin with http:// or https://")
        if not re.match(r"https?://|$", profile.upstream):
            raise source.error(f"profiles.{name}.upstream", "must begin with http:// or https://")
        profiles[name] = profile
    keys = source.keys(data.pop("keys", {}))
    settings = _build(Settings(), data, "", source)
    local = profiles["local"]
    if (local.upstream or settings.server.upstream) != DEMO and local.model == DEMO:
        profiles["local"] = replace(local, model="")  # that model is nowhere else
    settings = replace(settings, profiles=profiles, keys=keys, path=path)
    if settings.server.interrupted not in ("keep", "discard"):
        raise source.error("server.interrupted", "must be keep or discard")
    if settings.profile and settings.profile not in (*profiles, "openai"):
        raise source.error(
            "profile", f"names {settings.profile!r}, which is not defined under [profiles]"
        )
    return settings


@dataclass(frozen=True, slots=True)
class _Source:
    text: str
    path: Path

    def error(self, key: str, problem: str) -> ConfigError:
        line = line_of(self.text, key)
        where = f"{self.path}, line {line}" if line else str(self.path)
        stop = "" if problem.endswith("?") else "."
        return ConfigError(f"{where}: {key} {problem}{stop}")

    def tables(self, value: object, key: str) -> dict[str, dict[str, Any]]:
        if not isinstance(value, dict):
            raise self.error(key, "must be a table")
        for name, table in value.items():
            if not isinstance(table, dict):
                raise self.error(f"{key}.{name}", f"must be a table, as in [{key}.{name}]")
        return value

    def keys(self, value: object) -> dict[str, str]:
        if not isinstance(value, dict):
            raise self.error("keys", "must be a table")
        found: dict[str, str] = {}
        for action, keys in _flatten(value):
            if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
                found[action] = ",".join(keys)
            elif isinstance(keys, str):
                found[action] = keys
            else:
                raise self.error(f"keys.{action}", "must be a key, a list of keys or empty")
        return found


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """``conversation.new = …`` is a nested table to TOML and one action id to us."""
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((prefix + name, value))
    return found


def _build(base: T, table: Mapping[str, Any], prefix: str, source: _Source) -> T:
    """Return the dataclass ``base`` with the values of ``table``, checked by its annotations."""
    declared = {
        item.name: item for item in fields(base) if is_setting(item) or _section(base, item)
    }
    hints = typing.get_type_hints(type(base))
    changes: dict[str, Any] = {}
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if name not in declared:
            raise source.error(key, f"is not a setting{near(name, declared)}")
        current = getattr(base, name)
        if _section(base, declared[name]):
            if not isinstance(value, dict):
                raise source.error(key, f"must be a table, as in [{key}]")
            changes[name] = _build(current, value, key, source)
        else:
            changes[name] = _checked(hints[name], value, key, source)
    return replace(base, **changes)


def _section(base: object, item: Field[Any]) -> bool:
    return isinstance(getattr(base, item.name), Defaults | Composer | EmbeddedServer)


def _checked(hint: object, value: object, key: str, source: _Source) -> object:
    wanted = [kind for kind in _alternatives(hint) if kind is not types.NoneType]
    if key.rpartition(".")[2] == "compaction":
        try:
            return read_compaction(value)
        except ValueError as error:
            raise source.error(key, str(error)) from error
    for kind in wanted:
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            if isinstance(value, str) and value in list(kind):
                return kind(value)
            choices = ", ".join(kind)
            raise source.error(key, f"must be one of {choices}")
        if typing.get_origin(kind) is dict:
            if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
                return value
        elif type(value) is kind:
            return value
    names = {bool: "true or false", int: "a whole number", str: "a string in quotes"}
    raise source.error(
        key, "must be " + " or ".join(names.get(kind, "a table of strings") for kind in wanted)
    )


def _alternatives(hint: object) -> tuple[Any, ...]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return typing.get_args(hint)
    return (hint,)


def line_of(text: str, key: str) -> int:
    """Return the line (from 1) on which a dotted key of a TOML text is set, or 0."""
    section = ""
    best = 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line):
            section = header[1].replace('"', "")
            if section == key:
                best = number
        elif assigned := re.match(r"""\s*([\w."'-]+)\s*=""", line):
            name = assigned[1].replace('"', "").replace("'", "")
            if (f"{section}.{name}" if section else name) == key:
                return number
    return best


def _with_environment(settings: Settings, env: Mapping[str, str]) -> Settings:
    profiles = dict(settings.profiles)
    if "openai" not in profiles and (env.get("OPENAI_API_KEY") or env.get("OPENAI_BASE_URL")):
        profiles["openai"] = Profile(
            name="openai",
            base_url=env.get("OPENAI_BASE_URL") or OPENAI_BASE_URL,
            api_key_env="OPENAI_API_KEY",
            organization=env.get("OPENAI_ORG_ID", ""),
            project=env.get("OPENAI_PROJECT_ID", ""),
        )
    fallback = "openai" if settings.path is None and "openai" in profiles else "local"
    name = env.get("CHAT_TUI_PROFILE") or settings.profile or fallback
    if model := env.get("CHAT_TUI_MODEL"):
        profiles = {key: replace(profile, model=model) for key, profile in profiles.items()}
    return replace(settings, profiles=profiles, profile=name)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or type(error).__name__
