"""Settings and places: what the user chose and where files live. No connection is opened here."""

from chat_tui.config.adding import add_profile
from chat_tui.config.loading import line_of, load, parse
from chat_tui.config.paths import APP, Paths, find_paths
from chat_tui.config.settings import (
    DEMO,
    LOCAL,
    MIN_COMPACT_THRESHOLD,
    Chaining,
    Compaction,
    Composer,
    ConfigError,
    Defaults,
    EmbeddedServer,
    Profile,
    Settings,
    default_of,
    is_setting,
    near,
    read_compaction,
    sentence,
)

__all__ = [
    "APP",
    "DEMO",
    "LOCAL",
    "MIN_COMPACT_THRESHOLD",
    "Chaining",
    "Compaction",
    "Composer",
    "ConfigError",
    "Defaults",
    "EmbeddedServer",
    "Paths",
    "Profile",
    "Settings",
    "add_profile",
    "default_of",
    "find_paths",
    "is_setting",
    "line_of",
    "load",
    "near",
    "parse",
    "read_compaction",
    "sentence",
]
