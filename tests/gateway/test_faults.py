"""A server that misbehaves: each fault is one error of the right kind, and nothing is doubled."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from chat_tui.config import Profile
from chat_tui.gateway import Gateway, GatewayError, Trouble, client, connection, sse
from chat_tui.streaming import Accumulator
from tests.support.faults import (
    FaultServer,
    Reply,
    babbling,
    hanging_up,
    refusing,
    replying,
    silent,
    streaming,
)

Json = dict[str, Any]
BODY: Json = {"model": "demo", "input": "hi", "stream": True}
CREATED: Json = {"type": "response.created", "response": {"id": "resp_1"}}
DELTA: Json = {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}
FINISHED: Json = {"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}}
WAITS = (0.001, 0.002, 0.003)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the same reasons, but not as long."""
    monkeypatch.setattr(client, "LOCK_WAITS", WAITS)
    monkeypatch.setattr(client, "REFUSED_WAITS", WAITS)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.001)


class Asked:
    """A gateway to a fault server, and what it was told."""

    def __init__(self, server: FaultServer) -> None:
        profile = Profile(name="work", base_url=server.base_url, api_key_env="KEY")
        self.gateway = Gateway(profile, env={"KEY": "sk-test"})
        self.server = server
        self.told: list[tuple[Trouble, float]] = []

    async def turn(self) -> list[Json]:
        """Run a turn to its end."""
        found: list[Json] = []
        waiting = lambda error, seconds: self.told.append((error.trouble, seconds))  # noqa: E731
        try:
            async with aclosing(self.gateway.stream(BODY, waiting)) as batches:
                async for events in batches:
                    found += events
        finally:
            await self.gateway.close()
        return found

    async def failing_turn(self) -> GatewayError:
        """Run a turn that must fail."""
        with pytest.raises(GatewayError) as told:
            await self.turn()
        return told.value


def kinds(events: list[Json]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


@pytest.mark.parametrize(
    ("reply", "trouble", "sentence"),
    [
        (refusing(401, "invalid_api_key", "Bad key."), Trouble.AUTH, "refused: Bad key."),
        (refusing(404), Trouble.NOT_FOUND, "refused: No."),
        (replying(b"<html>", 404, kind="text/html"), Trouble.NO_ROUTE, "status 404"),
        (refusing(400, "context_length_exceeded"), Trouble.CONTEXT_FULL, "refused: No."),
        (refusing(429, "insufficient_quota"), Trouble.QUOTA, "refused: No."),
        (refusing(429, "rate_limit_exceeded"), Trouble.RATE_LIMIT, "refused: No."),
        (refusing(500, "server_error"), Trouble.SERVER, "failed with status 500"),
        (replying(b"\xff" * 10, 502), Trouble.SERVER, "failed with status 502"),
        (replying(b"<html>", 200, kind="text/html"), Trouble.SERVER, "not a JSON object"),
        (replying([1], 200), Trouble.SERVER, "not a JSON object"),
        (hanging_up, Trouble.UNREACHABLE, "cannot be reached"),
        (babbling, Trouble.UNREACHABLE, "cannot be reached"),
        (streaming(CREATED, DELTA, end="cut"), Trouble.CUT, "connection broke"),
        (replying(b"x", headers={"content-length": "9"}), Trouble.CUT, "connection broke"),
        (
            replying(b"not gzip", headers={"content-encoding": "gzip"}, kind="text/event-stream"),
            Trouble.CUT,
            "connection broke",
        ),
        (
            replying(b"{", 500, headers={"content-length": "9"}),
            Trouble.CUT,
            "The connection to the server at http://127.0.0.1:",
        ),
    ],
)
async def test_a_fault_of_a_turn_is_one_error_and_is_not_repeated(
    reply: Reply, trouble: Trouble, sentence: str
) -> None:
    async with FaultServer([reply, streaming(FINISHED)]) as server:
        asked = Asked(server)
        if reply in (hanging_up, babbling):
            server.replies = [reply]
        error = await asked.failing_turn()
        assert error.trouble is trouble
        assert sentence in error.sentence
        assert len(server.requests) == 1
        assert asked.told == []


async def test_silence_ends_after_the_read_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "READ_TIMEOUT", 0.2)
    async with FaultServer([streaming(CREATED, end="stall")]) as server:
        assert (await Asked(server).failing_turn()).trouble is Trouble.CUT
    async with FaultServer([silent]) as server:
        error = await Asked(server).failing_turn()
        assert error.trouble is Trouble.TIMEOUT
        assert not error.nothing_done
        assert len(server.requests) == 1


