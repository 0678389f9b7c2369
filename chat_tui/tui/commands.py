"""What keys and the palette do: each action asks what it must and awaits the controller.

Commands go down from here; facts come back up as events, which ``app`` shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.content import Content

from chat_tui.config import Chaining, Settings
from chat_tui.errors import ChatTuiError, Severity
from chat_tui.items import visible_line
from chat_tui.tui.doing import command, in_turn, switch
from chat_tui.tui.keymap import Scope, bindings, keymap
from chat_tui.tui.text import ago

if TYPE_CHECKING:
    from chat_tui.controller import Controller, View

UNSENT = "Resend it, or take it back to edit it."
"""A way out that names two actions; shown with the keys they have now."""

START = 3.0
"""Seconds that quitting waits for a program that is still starting."""

_KEY = "key\n"
"""Begins an answer that is a key; no line that a person types can."""

_OVER_DIALOGS = ("quit", "quit_twice")
"""Actions that a dialog does not keep from happening."""


class Commands(App[None]):
    """The actions of the program, without their layout."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EVERYWHERE)
    ENABLE_COMMAND_PALETTE = False  # ours is opened by an action that can be remapped

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.chosen_keys = keymap(settings)
        self.set_keymap(self.chosen_keys)
        self.made: Controller | None = None
        """The controller, made after the first frame."""
        self.view: View | None = None
        self.opened = asyncio.Event()
        """Set once a conversation is open; what is sent before waits for it."""
        self._quit_armed = False

    @property
    def controller(self) -> Controller:
        """The controller. Raises ChatTuiError while the program is still starting."""
        if self.made is None:
            raise ChatTuiError("Still starting.", "Try again in a moment.")
        return self.made

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys to a dialog while one is open; quitting always works."""
        return action in _OVER_DIALOGS or not self.screen.is_modal

    # --- what the layout provides ---------------------------------------------------------------

    def tell(
        self, sentence: str, way_out: str = "", severity: Severity = Severity.INFORMATION
    ) -> None:
        """Say something to the user."""
        raise NotImplementedError

    async def show(self, view: View) -> None:
        """Show another conversation."""
        raise NotImplementedError

    async def keep_draft(self) -> None:
        """Save what stands in the composer."""
        raise NotImplementedError

    def put_back(self, text: str) -> None:
        """Give text back to the composer, before whatever is there."""
        raise NotImplementedError

    def after_typing(self, begin: Callable[[], None], over: asyncio.Event | None = None) -> None:
        """Begin once the composer has what was typed; later keys wait for ``over``, if given."""
        raise NotImplementedError

    @property
    def key(self) -> int:
        """The open conversation."""
        if self.view is None:
            raise ChatTuiError("No conversation is open yet.")
        return self.view.key

    # --- conversations --------------------------------------------------------------------------

    @switch
    async def action_conversation_new(self) -> None:
        """Start a new conversation."""
        await self.keep_draft()
        await self.show(await self.controller.new())

    @command
    async def action_conversation_open(self) -> None:
        """Ask for an id or title and open it."""
        from chat_tui.controller import Wanted  # noqa: PLC0415 - after the first frame
        from chat_tui.tui.screens.choose import Choice, ChooseScreen  # noqa: PLC0415

        async def find(query: str) -> Sequence[Choice]:
            found = await self.controller.listing(Wanted(0, 100, query))
            return [
                Choice(
                    f"{_KEY}{row.key}",
                    row.title,
                    f"{ago(row.updated_at)}  {(row.conversation_id or row.response_id)[:13]}",
                )
                for row in (found.rows if found else ())
            ]

        chosen = await self.push_screen_wait(
            ChooseScreen(
                "Open a conversation",
                find,
                placeholder="title, conv_… or resp_…",
                free=True,
            )
        )
        if chosen:
            key = chosen.removeprefix(_KEY)
            self.open(chosen if key == chosen else int(key))

    @switch
    async def open(self, target: int | str) -> None:
        """Open a conversation by key, id or title."""
        await self.keep_draft()
        await self.show(await self.controller.open(target))

    @command
    async def action_conversation_rename(self) -> None:
        """Ask for a title."""
        from chat_tui.tui.screens.ask import AskScreen  # noqa: PLC0415

        view = self.controller.view(self.key)
        title = await self.push_screen_wait(AskScreen("Rename the conversation", view.title))
        if title is not None:
            await self.controller.rename(view.key, title)

    @command
    async def action_conversation_delete(self) -> None:
        """Ask, then delete the open conversation."""
        await self.delete(self.key)

    async def delete(self, key: int) -> None:
        """Ask how, then delete a conversation and open the next one."""
        from chat_tui.tui.screens.confirm import ConfirmScreen, Way  # noqa: PLC0415

        row = await self.controller.summary(key)
        title = visible_line(row.title)
        identifier = row.conversation_id or row.response_id
        question = Content.assemble(
            "Delete ", (title, "bold"), "?", (f"\n{visible_line(identifier)}", "$muted")
        )
        only = Way(
            "conversation",
            "Delete the conversation only",
            "The server keeps its items and responses; without their ids nobody finds them.",
        )
        all_of_it = Way(
            "items",
            "Delete the conversation with all its items and responses",
            "Each item and each response known here is deleted from the server.",
        )
        here = Way("conversation", "Delete it", "The server holds nothing of it.")
        ways = [only, all_of_it] if identifier else [here]
        answer = await self.push_screen_wait(ConfirmScreen("Delete", question, ways))
        if answer is None:
            return
        await self.controller.delete(key, with_items=answer == "items")
        self.tell(f"Deleted {title}.")
        if self.view and self.view.key == key:
            self._open_last()

    @switch
    async def _open_last(self) -> None:
        await self.show(await self.controller.last())

    @command
    async def action_list_sort(self) -> None:
        """Sort the list in the next way."""
        await self.controller.sort_next()

    @in_turn
    async def action_conversation_resend(self) -> None:
        """Send the unsent message again, else let the queue go on."""
        view = self.controller.view(self.key)
        if view.queue_waits and not view.pending_text:
            await self.controller.send_on(view.key)
        else:
            await self.controller.resend(view.key)

    @in_turn
    async def action_conversation_take_back(self) -> None:
        """Put the unsent message, else the last queued one, into the composer."""
        view = self.controller.view(self.key)
        if view.queued and (view.running or not view.pending_text):
            await self.edit_queued(view.queued[-1].number)
        else:
            self.put_back(await self.controller.take_back(view.key))

    async def edit_queued(self, number: int) -> None:
        """Put a queued message into the composer."""
        key = self.key
        await self.keep_draft()
        self.put_back(await self.controller.take_queued(key, number))

    # --- choices --------------------------------------------------------------------------------

    @in_turn
    async def action_toggle_store(self) -> None:
        """Go off the record, or back."""
        store = not self.controller.view(self.key).choices.store
        view = await self.controller.set_store(self.key, store)
        self._tell_plan("On the record." if store else "Off the record.", view)

    @in_turn
    async def action_toggle_chaining(self) -> None:
        """Go to the next chaining mode."""
        modes = list(Chaining)
        now = self.controller.view(self.key).choices.chaining
        mode = modes[(modes.index(now) + 1) % len(modes)]
        view = await self.controller.set_chaining(self.key, mode)
        self._tell_plan(f"Chaining: {mode}.", view)

    @in_turn
    async def action_toggle_compaction(self) -> None:
        """Turn automatic compaction on or off."""
        on = self.controller.view(self.key).choices.compaction == "off"
        view = await self.controller.set_compaction(self.key, "auto" if on else "off")
        if not on:
            what = "Compaction off: the context grows until the model's window is full."
        elif view.plan.threshold:
            what = f"Compaction auto: the server folds old context at {view.plan.threshold} tokens."
        else:
            what = "Compaction auto."
        self._tell_plan(what, view)

    def _tell_plan(self, what: str, view: View) -> None:
        self.tell(f"{what} {view.plan.summary}", " ".join(view.plan.notes))

    @command
    async def action_model(self) -> None:
        """Ask for a model."""
        from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

        models = [Choice(name, name) for name in await self.controller.models()]
        chosen = await self.push_screen_wait(
            ChooseScreen("Choose the model", among(models), placeholder="model", free=True)
        )
        if chosen:
            view = await self.controller.set_model(self.key, chosen)
            self._tell_plan(f"Model {chosen}.", view)

    @command
    async def action_profile(self) -> None:
        """Ask for a profile, among them servers found on this machine, and go there."""
        from chat_tui.controller import described  # noqa: PLC0415
        from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

        profiles = [
            Choice(name, name, profile.place)
            for name, profile in sorted(self.controller.settings.profiles.items())
        ]
        offers = {f"{_KEY}{offer.name}": offer for offer in await self.controller.offers()}
        found = [
            Choice(answer, f"{offer.name} on this machine", described(offer))
            for answer, offer in offers.items()
        ]
        chosen = await self.push_screen_wait(
            ChooseScreen("Choose the profile", among([*profiles, *found]))
        )
        if chosen in offers:
            self._use_profile(*await self.controller.take_offer(offers[chosen]))
        elif chosen:
            self._use_profile(chosen)

    @switch
    async def _use_profile(self, name: str, sentence: str = "", way_out: str = "") -> None:
        await self.keep_draft()
        await self.show(await self.controller.use_profile(name))
        if sentence:
            self.tell(sentence, way_out)

    @command
    async def action_instructions(self) -> None:
        """Edit the instructions."""
        from chat_tui.tui.screens.edit import EditScreen  # noqa: PLC0415

        text = await self.push_screen_wait(
            EditScreen(
                "Instructions",
                self.controller.view(self.key).choices.instructions,
                "Sent with every turn of this conversation: the API carries none over.",
                lambda text: (f"{len(text)} characters", True),
            )
        )
        if text is not None:
            await self.controller.set_instructions(self.key, text.strip())

    @command
    async def action_metadata(self) -> None:
        """Edit the metadata as JSON."""
        from chat_tui.tui.inspector.facts import readable_json  # noqa: PLC0415
        from chat_tui.tui.inspector.metadata import judge_metadata, read_metadata  # noqa: PLC0415
        from chat_tui.tui.screens.edit import EditScreen  # noqa: PLC0415

        view = self.controller.view(self.key)
        text = await self.push_screen_wait(
            EditScreen(
                "Metadata",
                readable_json(dict(view.metadata)),
                "At most 16 pairs of strings; keys up to 64, values up to 512 characters. "
                "What is changed here is changed on the server; other pairs stay.",
                judge_metadata,
            )
        )
        if text is not None:
            await self.controller.set_metadata(view.key, read_metadata(text))

    @command
    async def action_theme(self) -> None:
        """Ask for colours."""
        from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

        names = sorted(
            self.available_themes, key=lambda name: (name not in ("dusk", "paper"), name)
        )
        chosen = await self.push_screen_wait(
            ChooseScreen("Choose the colours", among([Choice(name, name) for name in names]))
        )
        if chosen:
            self.theme = chosen

    # --- the program ----------------------------------------------------------------------------

    def action_palette(self) -> None:
        """Open the command palette."""
        from chat_tui.tui.palette import Palette  # noqa: PLC0415

        self.push_screen(Palette())

    def action_quit_twice(self) -> None:
        """Quit at the second press within two seconds."""
        if self._quit_armed:
            self.action_leave()
            return
        self._quit_armed = True
        self.set_timer(2.0, self._disarm)
        self.tell("Press ctrl+c again to quit.")

    def _disarm(self) -> None:
        self._quit_armed = False

    async def action_quit(self) -> None:
        """Quit; asks first when that would lose off-the-record turns."""
        self.action_leave()

    @in_turn
    async def action_leave(self) -> None:
        """Save the draft, settle running turns, and end."""
        from chat_tui.tui.screens.confirm import ConfirmScreen, Way  # noqa: PLC0415

        with suppress(TimeoutError):
            await asyncio.wait_for(self.opened.wait(), START)  # what was typed has no place before
        if self.made is None:
            self.exit()
            return
        await self.keep_draft()
        if self.made.holds_private:
            answer = await self.push_screen_wait(
                ConfirmScreen(
                    "Quit",
                    Content("What is off the record lives in this program's memory only."),
                    [Way("quit", "Quit", "It is gone for good; nothing else is lost.")],
                )
            )
            if answer is None:
                return
            await self.keep_draft()
        await self.made.close()
        self.exit()
