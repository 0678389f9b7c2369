"""Model servers on this machine: offered, and put behind the embedded server when chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from chat_tui.config import DEMO, Profile, Settings
from chat_tui.controller.core import Core
from chat_tui.controller.events import Notice
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import NearbyServer
from chat_tui.items import visible_line

OFFERED = "Choose it as the profile to use it; until then it gets no message."
"""A way out that names an action; interfaces show it with its keys."""


class Taken(NamedTuple):
    """A profile made of an offer, and what to say about it."""

    name: str
    sentence: str
    way_out: str = ""


class Neighbours(Protocol):
    """Finds model servers and remembers the one chosen; the composition root knows how."""

    async def find(self) -> Sequence[NearbyServer]:
        """Return the servers that answer on this machine; never raises."""
        ...

    async def keep(self, profile: Profile) -> bool:
        """Write a profile to the configuration. Raises ChatTuiError.

        Returns whether the program starts with it from now on.
        """
        ...


class Offering(Core):
    """Looking for model servers, and taking one."""

    async def offers(self) -> list[NearbyServer]:
        """Return the model servers on this machine that no profile uses yet."""
        if self._neighbours is None:
            return []
        return unused(await self._neighbours.find(), self.settings)

    async def take_offer(self, offer: NearbyServer) -> Taken:
        """Make a profile of a server and remember it.

        Where the configuration cannot be written, the profile is there until the program ends.
        """
        profile = profile_for(offer, self.settings)
        self.settings = replace(
            self.settings, profiles={**self.settings.profiles, profile.name: profile}
        )
        said = f"{offer.name} is the profile {profile.name} from now on."
        if self._neighbours is None:
            return Taken(profile.name, said)
        try:
            if not await self._neighbours.keep(profile):
                said += " The one to start with stays as the configuration says."
        except ChatTuiError as error:
            return Taken(profile.name, error.sentence, "The choice holds until you quit.")
        return Taken(profile.name, said)

    async def _tell_offers(self) -> None:
        """Say what was found, to a person who has nothing but the demo and no conversation."""
        if not self.profile.is_local or _upstream(self.profile, self.settings) != DEMO:
            return
        rows = await self._library.index.rows(self.profile.name, query="", limit=10, offset=0)
        if any(row.conversation_id or row.response_id for row in rows):
            return
        for offer in (await self.offers())[:1]:
            self._emit(
                Notice(f"{offer.name} runs on this machine with {described(offer)}.", OFFERED)
            )


def _upstream(profile: Profile, settings: Settings) -> str:
    return profile.upstream or settings.server.upstream


def unused(found: Sequence[NearbyServer], settings: Settings) -> list[NearbyServer]:
    """Return the servers no profile refers to. Pure."""
    used = {url for p in settings.profiles.values() for url in (p.base_url, p.upstream)}
    used.add(settings.server.upstream)
    ports = {port for url in used if (port := _loopback_port(url))}
    return [server for server in found if _loopback_port(server.base_url) not in ports]


def _loopback_port(url: str) -> str:
    found = re.match(r"http://(?:localhost|127\.0\.0\.1|\[::1\]):(\d+)(?:/|$)", url)
    return found[1] if found else ""


def profile_for(offer: NearbyServer, settings: Settings) -> Profile:
    """Return a profile for a server, under a name no other profile has. Pure."""
    name = wanted = re.sub(r"[^a-z0-9]+", "-", offer.name.lower()).strip("-")
    number = 1
    while name in settings.profiles:
        number += 1
        name = f"{wanted}-{number}"
    return Profile(name=name, upstream=offer.base_url)


def described(offer: NearbyServer) -> str:
    """Return the models of a server as words in a sentence. Pure."""
    first, *rest = (visible_line(name) for name in offer.models)
    return f"{first} and {len(rest)} more" if rest else first