async def test_an_endless_event_ends_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1_000_000)
    async with FaultServer([streaming(CREATED, end="endless")]) as server:
        error = await Asked(server).failing_turn()
        assert error.trouble is Trouble.CUT
        assert "without end" in error.sentence


async def test_a_stream_that_just_ends_is_for_the_caller_to_notice() -> None:
    for end in ("clean", "close"):
        async with FaultServer([streaming(CREATED, DELTA, end=end)]) as server:
            assert kinds(await Asked(server).turn()) == ["created", "output_text.delta"]


@pytest.mark.parametrize("chunk", [1, 7, None])
async def test_a_stream_is_the_same_however_the_network_cuts_it(chunk: int | None) -> None:
    async with FaultServer([streaming(CREATED, DELTA, FINISHED, chunk=chunk)]) as server:
        assert await Asked(server).turn() == [CREATED, DELTA, FINISHED]


async def test_garbage_between_events_is_passed_over() -> None:
    raw = b'data: {"type": \n\n: hm\n\ndata: \xff\xfe\n\nnonsense\n\n'
    raw += b'data: {"type": "response.completed"}\n\ndata: [DONE]\n\n'
    async with FaultServer([streaming(raw=raw)]) as server:
        assert kinds(await Asked(server).turn()) == ["completed"]


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ({"id": "r", "status": "completed", "output": []}, "completed"),
        ({"id": "r", "status": "incomplete", "output": []}, "incomplete"),
        ({"id": "r", "status": "failed", "error": {"code": "c"}}, "failed"),
        ({"error": {"message": "no GPU"}}, "failed"),
        ({"id": "r", "output": []}, "completed"),
    ],
)
async def test_json_instead_of_a_stream_is_the_whole_turn(response: Json, status: str) -> None:
    async with FaultServer([replying(response)]) as server:
        (event,) = await Asked(server).turn()
    accumulator = Accumulator()
    accumulator.apply(event)
    assert accumulator.status == status


# --- repeating ------------------------------------------------------------------------------------

LOCKED = refusing(400, "conversation_locked", "Another turn runs.", param="conversation")
LIMITED = refusing(429, "rate_limit_exceeded", headers={"retry-after-ms": "4"})


async def test_a_locked_conversation_is_waited_for_and_the_waits_are_told() -> None:
    async with FaultServer([LOCKED, LOCKED, streaming(FINISHED)]) as server:
        asked = Asked(server)
        assert kinds(await asked.turn()) == ["completed"]
        assert asked.told == [(Trouble.LOCKED, WAITS[0]), (Trouble.LOCKED, WAITS[1])]


async def test_the_waiting_for_a_lock_ends() -> None:
    async with FaultServer([LOCKED]) as server:
        asked = Asked(server)
        error = await asked.failing_turn()
        assert error.trouble is Trouble.LOCKED
        assert [seconds for _, seconds in asked.told] == list(WAITS)
        assert len(server.requests) == 4


async def test_a_rate_limit_is_waited_for_as_long_as_the_server_says_but_not_for_ever() -> None:
    async with FaultServer([LIMITED, streaming(FINISHED)]) as server:
        asked = Asked(server)
        assert kinds(await asked.turn()) == ["completed"]
        assert asked.told == [(Trouble.RATE_LIMIT, 0.004)]
    async with FaultServer([LIMITED]) as server:
        asked = Asked(server)
        assert (await asked.failing_turn()).trouble is Trouble.RATE_LIMIT
        assert len(server.requests) == client.RATE_TRIES + 1


async def test_a_long_wait_is_left_to_the_user() -> None:
    limited = refusing(429, "rate_limit_exceeded", headers={"retry-after": "3000"})
    async with FaultServer([limited]) as server:
        asked = Asked(server)
        assert (await asked.failing_turn()).retry_after == 3000
        assert asked.told == []


async def test_nobody_listening_is_tried_again_and_then_told() -> None:
    async with FaultServer([silent]) as server:
        asked = Asked(server)
    error = await asked.failing_turn()
    assert error.trouble is Trouble.UNREACHABLE
    assert error.nothing_done
    assert error.sentence == f"The server at {server.base_url} cannot be reached."
    assert [seconds for _, seconds in asked.told] == list(WAITS)


