"""The app: lays the panes out and shows what the controller tells. It decides nothing."""

from __future__ import annotations

import asyncio
import logging

from textual import events, on
from textual.app import ComposeResult
from textual.content import Content

from chat_tui.controller import (
    Controller,
    EndpointChanged,
    Event,
    ItemAdded,
    ItemGrew,
    ItemRemoved,
    ItemUpdated,
    Launch,
    ListChanged,
    Notice,
    RecordsChanged,
    Severity,
    TurnEnded,
    TurnReport,
    TurnStarted,
    View,
    ViewChanged,
)
from chat_tui.errors import EXIT_FAILED, ChatTuiError
from chat_tui.items import Record
from chat_tui.tui.commands import Commands, command
from chat_tui.tui.composer import Composer
from chat_tui.tui.conversations import ConversationList, ConversationPane
from chat_tui.tui.endings import Saying, ending
from chat_tui.tui.inspector import Inspector, LinesView
from chat_tui.tui.keymap import ACTIONS, Action, Scope, keys_of
from chat_tui.tui.panes import Panes, TooSmall
from chat_tui.tui.status import KeyHints, StatusLine
from chat_tui.tui.terminal import teach_keys
from chat_tui.tui.text import line
from chat_tui.tui.theme import DUSK, THEMES, variables
from chat_tui.tui.transcript import messages
from chat_tui.tui.transcript.transcript import Transcript

LOG = logging.getLogger(__name__)

ROWS = 200
"""Rows of the list fetched at a time."""


