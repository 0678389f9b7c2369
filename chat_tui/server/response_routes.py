"""The routes of responses and models, and the two ways to answer a turn: at once or streamed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from chat_tui.server import context, store
from chat_tui.server.errors import not_found
from chat_tui.server.feed import Feed
from chat_tui.server.params import Page, include_of, page_of, query_params, response_params
from chat_tui.server.plan import Plan, make_plan
from chat_tui.server.sse import KEEP_ALIVE, EncodedEvents, NoEvents
from chat_tui.server.validation import unsupported
from chat_tui.server.web import Endpoint, Reply, json_body, listing

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Send

    from chat_tui.server.service import Service
    from chat_tui.server.turns import Turn
    from chat_tui.server.upstream import Model

KEEP_ALIVE_SECONDS = 15.0


class ResponseRoutes:
    """Handlers of everything below `/v1/responses` and `/v1/models`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._database = service.database
        self.paths = {
            "/v1/responses": Endpoint(POST=self.create),
            "/v1/responses/{response_id}": Endpoint(GET=self.get, DELETE=self.delete),
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
        if params.get("stream"):
            padded = (params.get("stream_options") or {}).get("include_obfuscation") is True
            return StreamedTurn(self._service, plan, padded=padded)
        return AwaitedTurn(self._service, plan)

    async def get(self, request: Request) -> Reply:
        """Return a stored response."""
        query = _query(request, "include", "stream", "starting_after", "include_obfuscation")
        include = include_of(query)
        for key in ("stream", "starting_after"):
            if query.get(key, ["false"])[-1].lower() not in ("false", "0"):
                raise unsupported(key, f"'{key}' on a stored response")
        response_id = request.path_params["response_id"]
        response = await self._database.read(lambda db: store.get_response(db, response_id))
        return Reply({**response, "output": self._service.shown(response["output"], include)})

    async def delete(self, request: Request) -> Reply:
        """Delete a stored response."""
        _query(request)
        response_id = request.path_params["response_id"]
        await self._database.write(lambda db: store.delete_response(db, response_id))
        await self._database.scrub()
        return Reply({"id": response_id, "object": "response", "deleted": True})

    async def input_items(self, request: Request) -> Reply:
        """List what the model was given: the context, then the input."""
        query = _query(request, "limit", "order", "after", "include")
        page, include = page_of(query), include_of(query)
        response_id = request.path_params["response_id"]

        def work(db: Any) -> list[store.Stored]:
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
        for model in await self._service.upstream.models():
            if model.id == name:
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


async def _no_room_needed() -> None:
    await asyncio.sleep(0)


class _Watch:
    """Interrupts a turn as soon as the client is gone."""

    def __init__(self, turn: Turn, receive: Receive, feed: Feed | None = None) -> None:
        self._turn = turn
        self._receive = receive
        self._feed = feed
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._feed is not None:
            self._feed.abandon()
        self._turn.interrupt()

    async def end(self) -> None:
        """Stop watching, before the last bytes are sent."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class AwaitedTurn(Reply):
    """A turn answered with one JSON body when it is done."""

    def __init__(self, service: Service, plan: Plan) -> None:
        super().__init__(None)
        self._service = service
        self._plan = plan

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the turn and send the Response object."""
        turn, task = self._service.start(self._plan, NoEvents(), _no_room_needed)
        watch = _Watch(turn, receive)
        try:
            self._body = await task
        finally:
            await watch.end()
        await super().__call__(receive, send)


class StreamedTurn(Reply):
    """A turn answered with server-sent events while it runs."""

    def __init__(self, service: Service, plan: Plan, *, padded: bool) -> None:
        super().__init__(None)
        self._service = service
        self._plan = plan
        self._padded = padded

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the turn and send its events; a client that goes away interrupts it."""
        feed = Feed()
        events = EncodedEvents(feed.push, padded=self._padded)
        turn, task = self._service.start(self._plan, events, feed.room)
        task.add_done_callback(lambda _: feed.close())
        watch = _Watch(turn, receive, feed)
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", b"text/event-stream; charset=utf-8"),
                        (b"cache-control", b"no-cache"),
                        *self.headers,
                    ],
                }
            )
            while (data := await feed.take(KEEP_ALIVE_SECONDS)) is not None:
                await send(
                    {
                        "type": "http.response.body",
                        "body": data or KEEP_ALIVE,
                        "more_body": True,
                    }
                )
        except OSError:
            feed.abandon()
            turn.interrupt()
        finally:
            await asyncio.wait([task])
            await watch.end()
        await send({"type": "http.response.body", "body": b""})
