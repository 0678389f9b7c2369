"""The conversation list for the interface: windows of rows, sorted or found by a typed query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chat_tui.controller.view import Listing, Summary
from chat_tui.items import visible_line
from chat_tui.library import ConversationRow, Library, Order
from chat_tui.library.matching import align, fold, terms

ORDERS: tuple[Order, ...] = ("recent", "created", "title")
_NOTE = "list.order"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A window of the list that somebody looks at."""

    first: int
    count: int
    query: str = ""
    places: tuple[int, ...] = ()
    """Keys of conversations whose position is asked for."""
    near: tuple[int, int] | None = None
    """A key and the position it had: the window moves as far as that row has moved."""


@dataclass(slots=True)
class Lists:
    """Reads windows for one controller and remembers how the list is sorted."""

    library: Library
    summary: Callable[[ConversationRow], Summary]
    _order: Order | None = None

    async def order(self) -> Order:
        """Return how the list is sorted, remembered from the last time."""
        if self._order is not None:
            return self._order
        noted = await self.library.note(_NOTE)
        order = next((order for order in ORDERS if order == noted), ORDERS[0])
        self._order = order
        return order

    async def next_order(self) -> Order:
        """Sort the list in the next way and remember it."""
        order = ORDERS[(ORDERS.index(await self.order()) + 1) % len(ORDERS)]
        self._order = order
        await self.library.set_note(_NOTE, order)
        return order

    async def read(self, profile: str, wanted: Wanted, also: Iterable[int]) -> Listing | None:
        """Return a window; empty conversations are in it when their key is in ``also``.

        None when a newer query was asked meanwhile.
        """
        if wanted.query.strip():
            return await self._search(profile, wanted)
        order = await self.order()
        page = await self.library.listing.page(
            profile,
            order,
            first=wanted.first,
            count=wanted.count,
            places=wanted.places,
            near=wanted.near,
            also=list(also),
        )
        rows = tuple(self.summary(row) for row in page.rows)
        return Listing(rows, page.first, page.total, "", order, page.places)

    async def _search(self, profile: str, wanted: Wanted) -> Listing | None:
        keys = await self.library.listing.search(profile, wanted.query)
        if keys is None:
            return None
        first = max(0, min(wanted.first, len(keys) - wanted.count))
        rows = await self.library.listing.picked(keys[first : first + wanted.count])
        wanted_terms = terms(wanted.query)
        return Listing(
            rows=tuple(_marked(self.summary(row), wanted_terms) for row in rows),
            first=first,
            total=len(keys),
            query=wanted.query,
            order=await self.order(),
            places={key: place for place, key in enumerate(keys) if key in wanted.places},
        )


def _marked(summary: Summary, wanted: list[str]) -> Summary:
    """Say which letters of the title were meant, where the title matches at all."""
    match = align(wanted, fold(visible_line(summary.title))) if wanted else None
    return replace(summary, matched=match[1]) if match else summary
