"""How an action becomes a command: it runs beside the interface, in its place among the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from chat_tui.errors import ChatTuiError, Severity

if TYPE_CHECKING:
    from textual.worker import Worker


class Doing(Protocol):
    """What commands need of the app."""

    def run_worker(self, work: Coroutine[Any, Any, None], *, group: str) -> Worker[None]:
        """Run beside the interface."""

    def tell(
        self, sentence: str, way_out: str = "", severity: Severity = Severity.INFORMATION
    ) -> None:
        """Say something to the user."""

    def after_typing(self, begin: Callable[[], None], over: asyncio.Event | None = None) -> None:
        """Begin once the composer has what was typed; later keys wait for ``over``, if given."""


P = ParamSpec("P")
C = TypeVar("C", bound="Doing")


def command(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[C, P], None]:
    """Make an action of a coroutine: it runs beside the interface, its errors become notices."""

    def start(self: C, /, *args: P.args, **kwargs: P.kwargs) -> None:
        self.run_worker(_guarded(self, method(self, *args, **kwargs)), group="commands")

    update_wrapper(start, method)
    return start


def in_turn(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[C, P], None]:
    """Make a command whose place among the keys counts: it begins after what was typed before.

    Keys of the program overtake characters on their way to the composer: of a message, enter and
    a key that changes what the server keeps, pressed quickly, the message must still go first.
    """

    def start(self: C, /, *args: P.args, **kwargs: P.kwargs) -> None:
        self.after_typing(lambda: command(method)(self, *args, **kwargs))

    update_wrapper(start, method)
    return start


def switch(
    method: Callable[Concatenate[C, P], Coroutine[Any, Any, None]],
) -> Callable[Concatenate[C, P], None]:
    """Make a command that shows another conversation: what is typed after it is meant for that."""

    def start(self: C, /, *args: P.args, **kwargs: P.kwargs) -> None:
        over = asyncio.Event()

        async def switched() -> None:
            try:
                await method(self, *args, **kwargs)
            finally:
                over.set()

        def begin() -> None:
            self.run_worker(_guarded(self, switched()), group="commands")

        self.after_typing(begin, over)

    update_wrapper(start, method)
    return start


async def _guarded(app: Doing, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except ChatTuiError as error:
        app.tell(error.sentence, error.way_out, Severity.ERROR)
