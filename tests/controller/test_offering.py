"""Model servers on this machine are told of, and used only when chosen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from chat_tui.cli.neighbours import Neighbours
from chat_tui.cli.servers import EmbeddedServers
from chat_tui.config import LOCAL, Profile, Settings, load
from chat_tui.controller import Controller, Notice
from chat_tui.controller.choosing import choose_model
from chat_tui.controller.offering import OFFERED, described, profile_for, unused
from chat_tui.errors import ChatTuiError
from chat_tui.gateway import NearbyServer, find_nearby
from chat_tui.library import Library
from tests.support.client import Client

OLLAMA = NearbyServer("Ollama", "http://127.0.0.1:11434/v1", ("llama3.2", "qwen3"))


class ModelServer(BaseHTTPRequestHandler):
    """A server of chat completions that counts what it is asked."""

    models: object = {"data": [{"id": "nomic-embed-text"}, {"id": "llama3.2"}]}
    asked: Sequence[str] = ()

    def do_GET(self) -> None:
        type(self).asked = [*self.asked, self.path]
        self._reply("application/json", json.dumps(self.models).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).asked = [*self.asked, self.path]
        told = f"I am {body['model']}."
        chunks = [
            {"choices": [{"index": 0, "delta": {"content": told}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ]
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        self._reply("text/event-stream", "".join([*lines, "data: [DONE]\n\n"]).encode())

    def _reply(self, kind: str, data: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def serving(answer: object = None) -> Iterator[tuple[int, type[ModelServer]]]:
    """Yield a port on which models are named, and the handler that counts."""
    handler = type("Handler", (ModelServer,), {"models": answer} if answer is not None else {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, handler
        finally:
            server.shutdown()
            thread.join()


async def test_what_answers_is_found_and_what_does_not_is_not() -> None:
    with (
        serving() as (speaks, _),
        serving({"data": []}) as (has_none, _),
        serving(["what"]) as (odd, _),
        serving({"data": [{"id": 7}, "x", None]}) as (odder, _),
    ):
        ports = {"A": speaks, "B": has_none, "C": odd, "D": odder, "E": 1}
        assert await find_nearby(ports) == [
            NearbyServer("A", f"http://127.0.0.1:{speaks}/v1", ("nomic-embed-text", "llama3.2"))
        ]


@pytest.mark.parametrize(
    "used",
    [
        Profile(name="mine", upstream="http://localhost:11434/v1"),
        Profile(name="mine", base_url="http://127.0.0.1:11434/v1"),
        Profile(name="mine", base_url="http://[::1]:11434"),
    ],
)
def test_a_server_in_use_is_not_offered(used: Profile) -> None:
    assert unused([OLLAMA], Settings()) == [OLLAMA]
    assert unused([OLLAMA], replace(Settings(), profiles={"local": LOCAL, "mine": used})) == []


def test_a_profile_gets_a_name_of_its_own() -> None:
    made = profile_for(OLLAMA, Settings())
    assert (made.name, made.upstream, made.is_local) == ("ollama", OLLAMA.base_url, True)
    taken = replace(Settings(), profiles={"local": LOCAL, "ollama": made})
    assert profile_for(OLLAMA, taken).name == "ollama-2"
    assert profile_for(replace(OLLAMA, name="llama.cpp"), taken).name == "llama-cpp"


def test_models_are_described_and_one_that_talks_is_chosen() -> None:
    assert described(OLLAMA) == "llama3.2 and 1 more"
    assert described(replace(OLLAMA, models=("a\x1b[2J",))) == "a␛[2J"
    assert choose_model(["all-minilm", "bge-m3", "qwen3"]) == "qwen3"
    assert choose_model(["nomic-embed-text"]) == "nomic-embed-text"


class Here(Neighbours):
    """Neighbours of which one is the test's own server."""

    def __init__(self, config_file: Path, port: int) -> None:
        super().__init__(config_file)
        self._port = port

    async def find(self) -> Sequence[NearbyServer]:
        return await find_nearby({"Ollama": self._port})


def program(tmp_path: Path, port: int) -> tuple[Controller, Library]:
    config = tmp_path / "config.toml"
    library = Library(tmp_path / "library.db")
    library.open()
    settings = load(config, {})
    servers = EmbeddedServers(tmp_path / "server.db", settings.server)
    return Controller(settings, library, servers, neighbours=Here(config, port)), library


async def test_a_found_server_is_told_of_once_chosen_it_answers_and_is_remembered(
    tmp_path: Path,
) -> None:
    with serving() as (port, handler):
        me = Client(*program(tmp_path, port))
        await me.new()
        me.controller.start()
        told = await me.told(Notice)
        assert told.sentence == "Ollama runs on this machine with nomic-embed-text and 1 more."
        assert told.way_out == OFFERED
        assert set(handler.asked) == {"/v1/models"}
        (offer,) = await me.controller.offers()
        taken = await me.controller.take_offer(offer)
        assert taken == ("ollama", "Ollama is the profile ollama from now on.", "")
        assert await me.controller.offers() == []
        view = await me.controller.use_profile("ollama")
        await me.until(lambda: me.controller.view(view.key).choices.model or None)
        await me.say(view.key, "who are you?")
        assert me.answer(view.key) == "I am llama3.2."
        await me.controller.close()

        again = Client(*program(tmp_path, port))
        assert again.controller.profile.name == "ollama"
        opened = await again.controller.last()
        assert opened.conversation_id
        await again.until(lambda: again.texts(opened.key) or None)
        assert again.texts(opened.key) == ["who are you?", "I am llama3.2."]
        again.controller.start()
        await again.quiet()
        assert not again.notices
        await again.controller.close()


async def test_who_has_conversations_already_is_not_told(tmp_path: Path) -> None:
    with serving() as (port, handler):
        me = Client(*program(tmp_path, port))
        await me.say(await me.new(), "echo hello")
        me.controller.start()
        await me.quiet()
        assert not me.notices
        assert handler.asked == ()
        assert len(await me.controller.offers()) == 1
        await me.controller.close()


async def test_a_configuration_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with serving() as (port, _):
        me = Client(*program(tmp_path, port))
        (tmp_path / "config.toml").write_text("profile = ")
        (offer,) = await me.controller.offers()
        taken = await me.controller.take_offer(offer)
        assert taken.name == "ollama"
        assert taken.sentence.startswith(str(tmp_path / "config.toml"))
        assert taken.way_out == "The choice holds until you quit."
        assert (tmp_path / "config.toml").read_text() == "profile = "
        assert me.controller.settings.choose_profile("ollama").upstream == offer.base_url
        await me.controller.close()


async def test_a_server_that_is_gone_is_named_and_the_message_stays(tmp_path: Path) -> None:
    with serving() as (port, _):
        me = Client(*program(tmp_path, port))
        (offer,) = await me.controller.offers()
        taken = await me.controller.take_offer(offer)
    view = await me.controller.use_profile(taken.name)
    await me.quiet()
    with pytest.raises(ChatTuiError, match="502"):
        await me.controller.send(view.key, "hello")
    assert not me.controller.view(view.key).records
    await me.controller.close()
