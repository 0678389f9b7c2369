"""Putting the core together: settings, library, embedded server, controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_tui.config import Paths, Profile, Settings, find_paths, load

if TYPE_CHECKING:
    from chat_tui.controller import Controller


def compose(profile: str = "") -> Controller:
    """Return a controller on this user's files, nothing started yet.

    ``profile`` is a name, empty for the configured one. Blocks for some milliseconds. Raises
    ChatTuiError when the configuration or the library cannot be used.
    """
    paths = find_paths()
    settings = load(paths.config_file)
    return make_controller(settings, paths, settings.choose_profile(profile))


def make_controller(settings: Settings, paths: Paths, profile: Profile) -> Controller:
    """Return a controller for settings already loaded. Imports the core; raises LibraryError."""
    from chat_tui.cli.neighbours import Neighbours
    from chat_tui.cli.servers import EmbeddedServers
    from chat_tui.controller import Controller
    from chat_tui.library import Library

    paths.ensure(paths.data)
    library = Library(paths.library)
    library.open()
    local = EmbeddedServers(paths.server_database, settings.server)
    return Controller(
        settings, library, local, profile=profile, neighbours=Neighbours(paths.config_file)
    )
