"""docs/server.md names everything the server has."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chat_tui.server import assembly, turns
from chat_tui.server.item_types import TYPES
from chat_tui.server.response_params import RESPONSE_FIELDS
from chat_tui.server.upstream.demo_script import HELP

if TYPE_CHECKING:
    import httpx2

TEXT = (Path(__file__).parents[2] / "docs" / "server.md").read_text()


def test_every_parameter_and_every_type_of_item_is_named() -> None:
    for name in [*RESPONSE_FIELDS, *TYPES, "message"]:
        assert f"`{name}`" in TEXT, name


def test_every_event_is_named() -> None:
    for module in (assembly, turns):
        source = inspect.getsource(module)
        for name in re.findall(r'"(response\.[a-z_.]+)"', source):
            assert f"`{name}`" in TEXT, name


@pytest.mark.parametrize("path", re.findall(r"`[A-Z, `]*(/v1/\S+?)`", TEXT))
def test_every_path_that_is_named_is_there(http: httpx2.Client, path: str) -> None:
    reply = http.request("OPTIONS", path.removeprefix("/v1").replace("{id}", "x"))
    assert reply.status_code == 405, path


def test_the_demo_names_the_commands_of_the_table() -> None:
    table = TEXT.split("## The demo upstream")[1].split("##")[0]
    commands = re.findall(r"^\| `(\w+)", table, re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        assert f"`{command}" in HELP
