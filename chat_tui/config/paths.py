"""Where this user's files live; nothing here reads them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_tui.config.settings import ConfigError

APP = "chat-tui"


@dataclass(frozen=True, slots=True)
class Paths:
    """The directories of this user; created with mode 0700 when first needed."""

    config: Path
    data: Path
    state: Path

    @property
    def config_file(self) -> Path:
        """The configuration file, which may not exist."""
        return self.config / "config.toml"

    @property
    def library(self) -> Path:
        """The client's SQLite file."""
        return self.data / "library.db"

    @property
    def server_database(self) -> Path:
        """The embedded server's SQLite file."""
        return self.data / "server.db"

    @property
    def log(self) -> Path:
        """The log file."""
        return self.state / "chat-tui.log"

    def ensure(self, directory: Path) -> Path:
        """Create ``directory`` for this user only; raises ConfigError in one sentence."""
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigError(
                f"Cannot create {directory}: {reason}; free it or choose another place with "
                f"CHAT_TUI_DATA_DIR, CHAT_TUI_CONFIG_DIR or CHAT_TUI_STATE_DIR."
            ) from error
        return directory


def find_paths(env: Mapping[str, str] = os.environ) -> Paths:
    """Return the platform's directories, or those the ``CHAT_TUI_*_DIR`` variables name."""
    import platformdirs  # noqa: PLC0415 - only start-up needs it

    def choose(variable: str, default: Callable[[str], Path]) -> Path:
        return Path(env[variable]).expanduser() if env.get(variable) else default(APP)

    return Paths(
        choose("CHAT_TUI_CONFIG_DIR", platformdirs.user_config_path),
        choose("CHAT_TUI_DATA_DIR", platformdirs.user_data_path),
        choose("CHAT_TUI_STATE_DIR", platformdirs.user_state_path),
    )