PAGE: Json = {"object": "list", "data": [{"id": "a"}], "last_id": "a", "has_more": False}


@pytest.mark.parametrize(
    "fault",
    [refusing(500), refusing(429, "rate_limit_exceeded"), refusing(409), hanging_up, babbling],
    ids=["500", "429", "409", "hanging up", "babbling"],
)
async def test_reads_are_repeated(fault: Reply) -> None:
    async with FaultServer([fault, fault, replying(PAGE)]) as server:
        gateway = Asked(server).gateway
        assert [raw["id"] for raw in (await gateway.items("conv_1")).data] == ["a"]
        assert len(server.requests) == 3
        await gateway.close()


@pytest.mark.parametrize("fault", [refusing(500), hanging_up], ids=["500", "hanging up"])
@pytest.mark.parametrize(
    "write",
    [
        lambda gateway: gateway.create_conversation(),
        lambda gateway: gateway.set_metadata("conv_1", {}),
        lambda gateway: gateway.add_items("conv_1", [{}]),
        lambda gateway: gateway.delete_item("conv_1", "msg_1"),
        lambda gateway: gateway.delete_conversation("conv_1"),
        lambda gateway: gateway.delete_response("resp_1"),
    ],
    ids=[
        "create",
        "metadata",
        "add items",
        "delete item",
        "delete conversation",
        "delete response",
    ],
)
async def test_writes_are_never_repeated(fault: Reply, write: Any) -> None:
    async with FaultServer([fault, replying({"id": "x"})]) as server:
        gateway = Asked(server).gateway
        with pytest.raises(GatewayError) as told:
            await write(gateway)
        assert len(server.requests) == 1
        assert not told.value.nothing_done
        await gateway.close()


# --- odd replies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply", [replying(b"", 200), replying(b"OK"), replying(None), replying([])]
)
async def test_the_body_of_a_deletion_does_not_matter(reply: Reply) -> None:
    async with FaultServer([reply]) as server:
        gateway = Asked(server).gateway
        await gateway.delete_item("conv_1", "msg_1")
        await gateway.delete_conversation("conv_1")
        await gateway.delete_response("resp_1")
        await gateway.close()


async def test_a_conversation_that_cannot_be_filled_is_deleted_again() -> None:
    items: list[Json] = [{"n": number} for number in range(45)]
    replies = [replying({"id": "conv_1"}), replying({}), refusing(400, "invalid_value")]
    async with FaultServer([*replies, replying({})]) as server:
        gateway = Asked(server).gateway
        with pytest.raises(GatewayError) as told:
            await gateway.create_conversation(items)
        assert told.value.code == "invalid_value"
        assert [len(request.body["items"]) for request in server.requests[:3]] == [20, 20, 5]
        last = server.requests[-1]
        assert (last.method, last.path) == ("DELETE", "/v1/conversations/conv_1")
        await gateway.close()


@pytest.mark.parametrize("created", [{}, {"id": None}, {"id": ""}, {"id": 7}])
async def test_a_conversation_without_an_id_is_no_conversation(created: Json) -> None:
    async with FaultServer([replying(created)]) as server:
        gateway = Asked(server).gateway
        with pytest.raises(GatewayError, match="without an id"):
            await gateway.create_conversation()
        await gateway.close()


@pytest.mark.parametrize(
    ("page", "ids", "last", "more"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}], "has_more": True}, ["a", "b"], "b", True),
        ({"data": [{"id": "a"}], "last_id": "z", "has_more": True}, ["a"], "z", True),
        ({"data": [], "has_more": True}, [], "", False),
        ({"data": [{}], "has_more": True}, [None], "", False),
        ({"data": None}, [], "", False),
        ({"data": [{"id": "a"}, "garbage", None]}, ["a"], "a", False),
        ({}, [], "", False),
    ],
)
async def test_any_shape_of_a_list_is_a_page(
    page: Json, ids: list[str | None], last: str, more: bool
) -> None:
    async with FaultServer([replying(page)]) as server:
        gateway = Asked(server).gateway
        found = await gateway.items("conv_1")
        assert [raw.get("id") for raw in found.data] == ids
        assert (found.last_id, found.has_more) == (last, more)
        await gateway.close()


