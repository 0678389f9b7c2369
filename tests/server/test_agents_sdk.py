"""An agent of the Agents SDK keeps its memory in a conversation of ours, tools included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from agents import (
    Agent,
    ModelSettings,
    OpenAIConversationsSession,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
)

from tests.server.asking import fast, items_of
from tests.support.server import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2
    from openai import AsyncOpenAI

QUIET = RunConfig(tracing_disabled=True)
CALLED: list[str] = []


@function_tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    CALLED.append(city)
    return f"sunny in {city}"


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[AsyncOpenAI]:
    client = server.async_openai()
    yield client
    await client.close()


def an_agent(client: AsyncOpenAI, **settings: Any) -> Agent[Any]:
    return Agent(
        name="Guide",
        instructions="Be brief.",
        model=OpenAIResponsesModel("demo", client),
        model_settings=ModelSettings(**settings),
        tools=[weather],
    )


async def test_turns_with_tools_are_remembered(client: AsyncOpenAI, http: httpx2.Client) -> None:
    agent, session = an_agent(client), OpenAIConversationsSession(openai_client=client)
    CALLED.clear()

    async def say(text: str) -> str:
        result = await Runner.run(agent, fast(text), session=session, run_config=QUIET)
        return str(result.final_output)

    assert "Ada" in await say("my name is Ada")
    answer = await say('call weather {"city": "Oslo"}\ncall weather {"city": "Rome"}')
    assert "sunny in Oslo" in answer
    assert "sunny in Rome" in answer
    assert CALLED == ["Oslo", "Rome"]
    assert "Ada" in await say("what is my name?")
    held = items_of(http, session.session_id)
    assert [item["type"] for item in held] == [
        "message",
        "message",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "message",
        "message",
        "message",
    ]
    assert len({item["id"] for item in held}) == len(held)


async def test_a_streamed_run_ends_the_same(client: AsyncOpenAI) -> None:
    agent, session = an_agent(client), OpenAIConversationsSession(openai_client=client)
    text = ""
    result = Runner.run_streamed(
        agent, fast('call weather {"city": "Bergen"}'), session=session, run_config=QUIET
    )
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            text += event.data.delta
    assert text == result.final_output
    assert "sunny in Bergen" in text
    again = await Runner.run(agent, fast("count"), session=session, run_config=QUIET)
    assert "5 items" in str(again.final_output)


async def test_a_session_is_taken_up_taken_back_and_cleared(
    client: AsyncOpenAI, http: httpx2.Client
) -> None:
    agent, session = an_agent(client), OpenAIConversationsSession(openai_client=client)
    await Runner.run(agent, fast("my name is Ada"), session=session, run_config=QUIET)
    name = session.session_id
    taken_up = OpenAIConversationsSession(conversation_id=name, openai_client=client)
    answer = await Runner.run(agent, fast("what is my name?"), session=taken_up, run_config=QUIET)
    assert "Ada" in str(answer.final_output)
    last: Any = await taken_up.pop_item()
    assert last["role"] == "assistant"
    assert len(await taken_up.get_items()) == 3
    assert len(await taken_up.get_items(limit=2)) == 2
    await taken_up.clear_session()
    assert http.get(f"/conversations/{name}").status_code == 404


async def test_the_conversation_may_be_the_servers_own_business(
    client: AsyncOpenAI, http: httpx2.Client
) -> None:
    agent = an_agent(client, store=True)
    conversation = (await client.conversations.create()).id

    async def say(text: str) -> str:
        result = await Runner.run(agent, fast(text), conversation_id=conversation, run_config=QUIET)
        return str(result.final_output)

    await say("my name is Ada")
    assert "sunny in Oslo" in await say('call weather {"city": "Oslo"}')
    assert "Ada" in await say("what is my name?")
    assert len(items_of(http, conversation)) == 8
