"""Turns: what a response reads, answers and leaves behind, in every way of keeping state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

from tests.server import judge
from tests.server.asking import (
    TIME,
    WEATHER,
    Json,
    ask,
    assistant,
    error_of,
    fast,
    items_of,
    new_conversation,
    said,
    text_of,
    user,
)

if TYPE_CHECKING:
    import httpx2


def test_a_turn_is_appended_to_its_conversation(client: openai.OpenAI, http: httpx2.Client) -> None:
    conversation = client.conversations.create().id
    response = client.responses.create(
        model="demo", input=fast("my name is Ada"), conversation=conversation
    )
    body = http.get(f"/responses/{response.id}").json()
    judge.check(body, "Response")
    assert body["conversation"] == {"id": conversation}
    assert response.output_text.startswith("Hello Ada!")
    items = items_of(http, conversation)
    assert said(items) == [f"user: {fast('my name is Ada')}", f"assistant: {response.output_text}"]
    assert [items[1]] == body["output"], "ids and content are those of the response"

    again = client.responses.create(
        model="demo", input=fast("what is my name?"), conversation=conversation
    )
    assert again.output_text == "Your name is Ada."


def test_the_id_form_and_the_object_form_name_the_same_conversation(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    ask(http, "my name is Ada", conversation={"id": conversation})
    assert text_of(ask(http, "what is my name?", conversation=conversation)) == "Your name is Ada."


def test_seeded_items_and_deletions_are_seen(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("my name is Grace"), assistant("Noted."))
    assert "Grace" in text_of(ask(http, "what is my name?", conversation=conversation))
    item = items_of(http, conversation)[0]["id"]
    http.delete(f"/conversations/{conversation}/items/{item}")
    assert "do not know" in text_of(ask(http, "what is my name?", conversation=conversation))


def test_responses_chain(http: httpx2.Client) -> None:
    first = ask(http, "my name is Ada")
    second = ask(http, "echo hello", previous_response_id=first["id"])
    third = ask(http, "what is my name?", previous_response_id=second["id"])
    assert third["previous_response_id"] == second["id"]
    assert text_of(third) == "Your name is Ada."
    assert "conversation" not in third
    aside = ask(http, "my name is Bob", previous_response_id=first["id"])
    assert text_of(ask(http, "what is my name?", previous_response_id=aside["id"])).endswith("Bob.")
    assert text_of(ask(http, "what is my name?", previous_response_id=third["id"])).endswith("Ada.")


def test_a_broken_chain_is_told(http: httpx2.Client) -> None:
    first = ask(http, "my name is Ada")
    second = ask(http, "echo hello", previous_response_id=first["id"])
    http.delete(f"/responses/{first['id']}")
    for parent in (first["id"], second["id"], "resp_nowhere"):
        body = {"model": "demo", "input": "x", "previous_response_id": parent}
        assert error_of(http.post("/responses", json=body)) == (
            400,
            "previous_response_not_found",
            "previous_response_id",
        )


def test_chaining_from_a_turn_in_a_conversation_sees_it_as_it_was(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    then = ask(http, "my name is Ada", conversation=conversation)
    ask(http, "my name is Bob", conversation=conversation)
    before = items_of(http, conversation)
    aside = ask(http, "what is my name?", previous_response_id=then["id"])
    assert text_of(aside) == "Your name is Ada."
    assert "conversation" not in aside
    assert items_of(http, conversation) == before, "nothing is appended"


def test_an_aside_never_sees_what_came_later(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    then = ask(http, "my name is Ada", conversation=conversation)
    for item in items_of(http, conversation):
        http.delete(f"/conversations/{conversation}/items/{item['id']}")
    http.post(f"/conversations/{conversation}/items", json={"items": [user("my name is Bob")]})
    ask(http, "my name is Eve", conversation=conversation)
    aside = ask(http, "what is my name?", previous_response_id=then["id"])
    assert text_of(aside) == "Your name is Ada.", "a freed place is not given again"


def test_instructions_are_not_carried_and_not_stored(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    told = ask(http, "hi there", conversation=conversation, instructions="Be brief.")
    assert told["instructions"] == "Be brief."
    assert "My instructions are 3 tokens long." in text_of(told)
    then = ask(http, "hi there", conversation=conversation)
    assert then["instructions"] is None
    assert "My instructions" not in text_of(then)
    assert {item["role"] for item in items_of(http, conversation)} == {"user", "assistant"}


def test_input_items_list_what_the_model_was_given(
    client: openai.OpenAI, http: httpx2.Client
) -> None:
    first = ask(http, "echo one")
    second = ask(http, "echo two", previous_response_id=first["id"])
    pages = client.responses.input_items.list(second["id"], order="asc", limit=1)
    found = [item.to_dict() for item in pages]
    assert said(found) == [
        f"user: {fast('echo one')}",
        "assistant: one",
        f"user: {fast('echo two')}",
    ]
    body = http.get(f"/responses/{second['id']}/input_items").json()
    judge.check(body, "ResponseItemList")
    assert body["data"] == found[::-1]

    conversation = new_conversation(http, user("before"))
    inside = ask(http, "echo now", conversation=conversation)
    ask(http, "echo later", conversation=conversation)
    listed = http.get(f"/responses/{inside['id']}/input_items", params={"order": "asc"}).json()
    assert said(listed["data"]) == ["user: before", f"user: {fast('echo now')}"]


def test_store_off_keeps_nothing(http: httpx2.Client) -> None:
    response = ask(http, "my name is Ada", store=False)
    assert response["store"] is False
    assert error_of(http.get(f"/responses/{response['id']}"))[0] == 404
    body = {"model": "demo", "input": "x", "previous_response_id": response["id"]}
    assert error_of(http.post("/responses", json=body))[1] == "previous_response_not_found"
    reference = [{"type": "item_reference", "id": response["output"][0]["id"]}]
    reply = http.post("/responses", json={"model": "demo", "input": reference})
    assert error_of(reply) == (404, None, "input")


def test_store_off_in_a_conversation_reads_and_does_not_append(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("my name is Ada"))
    before = items_of(http, conversation)
    aside = ask(http, "what is my name?", conversation=conversation, store=False)
    assert text_of(aside) == "Your name is Ada."
    assert aside["conversation"] == {"id": conversation}
    assert items_of(http, conversation) == before


def test_a_stateless_replay_is_understood(http: httpx2.Client) -> None:
    include = ["reasoning.encrypted_content"]
    first = ask(http, "my name is Ada\nthink 1", store=False, include=include)
    assert first["output"][0]["encrypted_content"]
    replay = [user("my name is Ada"), *first["output"], user(fast("what is my name?"))]
    second = ask(http, replay, store=False, include=include)
    assert text_of(second) == "Your name is Ada."


def test_a_call_is_made_and_its_output_answered(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    more = {"conversation": conversation, "tools": [WEATHER, TIME]}
    response = ask(http, 'call weather {"city": "Kyoto"}\ncall time', **more)
    judge.check(response, "Response")
    first, second = response["output"]
    assert (first["name"], first["arguments"]) == ("weather", '{"city": "Kyoto"}')
    assert (second["name"], second["arguments"]) == ("time", "{}")
    assert first["call_id"] != second["call_id"]

    reply = http.post("/responses", json={"model": "demo", "input": "go on", **more})
    assert error_of(reply) == (400, None, "input")
    message = reply.json()["error"]["message"]
    assert message == f"No tool output found for function call {first['call_id']}."

    outputs: list[Json] = [
        {"type": "function_call_output", "call_id": first["call_id"], "output": '{"sky": "clear"}'},
        {"type": "function_call_output", "call_id": second["call_id"], "output": "noon"},
    ]
    answer = ask(http, outputs, **more)
    assert '"sky": "clear"' in text_of(answer)
    assert "`time` returned: noon" in text_of(answer)
    kinds = [item["type"] for item in items_of(http, conversation)]
    assert kinds == ["message", *["function_call"] * 2, *["function_call_output"] * 2, "message"]


def test_only_offered_tools_are_called(http: httpx2.Client) -> None:
    assert "not offered" in text_of(ask(http, "call weather {}"))
    none = ask(http, "call weather {}", tools=[WEATHER], tool_choice="none")
    assert "not offered" in text_of(none)
    forced = ask(
        http, "hello", tools=[WEATHER], tool_choice={"type": "function", "name": "weather"}
    )
    assert [item["type"] for item in forced["output"]] == ["function_call"]
    one = ask(http, "call weather\ncall time", tools=[WEATHER, TIME], parallel_tool_calls=False)
    assert [item["type"] for item in one["output"]] == ["function_call", "message"]


def test_an_output_without_its_call_is_refused(http: httpx2.Client) -> None:
    output = {"type": "function_call_output", "call_id": "nowhere", "output": "x"}
    reply = http.post("/responses", json={"model": "demo", "input": [output]})
    assert error_of(reply) == (400, None, "input")
    assert reply.json()["error"]["message"].startswith("No tool call found")


def test_reasoning_and_its_follower_belong_together(http: httpx2.Client) -> None:
    for index, words in ((0, "required 'reasoning' item"), (1, "required following item")):
        conversation = new_conversation(http)
        output = ask(http, "think 2\necho done", conversation=conversation)["output"]
        assert [item["type"] for item in output] == ["reasoning", "message"]
        assert len(output[0]["summary"]) == 2
        http.delete(f"/conversations/{conversation}/items/{output[index]['id']}")
        reply = http.post(
            "/responses", json={"model": "demo", "input": "x", "conversation": conversation}
        )
        assert error_of(reply) == (400, None, "input")
        assert words in reply.json()["error"]["message"]
        http.delete(f"/conversations/{conversation}/items/{output[1 - index]['id']}")
        assert text_of(ask(http, "echo well", conversation=conversation)) == "well"


def test_an_item_sent_along_with_its_conversation_is_a_duplicate(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("hello"))
    item = items_of(http, conversation)[0]
    body = {"model": "demo", "input": [item], "conversation": conversation}
    reply = http.post("/responses", json=body)
    assert error_of(reply) == (400, None, "input")
    assert "Duplicate item" in reply.json()["error"]["message"]


def test_a_cut_answer_is_incomplete_and_kept(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    for more in ({"max_output_tokens": 30}, {}):
        prompt = "long 500" if more else "long 500\ncut 30"
        response = ask(http, prompt, conversation=conversation, **more)
        judge.check(response, "Response")
        assert response["status"] == "incomplete"
        assert response["incomplete_details"] == {"reason": "max_output_tokens"}
        assert response["output"][0]["status"] == "incomplete"
        assert response["usage"]["output_tokens"] == 30
    assert [item["status"] for item in items_of(http, conversation)][1::2] == ["incomplete"] * 2
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"


def test_a_call_cut_in_its_middle_does_not_block_the_conversation(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    arguments = '{"city": "' + "x" * 500 + '"}'
    prompt = f"think 1\ncall weather {arguments}\ncut 60"
    cut = ask(http, prompt, conversation=conversation, tools=[WEATHER])
    assert [item["type"] for item in cut["output"]] == ["reasoning", "function_call"]
    assert cut["output"][1]["status"] == "incomplete"
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on"


def test_a_failed_answer_is_told_and_appends_nothing(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    response = ask(http, "echo so far\nfail rate_limit_exceeded", conversation=conversation)
    judge.check(response, "Response")
    assert response["status"] == "failed"
    assert response["error"]["code"] == "rate_limit_exceeded"
    assert items_of(http, conversation) == []
    assert http.get(f"/responses/{response['id']}").json()["status"] == "failed"
    assert text_of(ask(http, "echo on", conversation=conversation)) == "on", "the lock is free"


def test_a_refusal_is_a_part_of_its_own(http: httpx2.Client) -> None:
    response = ask(http, "refuse")
    judge.check(response, "Response")
    assert response["status"] == "completed"
    assert [part["type"] for part in response["output"][0]["content"]] == ["refusal"]


def test_usage_adds_up_along_a_conversation(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    first = ask(http, "long 200", conversation=conversation)["usage"]
    second = ask(http, "count", conversation=conversation)
    new = -(-len(fast("count")) // 4)
    assert second["usage"]["input_tokens"] == first["total_tokens"] + new
    tokens = second["usage"]["input_tokens"]
    assert text_of(second) == f"My context holds 3 items and {tokens} tokens."


def test_parameters_are_echoed(http: httpx2.Client) -> None:
    given = {
        "instructions": "Be brief.",
        "metadata": {"a": "b"},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 100,
        "max_tool_calls": 3,
        "parallel_tool_calls": False,
        "truncation": "auto",
        "tool_choice": "auto",
        "user": "someone",
        "safety_identifier": "abc",
        "prompt_cache_key": "key",
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
    }
    response = ask(http, "hello", **given)
    judge.check(response, "Response")
    assert {key: response[key] for key in given} == given
    assert response["tools"] == []
    assert "include" not in response


def test_function_tools_are_echoed_normalised(http: httpx2.Client) -> None:
    (tool,) = ask(http, "hello", tools=[WEATHER])["tools"]
    assert tool == {**WEATHER, "description": None, "strict": True}


def test_two_turns_at_once_are_refused(http: httpx2.Client, client: openai.OpenAI) -> None:
    conversation = new_conversation(http)
    body = {"model": "demo", "input": "stall 30", "conversation": conversation, "stream": True}
    with http.stream("POST", "/responses", json=body) as running:
        lines = running.iter_lines()
        assert next(lines) == "event: response.created"
        with pytest.raises(openai.BadRequestError) as refused:
            client.responses.create(model="demo", input="hi", conversation=conversation)
        assert (refused.value.code, refused.value.param) == ("conversation_locked", "conversation")
        assert items_of(http, conversation) == [], "nothing is seen before the end"
        aside = ask(http, "echo aside", conversation=conversation, store=False)
        assert text_of(aside) == "aside", "reading needs no lock"


def test_a_conversation_deleted_meanwhile_takes_the_turn_along(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    body = {"model": "demo", "input": "stall 0.5\nlong 10", "conversation": conversation}
    with http.stream("POST", "/responses", json={**body, "stream": True}) as running:
        lines = running.iter_lines()
        assert next(lines) == "event: response.created"
        assert http.delete(f"/conversations/{conversation}").status_code == 200
        assert "event: response.completed" in list(lines)
    assert error_of(http.get(f"/conversations/{conversation}"))[0] == 404


def test_a_response_is_deleted(client: openai.OpenAI, http: httpx2.Client) -> None:
    response = ask(http, "hello")
    reply = http.delete(f"/responses/{response['id']}")
    assert reply.json() == {"id": response["id"], "object": "response", "deleted": True}
    with pytest.raises(openai.NotFoundError):
        client.responses.delete(response["id"])
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response["id"])


def test_deleting_a_response_leaves_its_items_in_the_conversation(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    response = ask(http, "my name is Ada", conversation=conversation)
    before = items_of(http, conversation)
    http.delete(f"/responses/{response['id']}")
    assert items_of(http, conversation) == before


def test_models(client: openai.OpenAI, http: httpx2.Client) -> None:
    assert [model.id for model in client.models.list()] == ["demo"]
    judge.check(http.get("/models").json(), "ListModelsResponse")
    judge.check(client.models.retrieve("demo").to_dict(), "Model")
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("another")
