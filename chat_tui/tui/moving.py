"""The actions that move conversations: to a file, from one, to another profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.errors import Severity
from chat_tui.items import Place
from chat_tui.tui.commands import Commands
from chat_tui.tui.doing import command
from chat_tui.tui.text import ago

if TYPE_CHECKING:
    from chat_tui.controller import Moved


class MovingCommands(Commands):
    """Export, import and copy, each asking what it must."""

    @command
    async def action_conversation_export(self) -> None:
        """Ask for a file and write the conversation to it."""
        from chat_tui.tui.screens.ask import AskScreen  # noqa: PLC0415

        key = self.key
        name = self.controller.export_name(key)
        path = await self.push_screen_wait(
            AskScreen("Export to a file: .md, .html or .json", str(Path("~") / name))
        )
        if path is None or not path.strip():
            return
        written = await self.controller.export_file(key, Path(path.strip()))
        notes = list(written.notes)
        if any(r.place is Place.PRIVATE for r in self.controller.view(key).records):
            notes.append("What was said off the record is not among them.")
        severity = Severity.WARNING if notes else Severity.INFORMATION
        self.tell(f"Wrote {written.items} items to {written.path}.", " ".join(notes), severity)

    @command
    async def action_conversation_import(self) -> None:
        """Ask for a file, where it holds several for one of them, and import that."""
        from chat_tui.tui.screens.ask import AskScreen  # noqa: PLC0415
        from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

        answer = await self.push_screen_wait(
            AskScreen("Import a file: an export in JSON, or ChatGPT's", "")
        )
        if answer is None or not answer.strip():
            return
        path = Path(answer.strip())
        held = await self.controller.importable(path)
        number: str | None = "0"
        if len(held) > 1:
            choices = [
                Choice(str(one.number), one.title, f"{ago(one.created_at)}  {one.items}")
                for one in held
            ]
            number = await self.push_screen_wait(
                ChooseScreen("Import a conversation", among(choices), placeholder="title")
            )
        if number:
            self._arrived(await self.controller.import_file(path, int(number)))

    @command
    async def action_conversation_copy(self) -> None:
        """Ask for a profile and copy the conversation there."""
        from chat_tui.tui.screens.choose import Choice, ChooseScreen, among  # noqa: PLC0415

        key = self.key
        profiles = [
            Choice(name, name, profile.place)
            for name, profile in sorted(self.controller.settings.profiles.items())
        ]
        chosen = await self.push_screen_wait(
            ChooseScreen("Copy the conversation to", among(profiles), placeholder="profile")
        )
        if chosen:
            self._arrived(await self.controller.copy(key, chosen))

    def _arrived(self, moved: Moved) -> None:
        """Say what came, and where what stayed behind."""
        left = "; ".join(f"{left.count} × {left.what}" for left in moved.left)
        told = [f"Left behind: {left}." if left else "", *moved.notes]
        self.tell(
            f"{moved.items} items are in a new conversation of {moved.profile}.",
            " ".join(filter(None, told)),
            Severity.WARNING if left else Severity.INFORMATION,
        )
        if moved.profile == self.controller.profile.name:
            self.open(moved.key)
