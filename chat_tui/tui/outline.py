"""Dialogs that list parts of the open conversation: its turns, and the links of an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_tui.errors import ChatTuiError
from chat_tui.items import Kind, Record, visible_line

if TYPE_CHECKING:
    from chat_tui.controller import OlderTurn
    from chat_tui.tui.answering import Answering
    from chat_tui.tui.screens.choose import Choice
    from chat_tui.tui.transcript.links import Link

LINE = 200
"""Characters of a message's first line that are listed."""
SHOWN = 500
"""Turns listed at once; typing finds the others."""


async def outline(app: Answering) -> None:
    """Let the reader choose a turn, and go there."""
    from chat_tui.tui.screens.choose import ChooseScreen  # noqa: PLC0415 - when first used

    transcript = app.transcript
    loaded = [record for record in transcript.records if record.kind is Kind.USER]
    older = [] if not app.older.any else list(await app.controller.older_turns(app.key))
    choices = [_older_choice(turn, number) for number, turn in enumerate(older)]
    choices += [_choice(record) for record in loaded]
    if not choices:
        raise ChatTuiError("There is no turn yet.")

    folded = [(f"{choice.label} {choice.detail}".casefold(), choice) for choice in choices]

    async def find(query: str) -> Sequence[Choice]:
        words = query.casefold().split()
        found = [choice for text, choice in folded if all(word in text for word in words)]
        return found[-SHOWN:]

    here = transcript.turn_in_view()
    more = "" if not app.older.any or app.older.here else "Older turns are on the server only."
    screen = ChooseScreen(
        "Turns", find, placeholder="words of a turn", start=f"ref {here}", last=True, hint=more
    )
    answer = await app.push_screen_wait(screen)
    if answer is None:
        return
    kind, number = answer.split(" ")
    if kind == "ref":
        transcript.show_turn(int(number))
    else:
        await _go_to_older(app, older[int(number)])
    transcript.focus()


async def _go_to_older(app: Answering, turn: OlderTurn) -> None:
    """Load what lies between, and go to a turn."""
    transcript = app.transcript
    before = {record.ref for record in transcript.records}
    key = app.key
    while app.controller.first_rank(key) > turn.rank and await app.older.load():
        pass
    fresh = [r for r in transcript.records if r.ref not in before and r.kind is Kind.USER]
    same = (r for r in fresh if r.id == turn.item.id and r.item.text == turn.item.text)
    if (record := next(same, None)) is not None:
        transcript.show_turn(record.ref)


def _choice(record: Record) -> Choice:
    from chat_tui.tui.screens.choose import Choice  # noqa: PLC0415
    from chat_tui.tui.transcript.entries import clock  # noqa: PLC0415

    return Choice(f"ref {record.ref}", first_line(record.item.text), clock(record.at))


def _older_choice(turn: OlderTurn, number: int) -> Choice:
    from chat_tui.tui.screens.choose import Choice  # noqa: PLC0415
    from chat_tui.tui.transcript.entries import clock  # noqa: PLC0415

    return Choice(f"older {number}", first_line(turn.item.text), clock(turn.at))


def first_line(text: str) -> str:
    """Return the first line of a text that says anything, on one visible line."""
    line = next((line for line in text.splitlines() if line.strip()), "(no text)")
    return visible_line(line[: 2 * LINE])[:LINE]


async def open_links(app: Answering, links: Sequence[Link]) -> None:
    """Open the only link of an item, or let the reader choose one."""
    from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

    if not links:
        raise ChatTuiError("This item has no links to open.")
    url: str | None = links[0].url
    if len(links) > 1:
        choices = [
            Choice(link.url, link.words or link.url, link.url if link.words else "")
            for link in links
        ]
        url = await app.push_screen_wait(ChooseScreen("Open a link", among(choices)))
    if url:
        app.open_url(url)
        app.tell(f"Opened {url}")
