"""The feed: each fact the controller tells, shown where it belongs."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING

from chat_tui.controller import (
    EndpointChanged,
    Event,
    ItemAdded,
    ItemGrew,
    ItemRemoved,
    ItemUpdated,
    ListChanged,
    Notice,
    QueueChanged,
    RecordsChanged,
    TurnEnded,
    TurnReport,
    TurnStarted,
    View,
    ViewChanged,
)
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.items import Record
from chat_tui.tui.commands import UNSENT
from chat_tui.tui.endings import Saying, ending

if TYPE_CHECKING:
    from chat_tui.tui.app import ChatTuiApp

LOG = logging.getLogger(__name__)

_BACK = "Your message is back in the composer."


class Feed:
    """Consumes the controller's events for the app."""

    def __init__(self, app: ChatTuiApp) -> None:
        self._app = app

    async def run(self) -> None:
        """Show facts until the controller is closed."""
        async for event in self._app.controller.events():
            self._take(event)

    def _take(self, event: Event) -> None:
        """Show one fact. What belongs to another conversation shows in the list only."""
        match event:
            case ListChanged():
                self._app.list_pane.list.refresh_rows()
            case EndpointChanged(profile, ready, sentence):
                if profile != self._app.controller.profile.name:
                    return
                self._app.status.show_endpoint("" if ready else "unreachable")
                gc.freeze()  # reaching an endpoint loads the client: most objects of the program
                if not ready:
                    self._app.tell(sentence, "", Severity.ERROR)
            case Notice(sentence, way_out, severity, key):
                if not key or self._app.is_current(key):
                    self._app.tell(sentence, self._app.with_keys(way_out), severity)
            case QueueChanged(key, queued, waits):
                if self._app.is_current(key):
                    self._app.show_queue(queued, waits=waits)
            case ViewChanged(view) | RecordsChanged(view):
                if self._app.is_current(view.key):
                    self._take_view(view, records=isinstance(event, RecordsChanged))
            case _:
                if self._app.is_current(event.key):
                    self._take_turn(event)

    def _take_turn(
        self,
        event: TurnStarted | ItemAdded | ItemGrew | ItemUpdated | ItemRemoved | TurnEnded,
    ) -> None:
        transcript = self._app.transcript
        match event:
            case TurnStarted(_, _, record):
                self._app.notice.clear()
                transcript.append(record)
                transcript.action_scroll_bottom()
                self._app.show_facts(self._app.controller.view(event.key))
            case ItemAdded(_, record):
                transcript.append(record)
                transcript.set_streaming(record.ref)
            case ItemGrew(_, ref, text):
                transcript.stream(ref, text)
            case ItemUpdated(_, record, _):
                if transcript.holds(record.ref):
                    transcript.update(record)
                    self._refresh_item(record)
            case ItemRemoved(_, ref):
                transcript.drop(ref)
            case TurnEnded(_, report):
                transcript.set_streaming(None)
                self._app.show_facts(self._app.controller.view(event.key))
                self._tell_end(report)

    def _refresh_item(self, record: Record) -> None:
        if self._app.transcript.cursor == record.ref:
            self._app.inspector.show_item(record)

    def _take_view(self, view: View, *, records: bool) -> None:
        if records:
            self._app.transcript.reload(view.records, older=view.older)
            self._app.transcript.set_streaming(view.growing)
        self._app.show_facts(view)

    def _tell_end(self, report: TurnReport) -> None:
        """Say how a turn ended, unless it simply succeeded; unsent text goes back."""
        said = ending(report)
        if report.unsent and not report.unknown and not self._app.composer.text:
            self._app.run_worker(self._take_back(self._app.key, said), group="commands")
        elif said:
            way_out = UNSENT if report.unsent else said.way_out
            self._app.tell(said.sentence, self._app.with_keys(way_out), said.severity)
        else:
            self._app.notice.clear()  # what was said of the running turn is over with it

    async def _take_back(self, key: int, said: Saying | None) -> None:
        """Give a message that was not taken back to the composer, where it came from."""
        try:
            text = await self._app.controller.take_back(key)
        except ChatTuiError as error:
            LOG.warning("nothing to take back: %s", error.sentence)
            return
        if not self._app.is_current(key):
            return  # it is the draft of the conversation that was left
        self._app.put_back(text)
        if said:
            self._app.tell(said.sentence, f"{said.way_out} {_BACK}".strip(), said.severity)
