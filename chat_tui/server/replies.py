"""The ways a turn is answered: at once, as a stream, in the background, or from a log."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from chat_tui.server.event_log import EventLog
from chat_tui.server.feed import Feed
from chat_tui.server.kept_events import stored_events
from chat_tui.server.sse import KEEP_ALIVE, EncodedEvents, NoEvents
from chat_tui.server.web import Reply

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from chat_tui.server.plan import Plan
    from chat_tui.server.service import Service
    from chat_tui.server.turns import Turn

KEEP_ALIVE_SECONDS = 15.0


async def _no_reader() -> None:
    await asyncio.sleep(0)


class _Watch:
    """Does something as soon as the client is gone."""

    def __init__(
        self, receive: Receive, turn: Turn | None = None, feed: Feed | None = None
    ) -> None:
        self._receive = receive
        self._turn = turn
        self._feed = feed
        self._task = asyncio.create_task(self._watch())

    @property
    def gone(self) -> bool:
        """Whether the client is gone."""
        return self._task.done()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if self._feed is not None:
            self._feed.abandon()
        if self._turn is not None:
            self._turn.interrupt()

    async def end(self) -> None:
        """Stop watching, before the last bytes are sent."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class _Stream(Reply):
    """A reply of server-sent events."""

    def __init__(self) -> None:
        super().__init__(None)

    async def _begin(self, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send(self, send: Send, data: bytes) -> None:
        body = data or KEEP_ALIVE
        await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _end(self, send: Send) -> None:
        await send({"type": "http.response.body", "body": b""})


class AwaitedTurn(Reply):
    """A turn answered with one JSON body when it is done."""

    def __init__(self, service: Service, plan: Plan) -> None:
        super().__init__(None)
        self._service = service
        self._plan = plan

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the turn and send the Response object; a client that goes away interrupts it."""
        turn = self._service.turn(self._plan, NoEvents(), _no_reader)
        task = self._service.start(turn)
        watch = _Watch(receive, turn)
        try:
            self._body = await task
        finally:
            await watch.end()
        await super().__call__(receive, send)


class StreamedTurn(_Stream):
    """A turn answered with server-sent events while it runs."""

    def __init__(self, service: Service, plan: Plan, *, padded: bool) -> None:
        super().__init__()
        self._service = service
        self._plan = plan
        self._padded = padded

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Run the turn and send its events; a client that goes away interrupts it."""
        feed = Feed()
        events = EncodedEvents(feed.push, padded=self._padded)
        turn = self._service.turn(self._plan, events, feed.room)
        task = self._service.start(turn)
        task.add_done_callback(lambda _: feed.close())
        watch = _Watch(receive, turn, feed)
        try:
            await self._begin(send)
            while (data := await feed.take(KEEP_ALIVE_SECONDS)) is not None:
                await self._send(send, data)
        except OSError:
            feed.abandon()
            turn.interrupt()
        finally:
            await asyncio.wait([task])
            await watch.end()
        await self._end(send)


async def run_in_background(service: Service, plan: Plan, *, stream: bool, padded: bool) -> Reply:
    """Store and start a background turn, and return the reply to who asked for it."""
    log = EventLog() if stream else None
    if log is None:
        turn = service.turn(plan, NoEvents(), _no_reader)
    else:
        events = EncodedEvents(log.push, padded=padded)
        turn = service.turn(plan, events, _no_reader, log)
    await turn.enqueue()
    service.start_in_background(plan.response_id, turn, log)
    return Reply(plan.draft) if log is None else FollowedLog(log, 0)


class FollowedLog(_Stream):
    """The events of a running background turn; a client that goes away changes nothing."""

    def __init__(self, log: EventLog, start: int) -> None:
        super().__init__()
        self._log = log
        self._start = start

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Send what is there and what comes, to the end."""
        watch = _Watch(receive)
        with contextlib.suppress(OSError):
            await self._begin(send)
            position = self._start
            while not watch.gone:
                data, position = await self._log.read(position, KEEP_ALIVE_SECONDS)
                if data is None:
                    break
                await self._send(send, data)
        await watch.end()
        await self._end(send)


class StoredLog(_Stream):
    """The events of a finished background turn."""

    def __init__(self, log: bytes, start: int, *, is_cut: bool) -> None:
        super().__init__()
        self._events = stored_events(log, start, is_cut=is_cut)

    async def __call__(self, receive: Receive, send: Send) -> None:
        """Send them all, as fast as they are read."""
        watch = _Watch(receive)
        with contextlib.suppress(OSError):
            await self._begin(send)
            for data in self._events:
                if watch.gone:
                    break
                await self._send(send, data)
                await asyncio.sleep(0)
        await watch.end()
        await self._end(send)
