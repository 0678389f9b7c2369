"""The routes of responses and models."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, locks, store
from chat_tui.server.compaction import compact
from chat_tui.server.errors import invalid, not_found
from chat_tui.server.event_log import stored_events
from chat_tui.server.params import Page, flag_of, include_of, number_of, page_of, query_params
from chat_tui.server.plan import check_state, find_model, make_plan, read_context
from chat_tui.server.replies import (
    AwaitedTurn,
    FollowedLog,
    StoredLog,
    StreamedTurn,
    run_in_background,
)
from chat_tui.server.response_params import compact_params, count_params, response_params
from chat_tui.server.validation import unsupported
from chat_tui.server.web import Endpoint, Reply, json_body, listing

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request

    from chat_tui.server.service import Service
    from chat_tui.server.upstream import Model

_POLL_SECONDS = 0.2
"""How often to look whether another process has finished a response."""


class ResponseRoutes:
    """Handlers of everything below `/v1/responses` and `/v1/models`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self.paths = {
            "/v1/responses": Endpoint(POST=self.create),
            "/v1/responses/input_tokens": Endpoint(POST=self.count_tokens),
            "/v1/responses/compact": Endpoint(POST=self.compact),
            "/v1/responses/{response_id}": Endpoint(GET=self.get, DELETE=self.delete),
            "/v1/responses/{response_id}/cancel": Endpoint(POST=self.cancel),
            "/v1/responses/{response_id}/input_items": Endpoint(GET=self.input_items),
            "/v1/models": Endpoint(GET=self.models),
            "/v1/models/{model}": Endpoint(GET=self.model),
        }

    async def create(self, request: Request) -> Reply:
        """Begin a turn."""
        _query(request)
        params = response_params(await json_body(request))
        self._service.check_running()
        plan = await make_plan(self._database, self._service.upstream, params)
        stream = bool(params.get("stream"))
        padded = (params.get("stream_options") or {}).get("include_obfuscation") is True
        if plan.background:
            return await run_in_background(self._service, plan, stream=stream, padded=padded)
        if stream:
            return StreamedTurn(self._service, plan, padded=padded)
        return AwaitedTurn(self._service, plan)

    async def get(self, request: Request) -> Reply:
        """Return a stored response, or replay its events."""
        query = _query(request, "include", "stream", "starting_after", "include_obfuscation")
        include = include_of(query)
        after = number_of(query, "starting_after")
        if flag_of(query, "include_obfuscation"):
            raise unsupported("include_obfuscation", "Padding of a replayed stream")
        response_id = request.path_params["response_id"]
        if flag_of(query, "stream"):
            return await self._replay(response_id, 0 if after is None else after + 1)
        if after is not None:
            raise invalid(
                "'starting_after' needs 'stream=true'.", "invalid_value", "starting_after"
            )
        response, _ = await self._look_up(response_id)
        return Reply({**response, "output": self._service.shown(response["output"], include)})

    async def _look_up(self, response_id: str) -> tuple[dict[str, Any], bool]:
        """Return a response and whether a process, still alive, is making it."""

        def work(db: sqlite3.Connection) -> tuple[dict[str, Any], bool]:
            return store.get_response(db, response_id), locks.is_running(db, response_id)

        response, running = await self._database.read(work)
        if running and response_id not in self._service.background:
            owner = self._database.owner
            await self._database.write(lambda db: locks.bury_owner_of(db, owner, response_id))
            return await self._database.read(work)
        return response, running

    async def _replay(self, response_id: str, start: int) -> Reply:
        while True:
            run = self._service.background.get(response_id)
            if run is not None and run.events is not None:
                return FollowedLog(run.events, start)
            _, running = await self._look_up(response_id)
            events = await self._database.read(lambda db: store.load_log(db, response_id))
            if events is not None:
                return StoredLog(await asyncio.to_thread(stored_events, events, start))
            if run is not None or not running:
                raise invalid(
                    "Only a response created with both 'background' and 'stream' can be streamed "
                    "again.",
                    "invalid_value",
                    "stream",
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def delete(self, request: Request) -> Reply:
        """Delete a stored response."""
        _query(request)
        response_id = request.path_params["response_id"]
        await self._database.write(lambda db: store.delete_response(db, response_id))
        run = self._service.background.get(response_id)
        if run is not None:
            # It finds itself deleted when it settles, and leaves nothing behind.
            run.turn.interrupt("cancelled")
            await asyncio.wait([run.task])
        await self._database.scrub()
        return Reply({"id": response_id, "object": "response", "deleted": True})

    async def cancel(self, request: Request) -> Reply:
        """End a background turn, and return the response as it stays."""
        _query(request)
        response_id = request.path_params["response_id"]
        run = self._service.background.get(response_id)
        if run is not None:
            run.turn.interrupt("cancelled")
            await asyncio.wait([run.task])
        response, running = await self._look_up(response_id)
        if not response["background"]:
            raise invalid(
                "Only a response created with 'background' can be cancelled.", "invalid_value", None
            )
        if running:
            raise invalid(
                "Another process of this server makes this response; cancel it there.", None, None
            )
        return Reply({**response, "output": self._service.shown(response["output"], [])})

    async def count_tokens(self, request: Request) -> Reply:
        """Count what a request would cost, its stored context included."""
        _query(request)
        params = count_params(await json_body(request))
        check_state(params)
        reading = await read_context(self._database, params)
        if params.get("model") is not None:
            await find_model(self._service.upstream, params)
        return Reply({"object": "response.input_tokens", "input_tokens": reading.tokens})

    async def compact(self, request: Request) -> Reply:
        """Return a smaller window that stands for a longer one."""
        _query(request)
        params = compact_params(await json_body(request))
        window = await compact(self._database, self._service.upstream, params)
        return Reply(
            {
                "id": ids.new(ids.RESPONSE),
                "object": "response.compaction",
                "created_at": int(time.time()),
                "output": self._service.shown(window.output, ["message.input_image.image_url"]),
                "usage": window.usage,
            }
        )

    async def input_items(self, request: Request) -> Reply:
        """List what the model was given: the context, then the input."""
        query = _query(request, "limit", "order", "after", "include")
        page, include = page_of(query), include_of(query)
        response_id = request.path_params["response_id"]

        def work(db: sqlite3.Connection) -> list[store.Stored]:
            row = store.find_response(db, response_id)
            if row is None:
                raise store.unknown_response(response_id)
            return context.before_response(db, row)

        found = _cut([s.item for s in await self._database.read(work)], page)
        return listing(self._service.shown(found.data, include), has_more=found.has_more)

    async def models(self, request: Request) -> Reply:
        """List the models."""
        _query(request)
        models = await self._service.upstream.models()
        return Reply({"object": "list", "data": [_model(model) for model in models]})

    async def model(self, request: Request) -> Reply:
        """Return one model."""
        _query(request)
        name = request.path_params["model"]
        model = await self._service.upstream.find(name)
        if model is not None:
            return Reply(_model(model))
        raise not_found(f"The model '{name[:128]}' does not exist.", "model")


def _query(request: Request, *known: str) -> dict[str, list[str]]:
    return query_params(request.query_params.multi_items(), known)


def _model(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
    }


def _cut(items: list[Any], page: Page) -> store.Listing:
    """Return the page of these items, which are in order and ours to turn round."""
    if page.newest_first:
        items.reverse()
    start = 0
    if page.after is not None:
        ids = [item["id"] for item in items]
        if page.after not in ids:
            raise not_found(f"No item found with id '{page.after[:128]}'.", "after")
        start = ids.index(page.after) + 1
    return store.Listing(items[start : start + page.limit], len(items) > start + page.limit)
