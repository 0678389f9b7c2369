"""The routes of conversations and their items."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, store
from chat_tui.server.checks import String
from chat_tui.server.errors import not_found
from chat_tui.server.params import CONVERSATION, INCLUDE, ITEMS, PAGE, UPDATE, Flag, page_of
from chat_tui.server.web import Call, Endpoint, Operation, Reply, listing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from chat_tui.server.items import Item
    from chat_tui.server.service import Service
    from chat_tui.server.store import Stored


class ConversationRoutes:
    """Handlers of everything below `/v1/conversations`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self.paths = {
            "/v1/conversations": Endpoint(
                GET=Operation(self.list, {**PAGE, "before": String()}),
                POST=Operation(self.create, body=CONVERSATION, may_be_empty=True),
            ),
            "/v1/conversations/{conversation_id}": Endpoint(
                GET=Operation(self.get),
                POST=Operation(self.update, body=UPDATE, may_be_empty=True),
                DELETE=Operation(self.delete, {"purge": Flag()}),
            ),
            "/v1/conversations/{conversation_id}/items": Endpoint(
                GET=Operation(self.list_items, {**PAGE, **INCLUDE}),
                POST=Operation(self.create_items, INCLUDE, ITEMS, may_be_empty=True),
            ),
            "/v1/conversations/{conversation_id}/items/{item_id}": Endpoint(
                GET=Operation(self.get_item, INCLUDE), DELETE=Operation(self.delete_item)
            ),
        }

    async def list(self, call: Call) -> Reply:
        """List conversations, newest first unless asked otherwise."""
        page = page_of(call.query)
        found = await self._database.read(lambda db: store.list_conversations(db, page))
        return listing(found.data, has_more=found.has_more)

    async def create(self, call: Call) -> Reply:
        """Create a conversation, with up to 20 items."""
        given = call.body.get("items") or []
        metadata = call.body.get("metadata") or {}
        self._check_blobs(given)
        conversation_id = ids.new(ids.CONVERSATION)

        def work(db: sqlite3.Connection) -> dict[str, Any]:
            store.create_conversation(db, conversation_id, int(time.time()), metadata)
            store.append_items(db, conversation_id, _to_store(db, given))
            return store.get_conversation(db, conversation_id)

        return Reply(await self._database.write(work))

    async def get(self, call: Call) -> Reply:
        """Return one conversation."""
        name = call.path["conversation_id"]
        return Reply(await self._database.read(lambda db: store.get_conversation(db, name)))

    async def update(self, call: Call) -> Reply:
        """Replace the metadata of a conversation."""
        name = call.path["conversation_id"]
        metadata = call.body["metadata"] or {}
        return Reply(
            await self._database.write(lambda db: store.update_conversation(db, name, metadata))
        )

    async def delete(self, call: Call) -> Reply:
        """Delete a conversation; `purge=true` takes its items and responses along."""
        purge = call.query.get("purge", False)
        name = call.path["conversation_id"]
        await self._database.write(lambda db: store.delete_conversation(db, name, purge=purge))
        await self._database.scrub()
        return Reply({"id": name, "object": "conversation.deleted", "deleted": True})

    async def list_items(self, call: Call) -> Reply:
        """List the items of a conversation."""
        name, page = call.path["conversation_id"], page_of(call.query)
        found = await self._database.read(lambda db: store.list_items(db, name, page))
        return listing(
            self._service.shown(found.data, call.query.get("include", [])), has_more=found.has_more
        )

    async def create_items(self, call: Call) -> Reply:
        """Append up to 20 items to a conversation."""
        include = call.query.get("include", [])
        name = call.path["conversation_id"]
        given = call.body["items"]
        self._check_blobs(given)
        found = await self._database.write(
            lambda db: store.append_items(db, name, _to_store(db, given))
        )
        return listing(self._service.shown(found, include), has_more=False)

    async def get_item(self, call: Call) -> Reply:
        """Return one item."""
        include = call.query.get("include", [])
        name, item_id = call.path["conversation_id"], call.path["item_id"]
        item = await self._database.read(lambda db: store.get_item(db, name, item_id))
        return Reply(self._service.shown([item], include)[0])

    async def delete_item(self, call: Call) -> Reply:
        """Take an item out of a conversation, which is returned."""
        name, item_id = call.path["conversation_id"], call.path["item_id"]
        conversation = await self._database.write(lambda db: store.delete_item(db, name, item_id))
        await self._database.scrub()
        return Reply(conversation)

    def _check_blobs(self, given: Sequence[Item]) -> None:
        for index, item in enumerate(given):
            if item["type"] == context.COMPACTION:
                param = f"items[{index}].encrypted_content"
                context.open_compaction(self._database.sealer, item, param)


def _to_store(db: sqlite3.Connection, given: Sequence[Item]) -> list[Stored]:
    """Return items to append, each with an id; references become the items they name."""
    known = {s.id: s for s in store.load_items(db, [i["id"] for i in given if "id" in i])}
    result = []
    for item in given:
        if item["type"] == "item_reference" and item["id"] not in known:
            raise not_found(f"Item with id '{item['id']}' not found.", "items")
        if item.get("id") in known:
            result.append(known[item["id"]])
        elif "id" in item:
            result.append(store.stored(item))
        else:
            result.append(store.stored({"id": ids.new_item(item["type"]), **item}))
    return result
