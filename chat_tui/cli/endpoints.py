"""What the doctor asks of every profile: where its key is, whether it answers, what it can do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

from chat_tui.cli.findings import Finding, Status
from chat_tui.cli.servers import EmbeddedServers
from chat_tui.config import ConfigError, Profile, Settings
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import Gateway, GatewayError, Trouble, find_key

PATIENCE = 15.0
"""Seconds an endpoint may take to answer one question."""
UNKNOWN_CONVERSATION = "conv_" + 48 * "0"
UNKNOWN_RESPONSE = "resp_" + 48 * "0"


async def look_at_endpoints(settings: Settings, database: Path, name: str) -> list[Finding]:
    """Return findings on every profile; only what is wrong with the chosen one is a failure."""
    try:
        chosen = settings.choose_profile(name)
    except ConfigError as error:
        return [Finding("Profiles", name or settings.profile, str(error), Status.FAILURE)]
    servers = EmbeddedServers(database, settings.server)
    try:
        told = await asyncio.gather(
            *(
                _profile(profile, servers, Status.FAILURE if is_chosen else Status.WARNING)
                for profile in settings.profiles.values()
                for is_chosen in [profile.name == chosen.name]
            )
        )
    finally:
        await servers.stop()
    heading = Finding("Profiles", "in use", chosen.name)
    return [heading, *(finding for findings in told for finding in findings)]


async def _profile(profile: Profile, servers: EmbeddedServers, wrong: Status) -> list[Finding]:
    group = f"Profile {profile.name}"
    uds = None
    if profile.is_local:
        try:
            uds = await servers.start(profile)
        except ChatTuiError as error:
            return [Finding(group, "server", str(error), wrong)]
        findings = [Finding(group, "server", "the embedded server starts", Status.OK)]
    else:
        findings = [Finding(group, "address", profile.address)]
        try:
            source = await asyncio.to_thread(find_key, profile)
        except ChatTuiError as error:
            return [*findings, Finding(group, "key", str(error), wrong)]
        if source is None:
            return [*findings, Finding(group, "key", "none was found", wrong)]
        findings.append(Finding(group, "key", f"from {source.description}", Status.OK))
    gateway = Gateway(profile, uds=uds)
    try:
        return [*findings, *await _ask(gateway, group, wrong)]
    finally:
        await gateway.close()


async def _ask(gateway: Gateway, group: str, wrong: Status) -> list[Finding]:
    try:
        models = await asyncio.wait_for(gateway.models(), PATIENCE)
    except (ChatTuiError, TimeoutError) as error:
        said = str(error) or "It did not answer in time."
        if not (isinstance(error, GatewayError) and error.trouble is Trouble.NO_ROUTE):
            return [Finding(group, "answers", said, wrong)]
        models = []
    findings = [Finding(group, "answers", f"yes, {_models(models)}", Status.OK)]
    for name, question, absent in (
        (
            "conversations",
            gateway.conversation(UNKNOWN_CONVERSATION),
            "not offered: turns are chained by response",
        ),
        (
            "stored responses",
            gateway.response(UNKNOWN_RESPONSE),
            "not offered: every turn carries its history",
        ),
    ):
        offered = await _offered(question)
        findings.append(
            Finding(group, name, "offered", Status.OK)
            if offered
            else Finding(group, name, absent if offered is False else "not known")
        )
    return findings


async def _offered(question: Awaitable[object]) -> bool | None:
    """Whether an operation exists, judged by how it refuses an id that does not; None: unknown."""
    try:
        await asyncio.wait_for(question, PATIENCE)
    except GatewayError as error:
        if error.trouble in (Trouble.NOT_FOUND, Trouble.INVALID, Trouble.CHAIN_BROKEN):
            return True
        return False if error.trouble is Trouble.NO_ROUTE else None
    except (ChatTuiError, TimeoutError):
        return None
    return True


def _models(models: list[str]) -> str:
    if not models:
        return "naming no models"
    return f"with {len(models)} models" if len(models) > 1 else f"with the model {models[0]}"
