"""The routes of responses and models."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, ids, locks, store
from chat_tui.server.checks import Fields, Integer, Then, Unless
from chat_tui.server.compaction import compact
from chat_tui.server.errors import ApiError, invalid, not_found
from chat_tui.server.kept_events import load_log
from chat_tui.server.params import INCLUDE, PAGE, Digits, Flag, Page, page_of
from chat_tui.server.plan import check_state, find_model, make_plan, read_context
from chat_tui.server.replies import (
    AwaitedTurn,
    FollowedLog,
    StoredLog,
    StreamedTurn,
    run_in_background,
)
from chat_tui.server.response_params import COMPACT, COUNT, RESPONSE
from chat_tui.server.web import Call, Endpoint, Operation, Reply, listing

if TYPE_CHECKING:
    import sqlite3

    from chat_tui.server.service import Service
    from chat_tui.server.upstream import Model

_POLL_SECONDS = 0.2
"""How often to look whether another process has finished a response."""

_CANCEL_SECONDS = 3.0
"""How long another process may take to end one."""


_REPLAY: Fields = {
    "stream": Flag(),
    "starting_after": Digits(Integer(least=0)),
    "include_obfuscation": Then(Flag(), Unless("Padding of a replayed stream")),
}
"""The query that asks for a response as a stream."""


class ResponseRoutes:
    """Handlers of everything below `/v1/responses` and `/v1/models`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self.paths = {
            "/v1/responses": Endpoint(POST=Operation(self.create, body=RESPONSE)),
            "/v1/responses/input_tokens": Endpoint(POST=Operation(self.count_tokens, body=COUNT)),
            "/v1/responses/compact": Endpoint(POST=Operation(self.compact, body=COMPACT)),
            "/v1/responses/{response_id}": Endpoint(
                GET=Operation(self.get, {**INCLUDE, **_REPLAY}), DELETE=Operation(self.delete)
            ),
            "/v1/responses/{response_id}/cancel": Endpoint(POST=Operation(self.cancel)),
            "/v1/responses/{response_id}/input_items": Endpoint(
                GET=Operation(self.input_items, {**PAGE, **INCLUDE})
            ),
            "/v1/models": Endpoint(GET=Operation(self.models)),
            "/v1/models/{model}": Endpoint(GET=Operation(self.model)),
        }

    async def create(self, call: Call) -> Reply:
        """Begin a turn."""
        params = call.body
        self._service.check_running()
        plan = await make_plan(self._database, self._service.upstream, params)
        stream = bool(params.get("stream"))
        padded = (params.get("stream_options") or {}).get("include_obfuscation") is True
        if plan.background:
            return await run_in_background(self._service, plan, stream=stream, padded=padded)
        if stream:
            return StreamedTurn(self._service, plan, padded=padded)
        return AwaitedTurn(self._service, plan)

    async def get(self, call: Call) -> Reply:
        """Return a stored response, or replay its events."""
        after = call.query.get("starting_after")
        response_id = call.path["response_id"]
        if call.query.get("stream"):
            return await self._replay(response_id, 0 if after is None else after + 1)
        if after is not None:
            raise invalid(
                "'starting_after' needs 'stream=true'.", "invalid_value", "starting_after"
            )
        response, _ = await self._look_up(response_id)
        include = call.query.get("include", [])
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
            found = await self._database.read(lambda db: load_log(db, response_id))
            if found is not None:
                return StoredLog(found[0], start, is_cut=found[1])
            if run is not None or not running:
                raise invalid(
                    "There are no events of this response: they are kept of one that was created "
                    "with both 'background' and 'stream'.",
                    "invalid_value",
                    "stream",
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def delete(self, call: Call) -> Reply:
        """Delete a stored response."""
        response_id = call.path["response_id"]
        await self._database.write(lambda db: store.delete_response(db, response_id))
        run = self._service.background.get(response_id)
        if run is not None:
            # It finds itself deleted when it settles, and leaves nothing behind.
            run.turn.interrupt("cancelled")
            await asyncio.wait([run.task])
        await self._database.scrub()
        return Reply({"id": response_id, "object": "response", "deleted": True})

    async def cancel(self, call: Call) -> Reply:
        """End a background turn, and return the response as it stays."""
        response_id = call.path["response_id"]
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
            response = await self._cancel_elsewhere(response_id)
        return Reply({**response, "output": self._service.shown(response["output"], [])})

    async def _cancel_elsewhere(self, response_id: str) -> dict[str, Any]:
        """Have the process that makes a response end it, and return it as it stays."""
        await self._database.write(lambda db: locks.ask_to_cancel(db, response_id))
        for _ in range(int(_CANCEL_SECONDS / _POLL_SECONDS)):
            await asyncio.sleep(_POLL_SECONDS)
            response, running = await self._look_up(response_id)
            if not running:
                return response
        raise ApiError(
            503,
            "The process that makes this response was told to end it, but has not done so yet.",
            code="server_error",
            kind="server_error",
        )

    async def count_tokens(self, call: Call) -> Reply:
        """Count what a request would cost, its stored context included."""
        check_state(call.body)
        reading = await read_context(self._database, call.body)
        if call.body.get("model") is not None:
            await find_model(self._service.upstream, call.body)
        return Reply({"object": "response.input_tokens", "input_tokens": reading.tokens})

    async def compact(self, call: Call) -> Reply:
        """Return a smaller window that stands for a longer one."""
        window = await compact(self._database, self._service.upstream, call.body)
        return Reply(
            {
                "id": ids.new(ids.RESPONSE),
                "object": "response.compaction",
                "created_at": int(time.time()),
                "output": self._service.shown(window.output, ["message.input_image.image_url"]),
                "usage": window.usage,
            }
        )

    async def input_items(self, call: Call) -> Reply:
        """List what the model was given: the context, then the input."""
        page, include = page_of(call.query), call.query.get("include", [])
        response_id = call.path["response_id"]

        def work(db: sqlite3.Connection) -> list[store.Stored]:
            row = store.find_response(db, response_id)
            if row is None:
                raise store.unknown_response(response_id)
            return context.before_response(db, row)

        found = _cut([s.item for s in await self._database.read(work)], page)
        return listing(self._service.shown(found.data, include), has_more=found.has_more)

    async def models(self, call: Call) -> Reply:
        """List the models."""
        models = await self._service.upstream.models()
        return Reply({"object": "list", "data": [_model(model) for model in models]})

    async def model(self, call: Call) -> Reply:
        """Return one model."""
        name = call.path["model"]
        model = await self._service.upstream.find(name)
        if model is not None:
            return Reply(_model(model))
        raise not_found(f"The model '{name[:128]}' does not exist.", "model")


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
