"""Where an API key comes from: environment, then keyring, then a command. Never written by us."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_tui.config import APP, Profile
from chat_tui.errors import EXIT_REFUSED, ChatTuiError

COMMAND_TIMEOUT = 30
"""Seconds a key command may take (a person may have to unlock a store)."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """A key and a description of where it was found that is safe to print."""

    description: str
    value: str = field(repr=False)


def find_key(profile: Profile, env: Mapping[str, str] = os.environ) -> KeySource | None:
    """Return the key of a profile, or None when none is set.

    Blocks (keyring, command): call it off the event loop. Raises ChatTuiError when the configured
    command fails or what was found cannot be a key.
    """
    key = _look_up(profile, env)
    if key is not None and not (key.value.isascii() and key.value.isprintable()):
        raise _refusal(
            f"The key from the {key.description} holds characters that no key has.",
            "Store it again, without quotes or line breaks.",
        )
    return key


def _look_up(profile: Profile, env: Mapping[str, str]) -> KeySource | None:
    if profile.api_key_env and (value := env.get(profile.api_key_env, "").strip()):
        return KeySource(f"environment variable {profile.api_key_env}", value)
    if value := _from_keyring(profile.name):
        return KeySource(f"keyring entry {APP}/{profile.name}", value)
    if profile.api_key_command:
        return KeySource("api_key_command", _from_command(profile))
    return None


def _from_keyring(name: str) -> str:
    import keyring  # noqa: PLC0415 - slow to import, and only profiles without a variable need it
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        return (keyring.get_password(APP, name) or "").strip()
    except KeyringError:
        return ""


def _from_command(profile: Profile) -> str:
    """Return the first line the command prints: what follows is often not the key."""
    problem = ""
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command, run without a shell
            shlex.split(profile.api_key_command),
            stdin=subprocess.DEVNULL,  # the terminal is ours
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_TIMEOUT,
            check=False,
        )
        if done.returncode:
            problem = f"ended with code {done.returncode}"
        elif not done.stdout.strip():
            problem = "printed nothing"
    except OSError as error:
        problem = f"could not be run ({error.strerror or type(error).__name__})"
    except ValueError as error:
        problem = f"could not be read ({error})"
    except subprocess.TimeoutExpired:
        problem = f"took over {COMMAND_TIMEOUT} s"
    if problem:
        raise _refusal(
            f"The api_key_command of profile {profile.name} {problem}.",
            "Run it in a shell to see why.",
        )
    return done.stdout.strip().splitlines()[0].strip()


def _refusal(sentence: str, way_out: str) -> ChatTuiError:
    return ChatTuiError(sentence, way_out, exit_code=EXIT_REFUSED)
