"""What a pane reports is handed to the controller, or to another pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from chat_tui.errors import ChatTuiError, Severity
from chat_tui.tui.clipboard import copied
from chat_tui.tui.composer import Composer
from chat_tui.tui.conversations import ConversationList, ConversationPane
from chat_tui.tui.doing import command
from chat_tui.tui.inspector.pane import Inspector
from chat_tui.tui.moving import MovingCommands
from chat_tui.tui.outline import open_links
from chat_tui.tui.queue import QueueBar
from chat_tui.tui.transcript import messages

if TYPE_CHECKING:
    from chat_tui.tui.older import Older
    from chat_tui.tui.panes import Panes
    from chat_tui.tui.transcript.transcript import Transcript


class Answering(MovingCommands):
    """The messages of the panes."""

    panes: Panes
    older: Older

    @property
    def transcript(self) -> Transcript:
        """The transcript, there once the panes are furnished."""
        return self.panes.transcript

    def is_current(self, key: int) -> bool:
        """Whether a conversation is the one shown."""
        return self.view is not None and self.view.key == key

    def with_keys(self, way_out: str) -> str:
        """Name the keys where a way out means them."""
        raise NotImplementedError

    @on(Composer.Sent)
    @command
    async def send(self, event: Composer.Sent) -> None:
        """Send; what cannot be sent goes back into the composer."""
        await self.opened.wait()
        key = event.key or self.key
        try:
            await self.controller.send(key, event.text)
        except ChatTuiError as error:
            if self.is_current(key):
                self.put_back(event.text)
            self.tell(error.sentence, self.with_keys(error.way_out), Severity.ERROR)

    @on(QueueBar.EditWanted)
    @command
    async def take_queued(self, event: QueueBar.EditWanted) -> None:
        """Take a queued message back to edit it."""
        await self.edit_queued(event.number)

    @on(QueueBar.RemoveWanted)
    @command
    async def remove_queued(self, event: QueueBar.RemoveWanted) -> None:
        """Remove a queued message."""
        await self.controller.remove_queued(self.key, event.number)

    @on(Composer.DraftChanged)
    @command
    async def save_draft(self, event: Composer.DraftChanged) -> None:
        """Save the draft while the keys rest."""
        if key := event.key:
            await self.controller.save_draft(key, event.text)

    @on(Composer.Due)
    def begin_due(self, event: Composer.Due) -> None:
        """Begin a command that waited for what was typed before it."""
        event.begin()

    @on(Composer.CopyNothing)
    def copy_nothing(self) -> None:
        """Count a ctrl+c that copies nothing towards quitting."""
        self.action_quit_twice()

    @on(ConversationList.Chosen)
    def open_chosen(self, event: ConversationList.Chosen) -> None:
        """Open the conversation chosen in the list."""
        self.open(event.key)

    @on(ConversationList.DeleteWanted)
    @command
    async def delete_chosen(self, event: ConversationList.DeleteWanted) -> None:
        """Delete the conversation chosen in the list."""
        await self.delete(event.key)

    @on(ConversationList.RowsWanted)
    @command
    async def list_rows(self, event: ConversationList.RowsWanted) -> None:
        """Fetch the rows that the list shows."""
        from chat_tui.controller import Wanted  # noqa: PLC0415 - after the first frame

        rows = self.panes.list_pane.list
        wanted = Wanted(event.first, event.count, event.query, event.places, event.near)
        try:
            rows.take(await self.controller.listing(wanted))
        except ChatTuiError:
            rows.failed()
            raise

    @on(ConversationPane.FilterOpened)
    @command
    async def prepare_filter(self) -> None:
        """Get ready for what will be typed into the filter."""
        await self.controller.prepare_filter()

    @on(messages.ItemHighlighted)
    def highlight(self, event: messages.ItemHighlighted) -> None:
        """Inspect the item under the cursor."""
        self.panes.inspector.show_item(event.record, chosen=event.record is not None)

    @on(messages.OlderWanted)
    @command
    async def load_older(self) -> None:
        """Load what lies before the first item."""
        await self.older.load()

    @on(messages.FirstWanted)
    @command
    async def load_first(self) -> None:
        """Load up to the first item and go there."""
        await self.older.to_first()

    @on(messages.JumpMissed)
    @command
    async def jump_further(self, event: messages.JumpMissed) -> None:
        """Look for what is jumped to among older items, or say that there is none."""
        sentence = await self.older.jump(event.target, event.by)
        if sentence:
            self.tell(sentence)

    @on(messages.FoundChanged)
    def tell_found(self) -> None:
        """Say how many matches there are."""
        self.panes.find_bar.tell()

    @on(messages.FindMoved)
    @command
    async def move_find(self, event: messages.FindMoved) -> None:
        """Go on in the find; without one, begin it."""
        if self.panes.find_bar.display:
            await self.panes.find_bar.move(event.by)
        else:
            self.panes.find_bar.open()

    @on(messages.LinksWanted)
    @command
    async def choose_link(self, event: messages.LinksWanted) -> None:
        """Open the link of an item; offer them when there are several."""
        await open_links(self, event.links)

    @on(messages.LinkOpened)
    def open_link(self, event: messages.LinkOpened) -> None:
        """Open a link that was clicked; the transcript lets through safe schemes only."""
        self.open_url(event.url)
        self.tell(f"Opened {event.url}")

    @on(messages.CopyWanted)
    @on(Inspector.Copied)
    @command
    async def copy(self, event: messages.CopyWanted | Inspector.Copied) -> None:
        """Copy, and say by which route it went."""
        self.tell(await copied(self, event.text, event.what))

    @on(Inspector.MetadataWanted)
    def edit_metadata(self) -> None:
        """Edit the metadata from the inspector."""
        self.action_metadata()
