"""Adding a profile to ``config.toml`` without touching what stands there."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

from chat_tui.config.loading import parse
from chat_tui.config.settings import ConfigError, Profile


def add_profile(path: Path, profile: Profile) -> bool:
    """Write a profile with an upstream to the file and start with it from now on.

    Returns whether the program starts with it: not when the file names another one already. Raises
    ConfigError when the file cannot be read or written, or would be wrong afterwards; it is then
    as it was.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        added = with_profile(text, profile)
        starts = parse(added, path).profile == profile.name
        _replace(path, added)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"Cannot change {path}: {reason}.") from error
    return starts


def with_profile(text: str, profile: Profile) -> str:
    """Return a configuration's text with a profile added, chosen unless one is chosen. Pure."""
    top = re.split(r"(?m)^\s*\[", text, maxsplit=1)[0]
    if not re.search(r"(?m)^\s*profile\s*=", top):
        text = f'profile = "{profile.name}"\n{text}'
    # A JSON string is a TOML string, except for what neither a name nor an address holds.
    table = f"[profiles.{json.dumps(profile.name)}]\nupstream = {json.dumps(profile.upstream)}\n"
    return f"{text.rstrip()}\n\n{table}"


def _replace(path: Path, text: str) -> None:
    """Put a new text in the place of a file: whole, or not at all."""
    path = path.resolve()  # what a link points to is changed, the link stays
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if path.exists():
            new.chmod(path.stat().st_mode & 0o777)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
