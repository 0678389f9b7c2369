"""The formats a document can be written in. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from chat_tui.moving.document import Document, Facts, write_document
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


def file_name(facts: Facts, form: str) -> str:
    """Return a file name that says which conversation it holds, safe on every system."""
    words = "-".join(re.findall(r"[^\W_]+", facts.title))[:50].rstrip("-")
    anchor = re.sub(r"[^\w]", "", facts.conversation_id or facts.response_id)[:21]
    return "-".join(part for part in (words, anchor) if part) + SUFFIXES[form]
