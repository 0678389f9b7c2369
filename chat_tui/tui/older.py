"""What lies before the first loaded item: loading it, and looking through it on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat_tui.tui.app import ChatTuiApp
    from chat_tui.tui.transcript.jumps import Target

WINDOWS = 10
"""Windows that one key press may load when nobody knows whether it will find anything."""

SLICE = 8
"""Items counted between two keys."""


class Older:
    """The older items of the open conversation."""

    def __init__(self, app: ChatTuiApp) -> None:
        self._app = app
        self._lock = asyncio.Lock()
        self._going = False
        """Whether the first item is on its way."""

    @property
    def any(self) -> bool:
        """Whether there are items before the first loaded one."""
        app = self._app
        return app.view is not None and app.controller.view(app.key).older

    @property
    def here(self) -> bool:
        """Whether all of them are on this machine, so that ``counts`` tells everything."""
        return self._app.controller.cached_whole(self._app.key)

    async def load(self) -> bool:
        """Load one window of them; returns whether there was one.

        Raises ChatTuiError when the server has to be asked and cannot be.
        """
        async with self._lock:
            app = self._app
            key = app.key
            if not app.controller.view(key).older:
                return False
            records = await app.controller.load_older(key)
            if not app.is_current(key):
                return False
            view = app.controller.view(key)
            app.transcript.prepend(records, older=view.older)
            app.show_facts(view)
            return bool(records)

    async def to_first(self) -> None:
        """Load all of them and go to the first; ends early when the reader stops it or moves."""
        app = self._app
        if self._going:
            return
        key, chosen, self._going = app.key, app.transcript.cursor, True
        try:
            while self._going and app.is_current(key) and app.transcript.cursor == chosen:
                if not await self.load():
                    break
                app.tell(f"Loading older items: {len(app.transcript.records):,} so far; esc stops.")
                await asyncio.sleep(0)
            arrived = self._going and app.is_current(key) and not self.any
            if app.is_current(key) and self._going:
                app.notice.clear()
        finally:
            self._going = False
        if arrived and app.transcript.cursor == chosen:
            app.transcript.action_cursor_first()

    def stop(self) -> bool:
        """Stop going to the first item; return whether that was under way."""
        going, self._going = self._going, False
        return going

    async def load_until(self, there: Callable[[], bool], items: int) -> bool:
        """Load until ``there`` is true or at least so many items are loaded; return the former."""
        key = self._app.key
        while not there():
            enough = len(self._app.transcript.records) >= items
            if enough or not await self.load() or not self._app.is_current(key):
                return False
        return True

    async def counts(self, query: str) -> AsyncIterator[int]:
        """Yield how often a folded query stands in the older items here, batch by batch."""
        from chat_tui.tui.transcript.entries import Pairs, entry  # noqa: PLC0415 - heavy
        from chat_tui.tui.transcript.wording import count  # noqa: PLC0415

        found = self._app.controller.search_older(self._app.key, query)
        async for records in found:
            total = 0
            for number, record in enumerate(records):
                if number % SLICE == SLICE - 1:
                    await asyncio.sleep(0)
                total += count(entry(record, Pairs()), query)
            yield total

    async def jump(self, target: Target, by: int) -> str:
        """Go on with a jump that found nothing among the loaded items; return what to say."""
        if by > 0 or not self.any:
            where = {1: " further down", -1: " further up"}.get(by, "")
            return f"No {target}{where}."
        transcript = self._app.transcript
        for _ in range(WINDOWS):
            if not await self.load():
                break
            if transcript.jump(target, by):
                return ""
        if self.any:
            first = len(transcript.records)
            return f"No {target} among the last {first} items. Again looks further up."
        return f"No {target} further up."
