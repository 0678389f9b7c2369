"""The formats a document can be written in. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable

from chat_tui.moving.document import Document, write_document
from chat_tui.moving.markdown import markdown
from chat_tui.moving.page import page

SUFFIXES = {"json": ".json", "markdown": ".md", "html": ".html"}
"""What the names of files in each format end with."""


def render(document: Document, form: str, program: str) -> str:
    """Return a document as text in one of the formats; ``program`` names what wrote it.

    JSON is ASCII: it can be printed without a terminal acting on what it quotes.
    """
    if form == "json":
        return json.dumps(write_document(document, program), indent=1) + "\n"
    return _READABLE[form](document)


_READABLE: dict[str, Callable[[Document], str]] = {"markdown": markdown, "html": page}
