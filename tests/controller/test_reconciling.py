"""The copies here against what the server holds."""

from __future__ import annotations

from chat_tui.config import Chaining
from tests.support.asking import items_of
from tests.support.client import Client
from tests.support.prompts import echo
from tests.support.server import EmbeddedServer


async def test_a_copy_that_differs_is_told_and_refreshed(
    me: Client, server: EmbeddedServer
) -> None:
    key = await me.new()
    await me.say(key, echo("one"))
    await me.say(key, echo("two"))
    assert (await me.controller.reconcile(key)).agrees
    http, identifier = server.http(), me.controller.view(key).conversation_id
    first = items_of(server, identifier)[0]["id"]
    http.delete(f"/conversations/{identifier}/items/{first}")
    new = {"items": [{"role": "user", "content": "by another"}]}
    http.post(f"/conversations/{identifier}/items", json=new)
    before = me.texts(key)
    found = await me.controller.reconcile(key)
    assert found.sentence == "3 the same, 1 only here, 1 only there, 0 changed."
    assert me.texts(key) == before
    found = await me.controller.reconcile(key, refresh=True)
    assert not found.agrees
    assert found.refreshed
    assert me.texts(key) == ["one", echo("two"), "two", "by another"]
    assert (await me.controller.reconcile(key)).sentence == "The same here and there: 4 items."


async def test_more_than_a_page_is_compared_whole(me: Client, server: EmbeddedServer) -> None:
    http = server.http()
    identifier = http.post("/conversations", json={}).json()["id"]
    for start in range(0, 240, 20):
        items = [{"role": "user", "content": f"{number}"} for number in range(start, start + 20)]
        http.post(f"/conversations/{identifier}/items", json={"items": items})
    key = (await me.open(identifier)).key
    found = await me.controller.reconcile(key)
    assert found.comparison is not None
    assert (found.comparison.same, len(found.comparison.only_there)) == (100, 140)
    await me.controller.reconcile(key, refresh=True)
    assert me.texts(key) == [str(number) for number in range(240)]
    assert (await me.controller.reconcile(key)).agrees


async def test_all_conversations_are_compared(me: Client, server: EmbeddedServer) -> None:
    keys = []
    for _ in range(3):
        keys.append(await me.new())
        await me.say(keys[-1], echo("one"))
    chain = await me.new()
    await me.controller.set_chaining(chain, Chaining.RESPONSE)
    await me.say(chain, echo("two"))
    identifiers = [(await me.controller.summary(key)).conversation_id for key in keys]
    server.http().delete(f"/conversations/{identifiers[0]}")
    new = {"items": [{"role": "user", "content": "by another"}]}
    server.http().post(f"/conversations/{identifiers[1]}/items", json=new)
    found = {r.key: r async for r in me.controller.reconcile_all(refresh=True)}
    assert found.keys() == {*keys, chain}
    assert found[keys[0]].gone
    assert found[keys[1]].refreshed
    assert not found[keys[1]].agrees
    assert found[keys[2]].agrees
    assert found[chain].agrees
    assert len(me.controller._open) <= 2
    assert {r.agrees async for r in me.controller.reconcile_all()} == {True, False}


async def test_looking_loads_nothing_into_an_open_conversation(
    me: Client, server: EmbeddedServer
) -> None:
    http = server.http()
    identifier = http.post("/conversations", json={}).json()["id"]
    for start in range(0, 400, 20):
        items = [{"role": "user", "content": f"{number}"} for number in range(start, start + 20)]
        http.post(f"/conversations/{identifier}/items", json={"items": items})
    key = (await me.open(identifier)).key
    await me.controller.reconcile(key, refresh=True)
    await me.new()
    await me.open(key)
    loaded = me.texts(key)
    assert len(loaded) < 400
    found = await me.controller.reconcile(key)
    assert found.comparison is not None
    assert found.comparison.same == 400
    assert len((await me.controller.items(key)).seen) == 400
    assert me.texts(key) == loaded
