"""A conversation made by any client of ``serve`` is adopted, listed and shown."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator

import openai
import pytest

from chat_tui.items import visible_line
from tests.cli.running import Home, Served, ok, one_sentence
from tests.server.fake_chat import FakeChat, texts

HOSTILE = "\x1b]52;c;aGk=\x07[bold]x[/]\u202e\x9b31m"
LONG = 250


@pytest.fixture(scope="module")
def served(shared: Home) -> Iterator[Served]:
    server = shared.serve()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def conversation_id(served: Served) -> str:
    with served.client() as client:
        made = client.conversations.create(metadata={"title": "Trip to Kyoto"})
        client.responses.create(model="demo", conversation=made.id, input="echo pace 0 and go")
        client.responses.create(model="demo", conversation=made.id, input="think 1\npace 0")
    return made.id


@pytest.fixture(scope="module")
def long_id(served: Served) -> str:
    with served.client() as client:
        made = client.conversations.create()
        for start in range(0, LONG, 20):
            client.conversations.items.create(
                made.id,
                items=[
                    {"type": "message", "role": "user", "content": f"message {number}"}
                    for number in range(start, min(start + 20, LONG))
                ],
            )
    return made.id


# --- serve --------------------------------------------------------------------------------------


def test_serve_tells_a_person_what_a_client_needs(served: Served, shared: Home) -> None:
    assert set(served.exports) == {"OPENAI_BASE_URL", "OPENAI_API_KEY"}
    assert served.exports["OPENAI_BASE_URL"].startswith("http://127.0.0.1:")
    assert len(served.exports["OPENAI_API_KEY"]) > 20
    assert str(shared.data / "server.db") in served.told


def test_serve_lets_nobody_in_without_the_token(served: Served) -> None:
    stranger = openai.OpenAI(
        base_url=served.exports["OPENAI_BASE_URL"], api_key="wrong", max_retries=0
    )
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_the_wrong_key_is_one_sentence(served: Served, home: Home) -> None:
    home.env = {**served.exports, "OPENAI_API_KEY": "wrong"}
    done = home.run("show", "conv_1")
    assert "Incorrect token provided" in one_sentence(done.stderr)
    assert done.returncode == 4


def test_serve_takes_a_token_of_ones_own_and_ends_well(home: Home) -> None:
    server = home.serve("--token", "mine", "--database", str(home.root / "elsewhere.db"))
    assert server.exports["OPENAI_API_KEY"] == "mine"
    with server.client() as client:
        assert [model.id for model in client.models.list()] == ["demo"]
    assert server.stop() == 0
    assert (home.root / "elsewhere.db").stat().st_mode & 0o777 == 0o600


def test_serve_without_auth_on_this_machine(home: Home) -> None:
    server = home.serve("--no-auth")
    with server.client() as client:
        assert client.models.list().data
    assert server.stop() == 0


def test_serve_with_a_model_behind_it_a_window_and_a_log(home: Home) -> None:
    chat = FakeChat()
    chat.will_say(*texts("Hello ", "Ada"))
    home.env["UPSTREAM_KEY"] = "sesame"
    upstream = ("--upstream", chat.base_url, "--upstream-key-env", "UPSTREAM_KEY")
    server = home.serve(*upstream, "--context-window", "50", "--access-log")
    with server.client() as client:
        assert client.responses.create(model="llama", input="my secret").output_text == "Hello Ada"
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model="llama", input="word " * 100)
        assert refused.value.code == "context_length_exceeded"
    assert chat.headers[0]["authorization"] == "Bearer sesame"
    server.process.send_signal(signal.SIGINT)
    _, logged = server.process.communicate()
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [line["status"] for line in lines] == [200, 400]
    assert "secret" not in logged
    chat.close()


def test_serve_on_a_port_in_use(served: Served, home: Home) -> None:
    port = served.exports["OPENAI_BASE_URL"].split(":")[2].removesuffix("/v1")
    done = home.run("serve", "--port", port)
    assert f"Cannot listen on 127.0.0.1:{port}: it is in use" in one_sentence(done.stderr)
    assert done.returncode == 1


def test_serve_on_a_socket(home: Home) -> None:
    path = home.runtime / "s"
    process = home.start("serve", "--uds", str(path))
    assert process.stdout is not None
    assert str(path) in process.stdout.readline()
    assert path.stat().st_mode & 0o777 == 0o600
    process.terminate()
    process.communicate(timeout=20)
    assert not path.exists()


# --- list and show ------------------------------------------------------------------------------


def test_an_unknown_id_is_adopted_and_then_listed(conversation_id: str, shared: Home) -> None:
    shown = shared.show(conversation_id)
    assert shown["title"] == "Trip to Kyoto"
    assert shown["conversation_id"] == conversation_id
    assert shown["complete"] is True
    kinds = [(item["type"], item.get("role")) for item in shown["items"]]
    assert kinds == [
        ("message", "user"),
        ("message", "assistant"),
        ("message", "user"),
        ("reasoning", None),
        ("message", "assistant"),
    ]
    assert shown["places"] == ["conversation"] * 5
    listed = shared.list("--query", "kyoto")
    assert [row["conversation_id"] for row in listed] == [conversation_id]
    assert listed[0]["title"] == "Trip to Kyoto"
    assert shared.list("--query", "osaka") == []


def test_a_conversation_opens_by_prefix_and_by_title(conversation_id: str, shared: Home) -> None:
    assert shared.list()
    assert shared.show(conversation_id[:20])["conversation_id"] == conversation_id
    assert shared.show("trip to kyoto")["conversation_id"] == conversation_id


def test_show_for_a_reader(conversation_id: str, shared: Home) -> None:
    told = ok(shared.run("show", conversation_id))
    header, *items = told.split("\n── ")
    assert header.startswith(f"Trip to Kyoto\n{conversation_id}\nlocal · demo · conversation")
    assert [item.split(" · ")[0] for item in items] == [
        "you",
        "assistant",
        "you",
        "reasoning",
        "assistant",
    ]
    assert "pace 0 and go" in items[1]


def test_show_raw_prints_what_the_server_sends(conversation_id: str, shared: Home) -> None:
    told = ok(shared.run("show", conversation_id, "--raw", "--limit", "1"))
    raw = json.loads(told.split("\n── ")[1].partition("\n")[2])
    assert raw == shared.show(conversation_id)["items"][-1]


def test_show_sees_what_others_added(served: Served, home: Home) -> None:
    with served.client() as client:
        made = client.conversations.create(
            items=[{"type": "message", "role": "user", "content": "first"}]
        )
        home.env = served.exports
        assert len(home.show(made.id)["items"]) == 1
        client.conversations.items.create(
            made.id, items=[{"type": "message", "role": "user", "content": "second"}]
        )
        assert [item["content"][0]["text"] for item in home.show(made.id)["items"]] == [
            "first",
            "second",
        ]


def test_a_long_conversation_comes_whole_or_its_end(long_id: str, shared: Home) -> None:
    def texts(*arguments: str) -> list[str]:
        return [item["content"][0]["text"] for item in shared.show(long_id, *arguments)["items"]]

    assert texts() == [f"message {number}" for number in range(LONG)]
    assert texts("--limit", "3") == ["message 247", "message 248", "message 249"]
    assert texts("--limit", "220") == [f"message {number}" for number in range(30, LONG)]


def test_a_chain_is_adopted_by_its_last_response(served: Served, home: Home) -> None:
    home.env = served.exports
    with served.client() as client:
        first = client.responses.create(model="demo", input="my name is Ada\npace 0")
        last = client.responses.create(
            model="demo", input="what is my name?\npace 0", previous_response_id=first.id
        )
    shown = home.show(last.id)
    assert shown["response_id"] == last.id
    assert shown["chaining"] == "response"
    assert set(shown["places"]) == {"chain"}
    assert "Ada" in shown["items"][-1]["content"][0]["text"]


def test_hostile_text_is_inert(served: Served, home: Home) -> None:
    home.env = served.exports
    with served.client() as client:
        made = client.conversations.create(
            metadata={"title": HOSTILE, "k\x1b[2J": HOSTILE},
            items=[
                {"type": "message", "role": "user", "content": HOSTILE},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": f"{HOSTILE}{{"},
                {"type": "function_call_output", "call_id": "c", "output": HOSTILE},
            ],
        )
    for arguments in (["show", made.id], ["show", made.id, "--raw"], ["list"]):
        told = ok(home.run(*arguments))
        assert not set(told) & set("\x1b\x07\u202e\x9b"), arguments
        assert "[bold]x[/]" in told
    told = ok(home.run("list", "--json"))
    assert told.isascii()
    assert "\x1b" not in told
    assert json.loads(told)[0]["title"] == visible_line(HOSTILE)


def test_what_is_here_is_shown_when_the_server_is_gone(home: Home) -> None:
    server = home.serve()
    port = server.exports["OPENAI_BASE_URL"].split(":")[2].removesuffix("/v1")
    home.env = server.exports
    with server.client() as client:
        made = client.conversations.create(
            items=[{"type": "message", "role": "user", "content": "kept here"}]
        )
    home.show(made.id)
    server.stop()
    done = home.run("show", made.id)
    assert "kept here" in ok(done)
    assert f"127.0.0.1:{port}/v1 cannot be reached" in one_sentence(done.stderr)


def test_a_first_list_says_that_there_is_nothing(home: Home) -> None:
    done = home.run("list")
    assert one_sentence(done.stderr) == "There is no conversation yet."
    assert ok(done) == ""
    assert home.list() == []
    assert home.data.stat().st_mode & 0o777 == 0o700
    assert (home.data / "library.db").stat().st_mode & 0o777 == 0o600


def test_commands_leave_nothing_behind(home: Home) -> None:
    """No process, no socket: a script may run thousands of them."""
    done = home.run("show", "conv_1")
    assert done.returncode == 3
    assert list(home.runtime.iterdir()) == []
    end = time.monotonic() + 10
    while time.monotonic() < end:
        running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        if str(home.data) not in running.stdout:
            break
    else:
        raise AssertionError(running.stdout)
