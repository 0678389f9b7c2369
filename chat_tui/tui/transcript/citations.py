"""What an answer cites, as Markdown notes below its text; the links in them open like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chat_tui.items import visible_line
from chat_tui.tui.transcript.inline import safe_link
from chat_tui.tui.transcript.values import maps

if TYPE_CHECKING:
    from chat_tui.items import Item

_SIGNS = re.compile(r"([\\`*_\[\]<>&$!~|#])")
_FILES = ("file_citation", "container_file_citation", "file_path")


def sources(item: Item) -> str:
    """Return the pages and files that the parts of an answer cite, each once, numbered."""
    found: dict[str, str] = {}
    for part in maps(item.raw.get("content")):
        for note in maps(part.get("annotations")):
            if line := _line(note):
                found.setdefault(_key(note), line)
    if not found:
        return ""
    lines = [f"{number}. {line}" for number, line in enumerate(found.values(), 1)]
    return "\n\n**Sources**\n" + "\n".join(lines)


def _key(note: Mapping[str, Any]) -> str:
    return _word(note, "url") or _word(note, "file_id")


def _line(note: Mapping[str, Any]) -> str:
    """Return one note, or nothing for an annotation that names no source."""
    kind, url = note.get("type"), _word(note, "url")
    if kind == "url_citation" and url:
        target = f"<{url}>" if safe_link(url) and not set("<>") & set(url) else _plain(url)
        return f"{_plain(_word(note, 'title'))} {target}".strip()
    identifier = _word(note, "file_id")
    if kind in _FILES and identifier:
        name = _plain(_word(note, "filename"))
        return f"{name} ({_plain(identifier)})" if name else _plain(identifier)
    return ""


def _word(note: Mapping[str, Any], name: str) -> str:
    value = note.get(name)
    return visible_line(value) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """Return text whose signs mean nothing in Markdown."""
    return _SIGNS.sub(r"\\\1", text)
