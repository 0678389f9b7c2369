"""docs/server.md names what the server has, no more and no less, and its examples run."""

from __future__ import annotations

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chat_tui import server
from chat_tui.server import assembly, turns
from chat_tui.server.checks import Nullable, Only, Refused
from chat_tui.server.item_types import TYPES
from chat_tui.server.response_params import COMPACT, COUNT, RESPONSE
from chat_tui.server.upstream.demo_script import HELP
from tests.server.bad_requests import body_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx2

    from chat_tui.server.params import Body
    from chat_tui.server.web import Operation
    from tests.server.conftest import Where

TEXT = (Path(__file__).parents[2] / "docs" / "server.md").read_text()


def section(title: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    return re.split(r"^#+ ", TEXT.split(f"# {title}\n")[1], flags=re.MULTILINE)[0]


def named(text: str) -> set[str]:
    """Return the words that are set as code."""
    return set(re.findall(r"`([\w.]+)`", text))


def rows(title: str) -> list[tuple[str, str]]:
    """Return the first two cells of the rows of the table in a section."""
    found = re.findall(r"^\| (.*?) \| (.*) \|$", section(title), re.MULTILINE)
    return [(first, rest) for first, rest in found if not first.startswith("-")]


def test_the_endpoints_are_those_there_are(operations: dict[Where, Operation]) -> None:
    told: dict[tuple[str, str], str] = {}
    for cell, text in rows("What there is"):
        methods: list[str] = []
        for word in re.findall(r"[A-Z]+|/\S+?(?=`)", cell):
            if word.startswith("/v1"):
                told |= dict.fromkeys(((method, word) for method in methods), text)
            elif word.startswith("/"):
                methods = []
            else:
                methods.append(word)
    there = {
        (method, "/v1" + re.sub(r"{\w+}", "{id}", path)): operation
        for (method, path), operation in operations.items()
    }
    assert set(told) == set(there)
    for where, operation in there.items():
        assert set(operation.query) <= named(told[where]), where


def unwrapped(check: Any) -> Any:
    return unwrapped(check.check) if isinstance(check, Nullable) else check


def test_the_parameters_stand_where_they_belong() -> None:
    done, echoed, one, refused = (
        named(text) for _, text in rows("Parameters of `POST /v1/responses`")
    )
    fields = {key: unwrapped(check) for key, check in RESPONSE.fields.items()}
    of_refused = {key for key, check in fields.items() if isinstance(check, Refused)}
    of_one = {key for key, check in fields.items() if isinstance(check, Only)}
    nested = {"background", "store", "function", "auto", "default", "standard"}
    assert refused - nested == of_refused
    assert {key for key in one - nested if "." not in key} == of_one
    assert done | echoed == set(fields) - of_refused - of_one
    assert not done & echoed


@pytest.mark.parametrize(("path", "body"), [("input_tokens", COUNT), ("compact", COMPACT)])
def test_the_parameters_of_the_smaller_calls(path: str, body: Body) -> None:
    text = section("Parameters of `POST /v1/responses`").split(f"/v1/responses/{path}` takes")[1]
    taken, refused = text.split(", and\n", 1) if ", and\n" in text else text.split(", and ", 1)
    of_refused = {k for k, check in body.fields.items() if isinstance(unwrapped(check), Refused)}
    assert named(taken) == set(body.fields) - of_refused
    assert named(refused.split(".")[0]) == of_refused


def test_the_types_of_items_are_those_there_are() -> None:
    taken, refused = section("Items").split("`item_reference`.")
    assert named(taken) | {"item_reference"} == {"message", *TYPES}
    assert not named(refused) & set(TYPES)


def test_the_events_are_those_that_are_sent() -> None:
    sent = {f"response.{status}" for status in ("completed", "incomplete", "failed")}
    sent |= {
        f"response.{kind}.{end}" for kind in ("output_text", "refusal") for end in ("delta", "done")
    }
    for module in (assembly, turns):
        sent |= set(re.findall(r'"(response\.[a-z_.]+)"', inspect.getsource(module)))
    assert {name for name in named(section("Events")) if "." in name} == sent | {"response.failed"}


def test_every_code_of_an_error_is_told(operations: dict[Where, Operation]) -> None:
    codes = {fault.code for o in operations.values() if o.body for fault in body_faults(o.body)}
    for path in Path(server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            given += node.args[1:2] if node.func.id == "invalid" else []
            codes |= {str(c.value) for c in given if isinstance(c, ast.Constant) and c.value}
    assert len(codes) > 20
    told = named(section("Errors"))
    assert {code for code in codes if code not in told} == set()


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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that `chat-tui serve` tells one to set."""
    place = tmp_path_factory.mktemp("served")
    homes = {f"CHAT_TUI_{kind}_DIR": str(place / kind) for kind in ("CONFIG", "DATA", "STATE")}
    command = [sys.executable, "-m", "chat_tui", "serve", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **homes}
    ) as process:
        assert process.stdout is not None
        told: dict[str, str] = {}
        while len(told) < 2:
            line = process.stdout.readline()
            assert line, "it did not start"
            told |= dict(re.findall(r"export (\w+)=(\S+)", line))
        yield {**os.environ, **told}
        process.terminate()


def example(title: str, language: str) -> str:
    """Return the code of an example."""
    return section(title).split(f"```{language}\n")[1].split("```")[0]


def run(command: list[str], environment: dict[str, str]) -> str:
    """Return what an example prints."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_example_with_curl(served: dict[str, str]) -> None:
    said = run(["sh", "-eu", "-c", example("With curl", "sh")], served)
    assert "event: response.completed" in said
    assert "Your name is Ada" in said
    assert said.endswith("}")
    assert '"first_id":"msg_' in said


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("With the Python SDK", ["Your name is Ada."]),
        ("With the Agents SDK", ["sunny in Oslo", "Your name is Ada."]),
    ],
)
def test_the_examples_in_python(served: dict[str, str], title: str, lines: list[str]) -> None:
    said = run([sys.executable, "-c", example(title, "python")], served)
    for line in lines:
        assert line in said
