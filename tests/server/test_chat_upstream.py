"""A Chat Completions server behind ours: what it is asked, and what its answers become."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from chat_tui.server import store
from chat_tui.server.database import Database
from chat_tui.server.plan import make_plan
from chat_tui.server.response_params import RESPONSE
from chat_tui.server.service import Service
from chat_tui.server.sse import NoEvents
from chat_tui.server.upstream.chat import ChatCompletions
from tests.server import judge
from tests.server.asking import (
    WEATHER,
    Json,
    assistant,
    error_of,
    items_of,
    new_conversation,
    parsed,
    said,
    text_of,
    user,
)
from tests.server.fake_chat import FakeChat, chunk, texts
from tests.support.server import EmbeddedServer, eventually

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    import httpx2

TABLES = ("locks", "entries")


@pytest.fixture(scope="module")
def model() -> Iterator[FakeChat]:
    fake = FakeChat()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def backed(model: FakeChat, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    running = EmbeddedServer.start(
        tmp_path_factory.mktemp("backed"),
        arguments=("--upstream", model.base_url, "--upstream-key-env", "MODEL_KEY"),
        environment={"MODEL_KEY": "sk-upstream"},
    )
    yield running
    assert running.stop() == ""


@pytest.fixture
def http(backed: EmbeddedServer, model: FakeChat) -> httpx2.Client:
    model.asked.clear()
    model.scripts.clear()
    model.left.clear()
    return backed.http()


def ask(http: httpx2.Client, given: str | list[Json] = "hello", **more: Any) -> Json:
    reply = http.post("/responses", json={"model": "llama", "input": given, **more})
    assert reply.status_code == 200, reply.text
    body: Json = reply.json()
    judge.check(body, "Response")
    return body


def stream(http: httpx2.Client, given: str = "hello", **more: Any) -> list[Json]:
    body = {"model": "llama", "input": given, "stream": True, **more}
    with http.stream("POST", "/responses", json=body) as reply:
        events = list(parsed(reply))
    for event in events:
        judge.check_event(event)
    return events


def test_models_are_passed_through(http: httpx2.Client) -> None:
    assert http.get("/models").json()["data"] == [
        {"id": "llama", "object": "model", "created": 7, "owned_by": "meta"}
    ]
    assert error_of(http.get("/models/gpt"))[0] == 404
    reply = http.post("/responses", json={"model": "gpt", "input": "x"})
    assert error_of(reply) == (400, "model_not_found", "model")


def test_a_turn(http: httpx2.Client, model: FakeChat) -> None:
    conversation = new_conversation(http, user("before"), assistant("indeed"))
    usage = {"prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13}
    details = {"prompt_tokens_details": {"cached_tokens": 4}}
    model.will_say(*texts("Hel", "lo"), {"choices": [], "usage": {**usage, **details}})
    events = stream(
        http,
        conversation=conversation,
        instructions="Be brief.",
        temperature=0.5,
        max_output_tokens=99,
        reasoning={"effort": "low"},
    )
    assert [event["delta"] for event in events if "delta" in event] == ["Hel", "lo"]
    response = events[-1]["response"]
    assert (response["status"], response["model"], text_of(response)) == (
        "completed",
        "llama",
        "Hello",
    )
    assert response["usage"] == {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 13,
    }
    assert model.asked == [
        {
            "model": "llama",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "before"},
                {"role": "assistant", "content": "indeed"},
                {"role": "user", "content": "hello"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 99,
            "temperature": 0.5,
            "reasoning_effort": "low",
        }
    ]
    assert model.headers[-1]["authorization"] == "Bearer sk-upstream"
    assert said(items_of(http, conversation))[-2:] == ["user: hello", "assistant: Hello"]


def call(index: int | None, call_id: str, name: str, arguments: str) -> Json:
    function = {"name": name, "arguments": arguments}
    return chunk(tool_calls=[{"index": index, "id": call_id, "function": function}])


def more_of_call(index: int, arguments: str) -> Json:
    return chunk(tool_calls=[{"index": index, "function": {"arguments": arguments}}])


def test_parallel_calls_and_their_outputs(http: httpx2.Client, model: FakeChat) -> None:
    conversation = new_conversation(http)
    more: Json = {"conversation": conversation, "tools": [WEATHER], "parallel_tool_calls": True}
    model.will_say(
        chunk(content="Looking."),
        call(0, "call_a", "weather", '{"city":'),
        call(1, "call_b", "weather", "{}"),
        more_of_call(0, ' "Oslo"}'),
        chunk("tool_calls"),
    )
    events = stream(http, **more)
    output = events[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    assert output[1]["arguments"] == '{"city": "Oslo"}'
    assert [item["call_id"] for item in output[1:]] == ["call_a", "call_b"]
    asked = model.asked[0]
    assert asked["tools"][0]["function"]["parameters"] == WEATHER["parameters"]
    assert "tool_choice" not in asked

    model.will_say(*texts("Rain."))
    outputs: list[Json] = [
        {"type": "function_call_output", "call_id": "call_b", "output": "rain"},
        {
            "type": "function_call_output",
            "call_id": "call_a",
            "output": [
                {"type": "input_text", "text": "sun"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
            ],
        },
    ]
    assert text_of(ask(http, outputs, **more)) == "Rain."
    _, told, first, second, shown = model.asked[1]["messages"]
    assert told["content"] == "Looking."
    assert [c["id"] for c in told["tool_calls"]] == ["call_a", "call_b"]
    assert told["tool_calls"][0]["function"]["arguments"] == '{"city": "Oslo"}'
    assert first == {"role": "tool", "tool_call_id": "call_b", "content": "rain"}
    assert second["content"] == "sun\n[input_image]"
    image = {"url": "data:image/png;base64,AAAA", "detail": "auto"}
    assert shown == {
        "role": "user",
        "content": [
            {"type": "text", "text": "Returned by the call call_a:"},
            {"type": "image_url", "image_url": image},
        ],
    }


def test_what_tools_return_is_shown_when_all_have_answered(
    http: httpx2.Client, model: FakeChat
) -> None:
    picture = {"type": "input_image", "image_url": "https://images.example/a.png"}
    page = {"type": "input_file", "file_data": "data:text/plain;base64,AAAA", "filename": "a.txt"}
    elsewhere = [{"type": "input_image", "file_id": "file_1"}]

    def output(call_id: str, *parts: Json) -> Json:
        return {"type": "function_call_output", "call_id": call_id, "output": list(parts)}

    def made(call_id: str) -> Json:
        name = "weather"
        return {"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"}

    model.will_say(*texts("Seen."))
    calls = [made("call_a"), made("call_b"), made("call_c")]
    outputs = [output("call_a", picture), output("call_b", *elsewhere), output("call_c", page)]
    ask(http, [user("look"), *calls, *outputs, assistant("Nice."), user("more")])
    messages = model.asked[0]["messages"]
    assert [message["role"] for message in messages] == [
        *("user", "assistant", "tool", "tool", "tool"),
        *("user", "assistant", "user"),
    ]
    assert [message["content"] for message in messages[2:5]] == [
        "[input_image]",
        "[input_image]",
        "[input_file]",
    ]
    assert messages[5]["content"] == [
        {"type": "text", "text": "Returned by the call call_a:"},
        {"type": "image_url", "image_url": {"url": picture["image_url"], "detail": "auto"}},
        {"type": "text", "text": "Returned by the call call_c:"},
        {"type": "file", "file": {"filename": "a.txt", "file_data": page["file_data"]}},
    ]


def test_calls_that_share_an_index_are_told_apart_by_id(
    http: httpx2.Client, model: FakeChat
) -> None:
    model.will_say(
        call(0, "call_a", "weather", '{"a": 1}'),
        call(0, "call_b", "weather", '{"b": 2}'),
        chunk("tool_calls"),
    )
    output = ask(http, tools=[WEATHER])["output"]
    assert [(c["call_id"], c["arguments"]) for c in output] == [
        ("call_a", '{"a": 1}'),
        ("call_b", '{"b": 2}'),
    ]


def test_a_call_without_an_id_gets_one(http: httpx2.Client, model: FakeChat) -> None:
    model.will_say(call(None, "", "weather", "{}"), chunk("stop"))
    (made,) = ask(http, tools=[WEATHER])["output"]
    assert made["call_id"].startswith("call_")


@pytest.mark.parametrize(
    ("choice", "said_as"),
    [
        ("required", "required"),
        ("none", "none"),
        (
            {"type": "function", "name": "weather"},
            {"type": "function", "function": {"name": "weather"}},
        ),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "weather"}],
            },
            "required",
        ),
    ],
)
def test_tool_choices(
    http: httpx2.Client, model: FakeChat, choice: str | Json, said_as: str | Json
) -> None:
    model.will_say(*texts("x"))
    ask(http, tools=[WEATHER, {**WEATHER, "name": "time"}], tool_choice=choice)
    asked = model.asked[0]
    assert asked["tool_choice"] == said_as
    limited = isinstance(choice, dict) and choice["type"] == "allowed_tools"
    assert len(asked["tools"]) == (1 if limited else 2)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_fields(http: httpx2.Client, model: FakeChat, name: str) -> None:
    conversation = new_conversation(http)
    more: Json = {"conversation": conversation, "tools": [WEATHER]}
    model.will_say(
        chunk(**{name: "Let me "}),
        chunk(**{name: "look."}),
        call(0, "call_a", "weather", "{}"),
        chunk("tool_calls"),
    )
    events = stream(http, **more)
    reasoning, made = events[-1]["response"]["output"]
    assert reasoning["content"] == [{"type": "reasoning_text", "text": "Let me look."}]
    assert reasoning["summary"] == []
    deltas = [e["delta"] for e in events if e["type"] == "response.reasoning_text.delta"]
    assert deltas == ["Let me ", "look."]

    model.will_say(*texts("Rain."))
    ask(http, [{"type": "function_call_output", "call_id": "call_a", "output": "rain"}], **more)
    told = model.asked[1]["messages"][1]
    assert told[name] == "Let me look.", "within a turn the model gets its reasoning back"
    assert told["tool_calls"][0]["id"] == made["call_id"]

    model.will_say(*texts("Bye."))
    ask(http, "thanks", **more)
    assert name not in json.dumps(model.asked[2]["messages"]), "later it does not"


@pytest.mark.parametrize(
    "parts",
    [
        ["<think>Hmm.</think>Yes."],
        ["<th", "ink>", "Hm", "m.</", "think>", "\n\nYes."],
        ["\n<think>\nHmm.</think>", "Yes", "."],
    ],
)
def test_think_tags(http: httpx2.Client, model: FakeChat, parts: list[str]) -> None:
    model.will_say(*texts(*parts))
    reasoning, message = ask(http)["output"]
    assert reasoning["content"][0]["text"] == "Hmm."
    assert message["content"][0]["text"] == "Yes."


def test_tags_later_in_a_text_are_text(http: httpx2.Client, model: FakeChat) -> None:
    model.will_say(*texts("<thin", "g> a <think>b</think>"))
    assert text_of(ask(http)) == "<thing> a <think>b</think>"


def test_thoughts_that_lead_nowhere_do_not_block_the_conversation(
    http: httpx2.Client, model: FakeChat
) -> None:
    conversation = new_conversation(http)
    model.will_say(*texts("<think>Hmm"))
    (reasoning,) = ask(http, conversation=conversation)["output"]
    assert reasoning["status"] == "incomplete"
    model.will_say(*texts("fine"))
    assert text_of(ask(http, conversation=conversation)) == "fine"


def test_images_and_files_go_along(http: httpx2.Client, model: FakeChat) -> None:
    model.will_say(*texts("I see."))
    content: list[Json] = [
        {"type": "input_text", "text": "look"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
    ]
    ask(http, [{"role": "user", "content": content}])
    assert model.asked[0]["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {
            "type": "image_url",
            "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"},
        },
        {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
        },
    ]
    by_id = {"type": "input_image", "file_id": "file_1"}
    failed = ask(http, [{"role": "user", "content": [by_id]}])
    assert (failed["status"], failed["error"]["code"]) == ("failed", "invalid_prompt")


def test_structured_output(http: httpx2.Client, model: FakeChat) -> None:
    wanted = {"type": "json_schema", "name": "point", "schema": {"type": "object"}, "strict": True}
    model.will_say(*texts("{}"))
    response = ask(http, text={"format": wanted})
    assert response["text"]["format"] == wanted
    assert model.asked[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "point", "schema": {"type": "object"}, "strict": True},
    }


def test_refusals(http: httpx2.Client, model: FakeChat) -> None:
    conversation = new_conversation(http)
    model.will_say(chunk(refusal="I will "), chunk(refusal="not."), chunk("stop"))
    (message,) = ask(http, conversation=conversation)["output"]
    assert message["content"] == [{"type": "refusal", "refusal": "I will not."}]
    model.will_say(*texts("x"))
    ask(http, conversation=conversation)
    assert model.asked[1]["messages"][1] == {"role": "assistant", "content": "I will not."}


@pytest.mark.parametrize(
    ("finish", "status", "reason"),
    [
        ("length", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
        ("stop", "completed", None),
        ("tool_calls", "completed", None),
        (None, "completed", None),
    ],
)
def test_finish_reasons(
    http: httpx2.Client, model: FakeChat, finish: str | None, status: str, reason: str | None
) -> None:
    model.will_say(*texts("so far", finish=finish))
    response = ask(http)
    assert response["status"] == status
    assert response["incomplete_details"] == ({"reason": reason} if reason else None)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        ({"status": 429, "body": {"error": {"message": "slow"}}}, "rate_limit_exceeded", "slow"),
        ({"status": 401, "body": {"error": {"message": "who?"}}}, "server_error", "who?"),
        ({"status": 400, "body": {"error": {"message": "bad"}}}, "invalid_prompt", "bad"),
        (
            {"status": 400, "body": {"error": {"message": "maximum context length is 5"}}},
            "context_length_exceeded",
            "maximum",
        ),
        ({"status": 500, "body": "<html>oops"}, "server_error", "oops"),
        ({"status": 503, "body": {"error": "busy"}}, "server_error", "busy"),
        ({"body": "{half"}, "server_error", "garbled"),
        ({"body": []}, "server_error", "garbled"),
    ],
)
def test_errors_of_the_model(
    http: httpx2.Client, model: FakeChat, script: Json, code: str, words: str
) -> None:
    conversation = new_conversation(http)
    model.will_say(**script)
    response = ask(http, conversation=conversation)
    assert (response["status"], response["error"]["code"]) == ("failed", code)
    assert words in response["error"]["message"]
    assert items_of(http, conversation) == []


@pytest.mark.parametrize(
    ("events", "more"),
    [
        ([*texts("so far")[:2], {"error": {"message": "crashed"}}], {}),
        ([*texts("so far")[:2], "data: {half"], {}),
        ([*texts("so far")[:2], "data: 5"], {}),
        ([*texts("so far")[:2], {"choices": "none"}], {}),
        ([chunk(tool_calls=[{"index": 0}])], {}),
        ([chunk(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}])], {}),
        (texts("so far")[:2], {"cut": True}),
        (texts("so far")[:2], {"done": False}),
    ],
    ids=["error", "half", "number", "choices", "no-function", "no-name", "cut", "ended"],
)
def test_an_answer_that_breaks_off_fails_and_appends_nothing(
    http: httpx2.Client, model: FakeChat, events: list[Any], more: Json
) -> None:
    conversation = new_conversation(http)
    model.will_say(*events, **more)
    seen = stream(http, conversation=conversation)
    assert seen[-1]["type"] == "response.failed"
    assert seen[-1]["response"]["error"]["code"] == "server_error"
    assert items_of(http, conversation) == []
    model.will_say(*texts("fine"))
    assert text_of(ask(http, conversation=conversation)) == "fine"


def test_an_answer_that_is_not_streamed_is_understood(http: httpx2.Client, model: FakeChat) -> None:
    message = {"role": "assistant", "content": "at once"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": None}
    model.will_say(body=body)
    assert text_of(ask(http)) == "at once"


def test_a_client_that_leaves_ends_the_models_work(http: httpx2.Client, model: FakeChat) -> None:
    conversation = new_conversation(http)
    model.will_say(*texts("so far")[:2], 30.0)
    body = {"model": "llama", "input": "x", "conversation": conversation, "stream": True}
    with http.stream("POST", "/responses", json=body) as reply:
        for event in parsed(reply):
            if "delta" in event:
                break
    assert model.left.wait(10), "the model is not left talking to nobody"
    eventually(lambda: items_of(http, conversation))
    assert said(items_of(http, conversation)) == ["user: x", "assistant: so far"]


def test_compaction_asks_the_model_for_a_summary(http: httpx2.Client, model: FakeChat) -> None:
    conversation = new_conversation(http, user("my name is Ada"), assistant("word " * 1000))
    model.will_say(*texts("The user is Ada."))
    model.will_say(*texts("Hello Ada."))
    limit = [{"type": "compaction", "compact_threshold": 1000}]
    response = ask(http, "hi", conversation=conversation, context_management=limit)
    assert [item["type"] for item in response["output"]] == ["compaction", "message"]
    summarise, answer = model.asked
    assert summarise["messages"][1]["content"] == "my name is Ada"
    assert "tools" not in summarise
    assert [m["role"] for m in answer["messages"]] == ["system", "user"]
    assert answer["messages"][0]["content"].endswith("The user is Ada.")


@pytest.mark.parametrize("sent", [[], texts("so far")[:2]], ids=["at once", "in the middle"])
async def test_a_model_that_falls_silent_fails_the_turn(tmp_path: Path, sent: list[Any]) -> None:
    fake = FakeChat()
    database = Database(tmp_path / "chat.db")
    upstream = ChatCompletions(fake.base_url, silence_seconds=0.2)
    service = Service(database, upstream, "keep")
    await database.write(lambda db: store.create_conversation(db, "conv_1", 0, {}))

    async def turn() -> Json:
        params = RESPONSE.check({"model": "llama", "input": "hi", "conversation": "conv_1"})
        plan = await make_plan(database, upstream, params)
        return await service.start(service.turn(plan, NoEvents(), lambda: asyncio.sleep(0)))

    def held(db: sqlite3.Connection) -> tuple[int, int]:
        counts = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES]
        return counts[0], counts[1]

    fake.will_say(*sent, stalled=True)
    response = await turn()
    judge.check(response, "Response")
    assert (response["status"], response["error"]["code"]) == ("failed", "server_error")
    assert "in time" in response["error"]["message"]
    assert await asyncio.to_thread(fake.left.wait, 10), "the connection is closed"
    assert await database.read(held) == (0, 0), "nothing is appended or locked"
    fake.will_say(*texts("fine"))
    assert text_of(await turn()) == "fine"
    await upstream.close()
    database.close()
    fake.close()


def test_a_model_that_is_not_there_is_told(tmp_path_factory: pytest.TempPathFactory) -> None:
    server = EmbeddedServer.start(
        tmp_path_factory.mktemp("nowhere"), arguments=("--upstream", "http://127.0.0.1:9/v1")
    )
    reply = server.http().post("/responses", json={"model": "llama", "input": "x"})
    assert error_of(reply) == (502, "server_error", None)
    assert "cannot be reached" in reply.json()["error"]["message"]
    assert server.http().get("/models").status_code == 502
    server.stop()


def test_a_server_without_a_list_may_have_any_model(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    fake = FakeChat()
    fake.models_status = 404
    server = EmbeddedServer.start(
        tmp_path_factory.mktemp("any"), arguments=("--upstream", fake.base_url)
    )
    fake.will_say(*texts("here"))
    assert text_of(ask(server.http())) == "here"
    assert "authorization" not in fake.headers[0]
    assert server.http().get("/models").json()["data"] == []
    server.stop()
    fake.close()
