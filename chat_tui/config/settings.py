"""The settings: each one's name, type, default and sentence, declared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_tui.errors import EXIT_USAGE, ChatTuiError


class ConfigError(ChatTuiError):
    """The configuration cannot be used; the message is one sentence that names line and key."""

    exit_code = EXIT_USAGE


class Chaining(StrEnum):
    """What the next request refers to."""

    CONVERSATION = "conversation"
    RESPONSE = "response"
    MANUAL = "manual"


Compaction = str | int
"""``"off"``, ``"auto"`` (at 80 % of the model's window) or a threshold in tokens."""

MIN_COMPACT_THRESHOLD = 1000


def setting(default: Any, sentence: str, *, example: str = "") -> Any:
    """Declare a setting: its default, the sentence that explains it, a TOML example value."""
    metadata = {"sentence": sentence, "example": example}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


DEMO = "demo"
"""The upstream that needs nothing, and the model it names."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a new conversation starts with; a profile may say otherwise."""

    chaining: Chaining = setting(
        Chaining.CONVERSATION,
        "How turns find their context: conversation, response or manual.",
    )
    store: bool = setting(
        True, "Whether the server may keep the responses (false: off the record)."
    )
    compaction: Compaction = setting(
        "auto", 'When old context is compacted: "off", "auto" (at 80 %) or a number of tokens.'
    )
    instructions: str = setting("", "Instructions sent with every turn.", example='"Be brief."')


@dataclass(frozen=True, slots=True)
class Composer:
    """The input box."""

    enter_sends: bool = setting(
        True, "Enter sends and shift+enter breaks the line; false swaps the two."
    )


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """The local server behind the profile ``local``."""

    upstream: str = setting(
        DEMO,
        "What generates text: demo, which is offline and no AI, or the base URL of a "
        "chat-completions server.",
    )
    interrupted: str = setting(
        "keep",
        "What a stopped turn leaves in the conversation: keep (input and partial answer) or "
        "discard (nothing).",
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """A named endpoint with its credentials and defaults."""

    name: str = ""
    base_url: str = setting(
        "",
        "Where the API lives, with the version; empty only for local.",
        example='"https://api.openai.com/v1"',
    )
    upstream: str = setting(
        "",
        "Without base_url: a chat-completions server (with /v1) behind the embedded server, "
        "which keeps its conversations on this machine.",
        example='"http://127.0.0.1:11434/v1"',
    )
    api_key_env: str = setting(
        "", "Environment variable that holds the key.", example='"OPENAI_API_KEY"'
    )
    api_key_command: str = setting("", "Command that prints the key.", example='"pass show openai"')
    organization: str = setting("", "Organisation id sent with every request.")
    project: str = setting("", "Project id sent with every request.")
    model: str = setting("", "The model to ask for.", example='"gpt-5.2"')
    context_window: int = setting(0, "The model's context window in tokens; 0 means look it up.")
    chaining: Chaining | None = setting(None, "Overrides defaults.chaining.", example='"response"')
    store: bool | None = setting(None, "Overrides defaults.store.", example="false")
    compaction: Compaction | None = setting(None, "Overrides defaults.compaction.", example='"off"')
    instructions: str | None = setting(
        None, "Overrides defaults.instructions.", example='"Answer in French."'
    )
    allow_plain_http: bool = setting(
        False, "Allow http:// to a host that is not this machine (the key travels in clear)."
    )
    headers: dict[str, str] = setting(dict, "Extra request headers.", example='{ "x-team" = "a" }')

    @property
    def is_local(self) -> bool:
        """Whether the embedded server answers for this profile."""
        return not self.base_url and (self.name == "local" or bool(self.upstream))

    @property
    def address(self) -> str:
        """The base URL as it may be shown: without the user and password it may carry."""
        return _shown(self.base_url)

    @property
    def place(self) -> str:
        """Who answers, in words for a list of profiles."""
        if self.is_local and self.upstream:
            return f"{_shown(self.upstream)} behind the embedded server"
        return self.address or "the embedded server on this machine"


def _shown(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=f"…@{parts.netloc.rpartition('@')[2]}").geturl()


LOCAL = Profile(name="local", model=DEMO)
OPENAI_BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the user can set."""

    profile: str = setting(
        "",
        "The profile to start with; empty means local; with a key set and no file, openai.",
    )
    theme: str = setting("dusk", "Colours: dusk, paper or any theme of Textual.", example='"paper"')
    times: bool = setting(True, "Show when each message was first seen here.")
    defaults: Defaults = field(default_factory=Defaults)
    composer: Composer = field(default_factory=Composer)
    server: EmbeddedServer = field(default_factory=EmbeddedServer)
    profiles: Mapping[str, Profile] = field(default_factory=lambda: {"local": LOCAL})
    keys: Mapping[str, str] = field(default_factory=dict)
    """Action id to keys (comma-separated, empty unbinds); checked where actions are declared."""
    path: Path | None = None
    """The file these came from, if there was one."""

    def choose_profile(self, name: str = "") -> Profile:
        """Return the named profile, or the default one.

        Raises ConfigError with the names there are when it does not exist.
        """
        name = name or self.profile
        if name in self.profiles:
            return self.profiles[name]
        known = ", ".join(sorted(self.profiles))
        raise ConfigError(f"There is no profile {name!r}; choose one of {known}.")


def is_setting(item: Field[Any]) -> bool:
    """Whether a dataclass field is a setting of the file."""
    return "sentence" in item.metadata


def sentence(item: Field[Any]) -> str:
    """Return the sentence that explains a setting."""
    return str(item.metadata["sentence"])


def default_of(item: Field[Any]) -> Any:
    """Return a setting's default."""
    if item.default is not MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not MISSING else None


def read_compaction(value: object) -> Compaction:
    """Return ``off``, ``auto`` or a threshold in tokens; ValueError says what is allowed."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if value in ("off", "auto"):
        return str(value)
    if type(value) is int and value >= MIN_COMPACT_THRESHOLD:
        return value
    raise ValueError(
        f'must be "off", "auto" or a number of tokens of at least {MIN_COMPACT_THRESHOLD}'
    )


def near(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` for a mistyped name, or an empty string."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""