async def test_a_server_that_ignores_where_to_go_on_does_not_make_us_page_for_ever() -> None:
    page = {"data": [{"id": "a"}, {"id": "b"}], "last_id": "b", "has_more": True}
    async with FaultServer([replying(page)]) as server:
        gateway = Asked(server).gateway
        found = await gateway.items("conv_1", after="b")
        assert (found.data, found.has_more) == ((), False)
        found = await gateway.items("conv_1", after="a")
        assert [raw["id"] for raw in found.data] == ["b"]
        await gateway.close()


async def test_models_are_named_whatever_else_the_list_holds() -> None:
    data = [{"id": "b"}, {"id": "a"}, {"id": 7}, None, {}]
    async with FaultServer([replying({"data": data}), replying({"data": "none"})]) as server:
        gateway = Asked(server).gateway
        assert await gateway.models() == ["a", "b"]
        assert await gateway.models() == []
        await gateway.close()


# --- what is sent ---------------------------------------------------------------------------------


async def test_requests_carry_what_the_profile_says_and_nothing_of_openais_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-elsewhere")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-elsewhere")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-elsewhere")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with FaultServer([replying({"data": []})]) as server:
        plain = Profile(name="work", base_url=server.base_url, api_key_env="KEY")
        named = Profile(
            name="named",
            base_url=server.base_url,
            api_key_env="KEY",
            organization="org-mine",
            project="proj-mine",
            headers={"x-team": "a"},
        )
        for profile in (plain, named):
            gateway = Gateway(profile, env={"KEY": "sk-mine"})
            await gateway.models()
            await gateway.close()
    plain_headers, named_headers = (request.headers for request in server.requests)
    assert plain_headers["authorization"] == named_headers["authorization"] == "Bearer sk-mine"
    assert not any("elsewhere" in value for value in plain_headers.values())
    assert named_headers["openai-organization"] == "org-mine"
    assert named_headers["openai-project"] == "proj-mine"
    assert named_headers["x-team"] == "a"


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("conv_1", "/v1/conversations/conv_1"),
        ("a/b", "/v1/conversations/a%2Fb"),
        ("../responses", "/v1/conversations/..%2Fresponses"),
        ("a?limit=1#x", "/v1/conversations/a%3Flimit%3D1%23x"),
        ("%2e%2e", "/v1/conversations/%252e%252e"),
        ("ä", "/v1/conversations/%C3%A4"),
    ],
)
async def test_an_id_is_one_segment_of_the_path_whatever_it_holds(
    identifier: str, path: str
) -> None:
    async with FaultServer([replying({})]) as server:
        gateway = Asked(server).gateway
        await gateway.conversation(identifier)
        await gateway.close()
        assert server.requests[0].path == path


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb", "\ud83d", "\x00"])
async def test_what_can_be_no_id_is_never_sent(identifier: str) -> None:
    async with FaultServer([replying({})]) as server:
        gateway = Asked(server).gateway
        for ask in (
            gateway.conversation(identifier),
            gateway.delete_conversation(identifier),
            gateway.delete_item("conv_1", identifier),
            gateway.response(identifier),
        ):
            with pytest.raises(GatewayError, match="is not an id") as told:
                await ask
            assert told.value.trouble is Trouble.INVALID
        assert server.requests == []


async def test_text_that_cannot_be_sent_is_one_sentence() -> None:
    async with FaultServer([replying({})]) as server:
        gateway = Asked(server).gateway
        with pytest.raises(GatewayError, match="cannot be sent"):
            await gateway.set_metadata("conv_1", {"title": "\ud83d"})
        assert server.requests == []


async def test_a_refused_key_is_looked_up_again() -> None:
    keys = {"KEY": "sk-old"}
    refusal = refusing(401, "invalid_api_key")
    async with FaultServer([refusal, replying({"data": []})]) as server:
        profile = Profile(name="work", base_url=server.base_url, api_key_env="KEY")
        gateway = Gateway(profile, env=keys)
        with pytest.raises(GatewayError):
            await gateway.models()
        keys["KEY"] = "sk-new"
        await gateway.models()
        await gateway.close()
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer sk-old", "Bearer sk-new"]


async def test_a_password_in_the_address_is_not_shown() -> None:
    profile = Profile(name="work", base_url="http://me:secret@127.0.0.1:1/v1")
    gateway = Gateway(profile, env={})
    with pytest.raises(GatewayError) as told:
        await gateway.create_conversation()
    assert told.value.sentence == "The server at http://…@127.0.0.1:1/v1 cannot be reached."
    await gateway.close()