class ChatTuiApp(Commands):
    """Three panes over a controller."""

    CSS_PATH = "app.tcss"
    TITLE = "chat-tui"

    def __init__(self, controller: Controller, launch: Launch | None = None) -> None:
        teach_keys()
        super().__init__(controller)
        for theme in THEMES:
            self.register_theme(theme)
        wanted = controller.settings.theme
        self.theme = wanted if wanted in self.available_themes else DUSK.name
        self.exit_sentence = ""
        """What to print after the program ended, when an error ended it."""
        self._launch = launch or Launch()
        self._opened = asyncio.Event()
        """Set once a conversation is open; what is sent before waits for it."""
        self._filter = ""
        self._list_stale = False
        self.panes = Panes(id="panes")
        self.list_pane = self.panes.list_pane
        self.transcript = self.panes.transcript
        self.notice = self.panes.notice
        self.composer = self.panes.composer
        self.inspector = self.panes.inspector
        self.status = StatusLine(id="status")
        self.hints = KeyHints(id="hints")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give every theme the variables our styles use."""
        return variables(self.current_theme)

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield self.panes
        yield self.hints
        yield self.status
        yield TooSmall(Content(""))

    # --- life -----------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Paint first; everything that takes time begins after the first frame."""
        self.transcript.placeholder = (
            "Nothing said yet.\n"
            "Write below and press enter.\n"
            "The server keeps the conversation;\n"
            "its id brings it back anywhere."
        )
        # At once, unlike focus(): keys pressed while the program started wait in the queue.
        self.screen.set_focus(self.composer)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._consume(), group="events")
        self.run_worker(self._open_first(), group="commands")

    async def _open_first(self) -> None:
        self.status.show_endpoint("starting …")
        try:
            if self._launch.target:
                self.controller.start()
                self.notice.show(f"Opening {self._launch.target} …")
            view = await self.controller.launch(self._launch)
            typed = self.composer.text
            await self.show(view)
            if typed:
                self.composer.insert(f"\n{typed}" if view.draft else typed)
            self._opened.set()
            if not self._launch.target:
                self.controller.start()
        except ChatTuiError as error:
            self.leave_with(error)
        await self._reload_list()

    def leave_with(self, error: ChatTuiError) -> None:
        """End the program with an error's sentence and exit code."""
        self.exit_sentence = str(error)
        self.exit(return_code=error.exit_code)

    def _handle_exception(self, error: Exception) -> None:
        """Log what nobody foresaw; the user gets one sentence, and drafts and turns are on disk."""
        LOG.error("unforeseen", exc_info=error)
        self.exit_sentence = (
            f"chat-tui stopped by an error of its own ({type(error).__name__}); "
            "the log has the details, and what you wrote is kept."
        )
        self._exception = error
        self.exit(return_code=EXIT_FAILED)

    # --- facts from the controller --------------------------------------------------------------

    async def _consume(self) -> None:
        async for event in self.controller.events():
            self._take(event)

    def _take(self, event: Event) -> None:
        """Show one fact. What belongs to another conversation shows in the list only."""
        match event:
            case ListChanged():
                self._reload_soon()
            case EndpointChanged(_, ready, sentence):
                self.status.show_endpoint("" if ready else "unreachable")
                if not ready:
                    self.tell(sentence, "", Severity.ERROR)
            case Notice(sentence, way_out, severity, key):
                if not key or self._is_current(key):
                    self.tell(sentence, self._with_keys(way_out), severity)
            case ViewChanged(view) | RecordsChanged(view):
                if self._is_current(view.key):
                    self._take_view(view, records=isinstance(event, RecordsChanged))
            case _:
                if self._is_current(event.key):
                    self._take_turn(event)

    def _take_turn(
        self,
        event: TurnStarted | ItemAdded | ItemGrew | ItemUpdated | ItemRemoved | TurnEnded,
    ) -> None:
        transcript = self.transcript
        match event:
            case TurnStarted(_, _, record):
                self.notice.clear()
                transcript.append(record)
                transcript.action_scroll_bottom()
                self._show_facts(self.controller.view(event.key))
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
                self._show_facts(self.controller.view(event.key))
                self._tell_end(report)

    def _refresh_item(self, record: Record) -> None:
        if self.transcript.cursor == record.ref:
            self.inspector.show_item(record)

    def _is_current(self, key: int) -> bool:
        return self.view is not None and self.view.key == key

    def _take_view(self, view: View, *, records: bool) -> None:
        if records:
            self.transcript.reload(view.records, older=view.older)
        self._show_facts(view)

    def _show_facts(self, view: View) -> None:
        """Show everything about a conversation but its records."""
        self.view = view
        self.panes.heading.update(
            Content.assemble(
                line(view.title, "bold $foreground"), "  ", (view.conversation_id, "$muted")
            ),
            layout=False,
        )
        self.composer.set_private(private=not view.choices.store)
        self.screen.set_class(not view.choices.store, "-private")
        self.status.show(view)
        self.inspector.show(view)
        self._show_hints()

    def _tell_end(self, report: TurnReport) -> None:
        """Say how a turn ended, unless it simply succeeded; unsent text goes back."""
        said = ending(report)
        if report.unsent and not self.composer.text:
            self.run_worker(self._take_back(said), group="commands")
        elif said:
            way_out = _UNSENT if report.unsent else said.way_out
            self.tell(said.sentence, self._with_keys(way_out), said.severity)

    async def _take_back(self, said: Saying | None) -> None:
        """Give a message that was not taken back to the composer, where it came from."""
        try:
            self.put_back(await self.controller.take_back(self.key))
        except ChatTuiError as error:
            LOG.warning("nothing to take back: %s", error.sentence)
            return
        if said:
            self.tell(said.sentence, f"{said.way_out} {_BACK}".strip(), said.severity)

    def _with_keys(self, way_out: str) -> str:
        """Name the keys where a way out means them."""
        if way_out == _UNSENT:
            actions = {action.id: action for action in ACTIONS}
            keys = [
                (keys_of(actions[name], self.chosen_keys) or ["the palette"])[0]
                for name in ("conversation.resend", "conversation.take_back")
            ]
            return f"{keys[0]} resends it, {keys[1]} takes it back to edit it."
        return way_out

    # --- what the commands need -----------------------------------------------------------------

    def tell(
        self, sentence: str, way_out: str = "", severity: Severity = Severity.INFORMATION
    ) -> None:
        """Say something above the composer."""
        self.notice.show(sentence, way_out, severity)

    async def show(self, view: View) -> None:
        """Show another conversation."""
        self.notice.clear()
        self.composer.show(view.draft)
        self.transcript.show(view.records, older=view.older)
        self.list_pane.list.current = view.key
        self._show_facts(view)
        self.inspector.show_item(None)
        self.panes.close_overlays()
        self.composer.focus()

    async def keep_draft(self) -> None:
        """Save what stands in the composer."""
        text = self.composer.unsaved()
        if text is not None and self.view is not None:
            await self.controller.save_draft(self.view.key, text)

    def put_back(self, text: str) -> None:
        """Give text back to the composer, before whatever is there."""
        self.composer.put_back(text)
        self.composer.focus()

    # --- messages of the panes ------------------------------------------------------------------

    @on(Composer.Sent)
    @command
    async def send(self, event: Composer.Sent) -> None:
        """Send; what cannot be sent goes back into the composer."""
        await self._opened.wait()
        try:
            await self.controller.send(self.key, event.text)
        except ChatTuiError as error:
            self.put_back(event.text)
            self.tell(error.sentence, self._with_keys(error.way_out), Severity.ERROR)

    @on(Composer.DraftChanged)
    @command
    async def save_draft(self, event: Composer.DraftChanged) -> None:
        """Save the draft while the keys rest."""
        if self.view is not None:
            await self.controller.save_draft(self.view.key, event.text)

    @on(Composer.CopyNothing)
    def copy_nothing(self) -> None:
        """Count a ctrl+c that copies nothing towards quitting."""
        self.action_quit_twice()

    @on(ConversationList.Chosen)
    @command
    async def open_chosen(self, event: ConversationList.Chosen) -> None:
        """Open the conversation chosen in the list."""
        await self.open(event.key)

    @on(ConversationList.DeleteWanted)
    @command
    async def delete_chosen(self, event: ConversationList.DeleteWanted) -> None:
        """Delete the conversation chosen in the list."""
        await self.delete(event.key)

    @on(ConversationList.MoreWanted)
    @command
    async def load_more(self, event: ConversationList.MoreWanted) -> None:
        """Fetch the next rows of the list."""
        rows = await self.controller.conversations(self._filter, limit=ROWS, offset=event.offset)
        if rows and len(self.list_pane.list.rows) == event.offset:
            self.list_pane.list.extend(rows)

    @on(ConversationPane.Filtered)
    @command
    async def filter(self, event: ConversationPane.Filtered) -> None:
        """Narrow the list."""
        self._filter = event.query
        await self._reload_list()

    def _reload_soon(self) -> None:
        """Reload the list once for a burst of changes."""
        if not self._list_stale:
            self._list_stale = True
            self.call_later(self._reload_list)

    async def _reload_list(self) -> None:
        self._list_stale = False
        limit = max(ROWS, len(self.list_pane.list.rows))
        self.list_pane.list.show(await self.controller.conversations(self._filter, limit=limit))

    @on(messages.ItemHighlighted)
    def highlight(self, event: messages.ItemHighlighted) -> None:
        """Inspect the item under the cursor."""
        self.inspector.show_item(event.record, chosen=event.record is not None)

    @on(messages.OlderWanted)
    @command
    async def load_older(self, event: messages.OlderWanted) -> None:
        """Load what lies before the first item."""
        key = self.key
        records = await self.controller.load_older(key)
        view = self.controller.view(key)
        if self._is_current(key):
            self.transcript.prepend(records, older=view.older)
            self._show_facts(view)

    @on(messages.LinkOpened)
    def open_link(self, event: messages.LinkOpened) -> None:
        """Open a link that was clicked; the transcript lets through safe schemes only."""
        self.open_url(event.url)
        self.tell(f"Opened {event.url}")

    @on(messages.Copied)
    def copied(self, event: messages.Copied) -> None:
        """Say what went to the clipboard."""
        self.tell(f"Copied {event.what} to the terminal's clipboard.")

    @on(Inspector.Copied)
    def copy_facts(self, event: Inspector.Copied) -> None:
        """Copy from the inspector."""
        self.copy_to_clipboard(event.text)
        self.tell(f"Copied {event.what} to the terminal's clipboard.")

    @on(Inspector.MetadataWanted)
    def edit_metadata(self) -> None:
        """Edit the metadata from the inspector."""
        self.action_metadata()

    # --- panes ----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Fit the panes to the new size."""
        self.query_one(TooSmall).judge(event.size)
        self.panes.fit(event.size)

    def action_pane_list(self) -> None:
        """Show or hide the list."""
        self.panes.toggle_list()

    def action_pane_inspector(self) -> None:
        """Show or hide the inspector."""
        self.panes.toggle_inspector()

    @command
    async def action_interrupt(self) -> None:
        """Close what lies above, else stop the answer, else go to the composer."""
        if await self.list_pane.close_filter() or self.panes.close_overlays():
            self.composer.focus()
        elif self.view and self.controller.interrupt(self.view.key):
            self.tell("Stopping …")
        else:
            self.notice.clear()
            self.composer.focus()

    def action_focus_next(self) -> None:
        """Go to the next pane."""
        self.screen.focus_next()

    def action_focus_previous(self) -> None:
        """Go to the previous pane."""
        self.screen.focus_previous()

    def action_help(self) -> None:
        """Show help for the focused pane."""
        from chat_tui.tui.screens.help import HelpScreen  # noqa: PLC0415

        self.push_screen(HelpScreen(self._scope(), self.chosen_keys))

    def on_descendant_focus(self) -> None:
        """Show the keys of the pane now focused."""
        self._show_hints()

    def _scope(self) -> Scope:
        match self.screen_stack[0].focused:  # a dialog above does not change where one was
            case Composer():
                return Scope.COMPOSER
            case Transcript():
                return Scope.ITEMS
            case ConversationList():
                return Scope.LIST
            case LinesView():
                return Scope.INSPECTOR
        return Scope.EVERYWHERE

    def _show_hints(self) -> None:
        here = self._scope()
        running = self.view is not None and self.view.running

        def wanted(action: Action) -> bool:
            if action.id == "interrupt":
                return running
            return bool(action.hint) and action.scope in (here, Scope.EVERYWHERE)

        chosen = [action for action in ACTIONS if wanted(action)]
        chosen.sort(key=lambda action: (action.scope is Scope.EVERYWHERE, action.id == "help"))
        pairs = [(action, keys_of(action, self.chosen_keys)) for action in chosen]
        self.hints.show((action, keys[0]) for action, keys in pairs if keys)


_UNSENT = "Resend it, or take it back to edit it."
_BACK = "Your message is back in the composer."
