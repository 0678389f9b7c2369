"""The routes of conversations and their items."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, store
from chat_tui.server.errors import not_found
from chat_tui.server.params import (
    conversation_params,
    flag_of,
    include_of,
    items_params,
    page_of,
    query_params,
    update_params,
)
from chat_tui.server.web import Endpoint, Reply, json_body, listing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from starlette.requests import Request

    from chat_tui.server.items import Item
    from chat_tui.server.service import Service
    from chat_tui.server.store import Stored


class ConversationRoutes:
    """Handlers of everything below `/v1/conversations`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self.paths = {
            "/v1/conversations": Endpoint(GET=self.list, POST=self.create),
            "/v1/conversations/{conversation_id}": Endpoint(
                GET=self.get, POST=self.update, DELETE=self.delete
            ),
            "/v1/conversations/{conversation_id}/items": Endpoint(
                GET=self.list_items, POST=self.create_items
            ),
            "/v1/conversations/{conversation_id}/items/{item_id}": Endpoint(
                GET=self.get_item, DELETE=self.delete_item
            ),
        }

    async def list(self, request: Request) -> Reply:
        """List conversations, newest first unless asked otherwise."""
        query = _query(request, "limit", "order", "after", "before")
        page = page_of(query)
        found = await self._database.read(lambda db: store.list_conversations(db, page))
        return listing(found.data, has_more=found.has_more)

    async def create(self, request: Request) -> Reply:
        """Create a conversation, with up to 20 items."""
        _query(request)
        params = conversation_params(await json_body(request, empty=True))
        given = params.get("items") or []
        self._check_blobs(given)
        conversation_id = ids.new(ids.CONVERSATION)

        def work(db: sqlite3.Connection) -> dict[str, Any]:
            metadata = params.get("metadata") or {}
            store.create_conversation(db, conversation_id, int(time.time()), metadata)
            store.append_items(db, conversation_id, _to_store(db, given))
            return store.get_conversation(db, conversation_id)

        return Reply(await self._database.write(work))

    async def get(self, request: Request) -> Reply:
        """Return one conversation."""
        _query(request)
        name = request.path_params["conversation_id"]
        return Reply(await self._database.read(lambda db: store.get_conversation(db, name)))

    async def update(self, request: Request) -> Reply:
        """Replace the metadata of a conversation."""
        _query(request)
        name = request.path_params["conversation_id"]
        metadata = update_params(await json_body(request, empty=True))["metadata"] or {}
        return Reply(
            await self._database.write(lambda db: store.update_conversation(db, name, metadata))
        )

    async def delete(self, request: Request) -> Reply:
        """Delete a conversation; `purge=true` takes its items and responses along."""
        purge = flag_of(_query(request, "purge"), "purge")
        name = request.path_params["conversation_id"]
        await self._database.write(lambda db: store.delete_conversation(db, name, purge=purge))
        await self._database.scrub()
        return Reply({"id": name, "object": "conversation.deleted", "deleted": True})

    async def list_items(self, request: Request) -> Reply:
        """List the items of a conversation."""
        query = _query(request, "limit", "order", "after", "include")
        name, page, include = (
            request.path_params["conversation_id"],
            page_of(query),
            include_of(query),
        )
        found = await self._database.read(lambda db: store.list_items(db, name, page))
        return listing(self._service.shown(found.data, include), has_more=found.has_more)

    async def create_items(self, request: Request) -> Reply:
        """Append up to 20 items to a conversation."""
        include = include_of(_query(request, "include"))
        name = request.path_params["conversation_id"]
        given = items_params(await json_body(request, empty=True))["items"]
        self._check_blobs(given)
        found = await self._database.write(
            lambda db: store.append_items(db, name, _to_store(db, given))
        )
        return listing(self._service.shown(found, include), has_more=False)

    async def get_item(self, request: Request) -> Reply:
        """Return one item."""
        include = include_of(_query(request, "include"))
        name, item_id = request.path_params["conversation_id"], request.path_params["item_id"]
        item = await self._database.read(lambda db: store.get_item(db, name, item_id))
        return Reply(self._service.shown([item], include)[0])

    async def delete_item(self, request: Request) -> Reply:
        """Take an item out of a conversation, which is returned."""
        _query(request)
        name, item_id = request.path_params["conversation_id"], request.path_params["item_id"]
        conversation = await self._database.write(lambda db: store.delete_item(db, name, item_id))
        await self._database.scrub()
        return Reply(conversation)

    def _check_blobs(self, given: Sequence[Item]) -> None:
        for index, item in enumerate(given):
            if item["type"] == context.COMPACTION:
                param = f"items[{index}].encrypted_content"
                context.open_compaction(self._database.sealer, item, param)


def _query(request: Request, *known: str) -> dict[str, list[str]]:
    return query_params(request.query_params.multi_items(), known)


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
