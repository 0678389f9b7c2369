"""Commands that move conversations between a server and a file.

The formats are imported when one is used: every start of the program passes through here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui import __version__
from chat_tui.controller.arriving import Moved
from chat_tui.controller.moving import Moving
from chat_tui.errors import EXIT_USAGE, ChatTuiError
from chat_tui.moving import BadImport, Document, Facts

if TYPE_CHECKING:
    from chat_tui.moving.chatgpt import Entry


@dataclass(frozen=True, slots=True)
class Written:
    """A file that holds a conversation."""

    path: Path
    items: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Importable:
    """A conversation that a file holds; ``number`` counts from 0."""

    number: int
    title: str
    created_at: float
    items: int


class Filing(Moving):
    """Exports to files and imports from them."""

    def export_name(self, key: int, form: str = "markdown") -> str:
        """Return a good name for a file that holds an open conversation."""
        from chat_tui.moving.rendering import file_name  # noqa: PLC0415 - late, see above

        view = self.view(key)
        return file_name(
            Facts(
                title=view.title,
                conversation_id=view.conversation_id,
                response_id=view.response_id,
            ),
            form,
        )

    async def export_file(self, target: int | str, path: Path) -> Written:
        """Write a conversation to a new file, in the format that its suffix names.

        What is off the record stays out. Raises ChatTuiError.
        """
        from chat_tui.controller.writing import write_file  # noqa: PLC0415 - late, see above
        from chat_tui.moving.rendering import render  # noqa: PLC0415 - late, see above

        form = _format_of(path)
        document = await self.export(target)
        where = await asyncio.to_thread(
            lambda: write_file(path, render(document, form, f"chat-tui {__version__}"))
        )
        return Written(where, len(document.records), document.notes)

    async def importable(self, path: Path) -> list[Importable]:
        """Return the conversations that a file holds. Raises BadImport."""
        held = await asyncio.to_thread(_read, path)
        if isinstance(held, Document):
            facts = held.facts
            return [Importable(0, facts.title, facts.created_at, len(held.records))]
        return [Importable(n, e.title, e.created_at, e.nodes) for n, e in enumerate(held)]

    async def import_file(self, path: Path, number: int = 0) -> Moved:
        """Import one conversation of a file. Raises BadImport and NotMoved."""
        held = await asyncio.to_thread(_read, path)
        if isinstance(held, Document):
            return await self.import_document(held)
        from chat_tui.moving.chatgpt import read_entry  # noqa: PLC0415 - late, see above

        if not 0 <= number < len(held):
            raise BadImport(f"{path} holds {len(held)} conversations.")
        return await self.import_document(read_entry(held[number]))


def _read(path: Path) -> Document | list[Entry]:
    from chat_tui.controller.reading import read_import  # noqa: PLC0415 - late, see above

    return read_import(path)


def _format_of(path: Path) -> str:
    """Return the format that a file's suffix names. Raises ChatTuiError."""
    from chat_tui.moving.rendering import SUFFIXES  # noqa: PLC0415 - late, see above

    for form, suffix in SUFFIXES.items():
        if path.suffix.lower() == suffix:
            return form
    raise ChatTuiError(
        f"The name of the file must end with {', '.join(SUFFIXES.values())}.", exit_code=EXIT_USAGE
    )
