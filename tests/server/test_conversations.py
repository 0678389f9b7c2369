"""Conversations and their items, through the official client and by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openai
import pytest

from tests.server import judge
from tests.server.asking import assistant, error_of, items_of, new_conversation, said, user

if TYPE_CHECKING:
    import httpx2


def test_a_conversation_is_created_read_updated_and_deleted(client: openai.OpenAI) -> None:
    made = client.conversations.create(metadata={"topic": "trains"})
    judge.check(made.to_dict(), "ConversationResource")
    assert made.id.startswith("conv_")
    assert len(made.id) == len("conv_") + 48
    assert client.conversations.retrieve(made.id).metadata == {"topic": "trains"}

    changed = client.conversations.update(made.id, metadata={"title": "Trains"})
    assert changed.metadata == {"title": "Trains"}, "the map is replaced, not merged"
    assert changed.created_at == made.created_at

    gone = client.conversations.delete(made.id)
    judge.check(gone.to_dict(), "DeletedConversationResource")
    for call in (client.conversations.retrieve, client.conversations.delete):
        with pytest.raises(openai.NotFoundError):
            call(made.id)


def test_a_conversation_may_begin_empty(http: httpx2.Client) -> None:
    for reply in (http.post("/conversations", json={}), http.post("/conversations")):
        assert reply.json()["metadata"] == {}
        assert items_of(http, reply.json()["id"]) == []


def test_an_empty_list_has_no_ids(http: httpx2.Client) -> None:
    body = http.get(f"/conversations/{new_conversation(http)}/items").json()
    assert body == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_items_are_normalised(http: httpx2.Client) -> None:
    conversation = new_conversation(http)
    sent = [
        {"role": "system", "content": "Be brief."},
        user("Hello"),
        assistant("Hi"),
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "rain"},
    ]
    reply = http.post(f"/conversations/{conversation}/items", json={"items": sent}).json()
    judge.check(reply, "ConversationItemList")
    assert reply["data"] == items_of(http, conversation)
    system, hello, hi, call, output = reply["data"]
    assert system["content"] == [{"type": "input_text", "text": "Be brief."}]
    assert hello["status"] == "completed"
    assert hi["content"] == [
        {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}
    ]
    assert call["id"].startswith("fc_")
    assert (call["status"], output["status"]) == ("completed", "completed")


@pytest.fixture(scope="module")
def long_conversation(client: openai.OpenAI) -> str:
    conversation = client.conversations.create().id
    for start in range(0, 250, 20):
        client.conversations.items.create(
            conversation,
            items=[
                {"type": "message", "role": "user", "content": f"message {number}"}
                for number in range(start, min(start + 20, 250))
            ],
        )
    return conversation


@pytest.mark.parametrize("limit", [1, 20, 100])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_250_items_are_paged_in_both_orders(
    client: openai.OpenAI, long_conversation: str, order: str, limit: int
) -> None:
    pages = client.conversations.items.list(
        long_conversation,
        order="asc" if order == "asc" else "desc",
        limit=limit,
    )
    texts = [item.to_dict()["content"][0]["text"] for item in pages]  # type: ignore[index]
    expected = [f"message {number}" for number in range(250)]
    assert texts == (expected if order == "asc" else expected[::-1])


def test_a_list_begins_with_the_newest_20(http: httpx2.Client, long_conversation: str) -> None:
    body = http.get(f"/conversations/{long_conversation}/items").json()
    judge.check(body, "ConversationItemList")
    assert len(body["data"]) == 20
    assert body["has_more"]
    assert said(body["data"])[0] == "user: message 249"
    assert (body["first_id"], body["last_id"]) == (body["data"][0]["id"], body["data"][-1]["id"])


def test_a_full_last_page_has_no_more(http: httpx2.Client, long_conversation: str) -> None:
    items = items_of(http, long_conversation)
    rest = http.get(
        f"/conversations/{long_conversation}/items",
        params={
            "order": "desc",
            "limit": 100,
            "after": items_of(http, long_conversation)[99]["id"],
        },
    ).json()
    assert len(rest["data"]) == 99
    assert rest["has_more"] is False
    assert items[0]["id"] == rest["last_id"]


def test_an_item_is_read_and_deleted(client: openai.OpenAI, http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("one"), user("two"))
    first, second = items_of(http, conversation)
    found = client.conversations.items.retrieve(first["id"], conversation_id=conversation)
    assert found.to_dict() == first
    reply = client.conversations.items.delete(first["id"], conversation_id=conversation)
    judge.check(reply.to_dict(), "ConversationResource")
    assert items_of(http, conversation) == [second]
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.retrieve(first["id"], conversation_id=conversation)
    with pytest.raises(openai.NotFoundError):
        client.conversations.items.delete(first["id"], conversation_id=conversation)


def test_an_item_of_another_conversation_is_not_found(http: httpx2.Client) -> None:
    here, there = new_conversation(http), new_conversation(http, user("there"))
    item = items_of(http, there)[0]["id"]
    assert error_of(http.get(f"/conversations/{here}/items/{item}"))[0] == 404


def test_a_known_id_links_the_item_that_has_it(http: httpx2.Client) -> None:
    here = new_conversation(http, user("the original"))
    original = items_of(http, here)[0]
    there = new_conversation(http, user("something else", id=original["id"]))
    assert items_of(http, there) == [original], "stored content wins"
    http.delete(f"/conversations/{here}/items/{original['id']}")
    assert items_of(http, there) == [original], "a shared item stays where it was not deleted"


def test_a_reference_links_too(http: httpx2.Client) -> None:
    here = new_conversation(http, user("the original"))
    original = items_of(http, here)[0]
    there = new_conversation(http, {"type": "item_reference", "id": original["id"]})
    assert items_of(http, there) == [original]
    reply = http.post(
        "/conversations", json={"items": [{"type": "item_reference", "id": "msg_nowhere"}]}
    )
    assert error_of(reply)[0] == 404


def test_a_client_may_choose_ids(http: httpx2.Client) -> None:
    conversation = new_conversation(http, user("one", id="msg_chosen_by_me"))
    assert items_of(http, conversation)[0]["id"] == "msg_chosen_by_me"
    again = {"items": [user("one", id="msg_chosen_by_me")]}
    reply = http.post(f"/conversations/{conversation}/items", json=again)
    assert error_of(reply) == (400, "item_already_in_conversation", "items")


def test_the_same_id_twice_in_one_batch_is_listed_twice_and_paged_to_an_end(
    http: httpx2.Client,
) -> None:
    twin = user("twin", id="msg_twin")
    conversation = new_conversation(http, user("before"), twin, twin, user("after"))
    for order in ("asc", "desc"):
        found: list[str] = []
        query: dict[str, str] = {"order": order, "limit": "1"}
        while True:
            body = http.get(f"/conversations/{conversation}/items", params=query).json()
            found += [item["content"][0]["text"] for item in body["data"]]
            if not body["has_more"]:
                break
            query["after"] = body["last_id"]
        expected = ["before", "twin", "after"]
        assert found == (expected if order == "asc" else expected[::-1])
    assert len(items_of(http, conversation)) == 4


def test_include_decides_what_is_shown(http: httpx2.Client) -> None:
    image = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
    conversation = new_conversation(
        http,
        {"role": "user", "content": [{"type": "input_text", "text": "look"}, image]},
        {
            "type": "file_search_call",
            "id": "fs_1",
            "queries": ["q"],
            "results": [{"text": "found"}],
        },
    )
    message, search = items_of(http, conversation)
    assert "image_url" not in message["content"][1]
    assert search["results"] is None
    both = ["message.input_image.image_url", "file_search_call.results"]
    for key in ("include", "include[]"):
        message, search = items_of(http, conversation, **{key: both})
        assert message["content"][1]["image_url"] == image["image_url"]
        assert search["results"] == [{"text": "found"}]


def test_conversations_are_listed(http: httpx2.Client) -> None:
    made = [new_conversation(http, metadata={"number": str(number)}) for number in range(5)]

    def listed(**query: object) -> tuple[list[str], bool]:
        body = http.get("/conversations", params=query).json()  # type: ignore[arg-type]
        for conversation in body["data"]:
            judge.check(conversation, "ConversationResource")
        return [conversation["id"] for conversation in body["data"]], body["has_more"]

    assert listed(limit=3) == ([made[4], made[3], made[2]], True)
    assert listed(limit=2, after=made[2]) == ([made[1], made[0]], True)
    assert listed(order="asc", after=made[2]) == ([made[3], made[4]], False)
    assert listed(limit=2, before=made[1]) == ([made[3], made[2]], True)
    assert listed(after=made[4], before=made[1]) == ([made[3], made[2]], False)
    assert listed(order="asc", limit=2, before=made[4]) == ([made[2], made[3]], True)
    reply = http.get("/conversations", params={"after": "conv_nowhere"})
    assert error_of(reply) == (404, None, "after")
