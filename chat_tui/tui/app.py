"""The app: lays the panes out and shows what the controller tells. It decides nothing."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.content import Content

from chat_tui.config import Settings
from chat_tui.errors import EXIT_FAILED, ChatTuiError, Severity
from chat_tui.items import visible, visible_line
from chat_tui.tui.answering import Answering
from chat_tui.tui.commands import UNSENT
from chat_tui.tui.doing import command
from chat_tui.tui.keymap import ACTIONS, Action, Scope, keys_of, shown
from chat_tui.tui.older import Older
from chat_tui.tui.outline import outline
from chat_tui.tui.panes import Panes, too_small
from chat_tui.tui.status import KeyHints, StatusLine
from chat_tui.tui.terminal import read_strange_input, teach_keys
from chat_tui.tui.text import line
from chat_tui.tui.theme import DUSK, THEMES, variables

if TYPE_CHECKING:
    from chat_tui.controller import Controller, Launch, Queued, View
    from chat_tui.tui.transcript.bookmark import Bookmark

LOG = logging.getLogger(__name__)


class ChatTuiApp(Answering):
    """Three panes over a controller."""

    CSS_PATH = "app.tcss"
    TITLE = "chat-tui"

    def __init__(
        self, settings: Settings, make: Callable[[], Controller], launch: Launch | None = None
    ) -> None:
        teach_keys()
        read_strange_input()
        super().__init__(settings)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = settings.theme if settings.theme in self.available_themes else DUSK.name
        self.exit_sentence = ""
        """What to print after the program ended, when an error ended it."""
        self._make = make
        self._launch = launch
        self.panes = Panes(id="panes")
        self.list_pane = self.panes.list_pane
        self.notice = self.panes.notice
        self.composer = self.panes.composer
        self.inspector = self.panes.inspector
        self.older = Older(self)
        self._bookmarks: dict[int, Bookmark] = {}
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

    # --- life -----------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Paint first; everything that takes time begins after the first frame."""
        # At once, unlike focus(): keys pressed while the program started wait in the queue.
        self.screen.set_focus(self.composer)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        gc.freeze()  # what starting made stays for good: no use to look at it again and again
        gc.enable()
        self.run_worker(self._open_first(), group="commands")

    async def _open_first(self) -> None:
        """Make the controller and the transcript, then open what was asked for."""
        self.status.show_endpoint("starting …")
        if self.settings.theme not in self.available_themes:
            wanted = visible_line(self.settings.theme)
            self.tell(f"There is no theme {wanted!r}.", "The palette lists them.", Severity.WARNING)
        try:
            self.made = await asyncio.to_thread(self._make)
            await self.panes.furnish(self.older)
            await self._open_launch()
        except ChatTuiError as error:
            self.leave_with(error)
        else:
            self.list_pane.list.refresh_rows()

    async def _open_launch(self) -> None:
        from chat_tui.controller import Launch  # noqa: PLC0415 - after the first frame
        from chat_tui.tui.feed import Feed  # noqa: PLC0415

        self.run_worker(Feed(self).run(), group="events")
        launch = self._launch or Launch()
        if launch.target:
            self.controller.start()
            self.notice.show(f"Opening {launch.target} …")
        view = await self.controller.launch(launch)
        typed = self.composer.text
        await self.show(view)
        if typed:
            self.composer.insert(f"\n{typed}" if view.draft else typed)
        self.opened.set()
        gc.freeze()  # the core and the transcript stay as well
        if not launch.target:
            self.controller.start()

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

    async def on_event(self, event: events.Event) -> None:
        """Make pasted text inert before any field has it: a terminal would obey what is in it."""
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event.text = visible(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        await super().on_event(event)

    # --- what the commands and the feed need ----------------------------------------------------

    def show_facts(self, view: View) -> None:
        """Show everything about a conversation but its records."""
        self.view = view
        self.panes.heading.update(
            Content.assemble(
                line(view.title, "bold $foreground"), "  ", line(view.conversation_id, "$muted")
            ),
            layout=False,
        )
        self.composer.set_private(private=not view.choices.store)
        self.screen.set_class(not view.choices.store, "-private")
        self.status.show(view)
        self.show_queue(view.queued, waits=view.queue_waits)
        self.inspector.show(view)
        self._show_hints()

    def show_queue(self, queued: Sequence[Queued], *, waits: bool) -> None:
        """Show what waits to be sent."""
        if not queued and self.panes.queue.has_focus:
            self.composer.focus()
        self.panes.queue.show(queued, waits=waits, key=self._key_of("conversation.resend"))

    def tell(
        self, sentence: str, way_out: str = "", severity: Severity = Severity.INFORMATION
    ) -> None:
        """Say something above the composer."""
        self.notice.show(sentence, way_out, severity)

    async def show(self, view: View) -> None:
        """Show another conversation, where the reader left it."""
        self.notice.clear()
        typed, left = self.composer.unsaved(), self.view
        self.panes.find_bar.close()
        if self.view is not None:
            self._bookmarks[self.view.key] = self.transcript.bookmark()
        self.composer.show(view.key, view.draft)
        self.transcript.show(view.records, older=view.older)
        self.transcript.set_streaming(view.growing)
        self.list_pane.list.current = view.key
        self.show_facts(view)
        self.inspector.show_item(None)
        self.panes.close_overlays()
        self.composer.focus()
        if typed is not None and left is not None:  # typed on while the other one was opened
            await self.controller.save_draft(left.key, typed)
        if bookmark := self._bookmarks.get(view.key):
            self._come_back(bookmark)

    @command
    async def _come_back(self, bookmark: Bookmark) -> None:
        """Go to where the reader left the conversation, loading what that takes."""
        await self.older.load_until(lambda: self.transcript.go_to(bookmark), bookmark.depth)

    async def keep_draft(self) -> None:
        """Save what stands in the composer."""
        text = self.composer.unsaved()
        if text is not None and self.view is not None:
            await self.controller.save_draft(self.view.key, text)

    def with_keys(self, way_out: str) -> str:
        """Name the keys where a way out means them."""
        from chat_tui.controller import OFFERED  # noqa: PLC0415 - after the first frame

        if way_out == UNSENT:
            resend = self._key_of("conversation.resend")
            back = self._key_of("conversation.take_back")
            return f"{resend} resends it, {back} takes it back to edit it."
        if way_out == OFFERED:
            return f"{self._key_of('profile')} chooses it; until then it gets no message."
        return way_out

    def _key_of(self, action_id: str) -> str:
        """Return the first key of an action as a person reads it."""
        action = next(action for action in ACTIONS if action.id == action_id)
        keys = keys_of(action, self.chosen_keys)
        return shown(keys[0]) if keys else "the palette"

    def after_typing(self, begin: Callable[[], None], over: asyncio.Event | None = None) -> None:
        """Begin once the composer has what was typed; later keys wait for ``over``, if given."""
        self.composer.in_turn(begin, over)

    def put_back(self, text: str) -> None:
        """Give text back to the composer, before whatever is there."""
        self.composer.put_back(text)
        self.composer.focus()

    # --- panes ----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Fit the panes to the new size."""
        self.panes.fit(event.size)
        self._cover(too_small(event.size))

    def _cover(self, sentence: str) -> None:
        """Cover everything while the terminal is too small: keys must not act unseen."""
        from chat_tui.tui.screens.small import TooSmallScreen  # noqa: PLC0415 - rarely needed

        top = self.screen
        if isinstance(top, TooSmallScreen):
            if sentence:
                top.say(sentence)
            else:
                self.pop_screen()
        elif sentence:
            self.push_screen(TooSmallScreen(sentence))

    def action_pane_list(self) -> None:
        """Show or hide the list."""
        self.panes.toggle_list()

    def action_filter(self) -> None:
        """Open the list's filter."""
        self.panes.show_list()
        self.list_pane.open_filter()

    def action_pane_inspector(self) -> None:
        """Show or hide the inspector."""
        self.panes.toggle_inspector()

    @command
    async def action_interrupt(self) -> None:
        """Close what lies above, else stop the answer, else go to the composer."""
        if self.made is not None and self.panes.find_bar.close():
            self.transcript.focus()
        elif self.older.stop():
            self.tell("Stopped loading.")
        elif await self.list_pane.close_filter() or self.panes.close_overlays():
            self.composer.focus()
        elif self.view and self.controller.interrupt(self.view.key):
            self.tell("Stopping …")
        else:
            self.notice.clear()
            self.composer.focus()

    def action_find(self) -> None:
        """Find in the conversation."""
        if len(self.screen_stack) == 1 and self.view is not None:
            self.panes.find_bar.open()

    @command
    async def action_outline(self) -> None:
        """List the turns and go to the one chosen."""
        if len(self.screen_stack) == 1:
            await outline(self)

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
        focused = self.screen_stack[0].focused  # a dialog above does not change where one was
        return getattr(focused, "scope", Scope.EVERYWHERE)

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
