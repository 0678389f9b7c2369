"""Reading a file that is to be imported: our own export, or ChatGPT's as JSON or as the archive."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from chat_tui.gateway.wire import read_json
from chat_tui.moving import BadImport, Document, read_document
from chat_tui.moving.chatgpt import Entry, entries

LARGEST = 2**31
"""Bytes that a file, or what an archive holds, may have."""
_MEMBER = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json")


def read_import(path: Path) -> Document | list[Entry]:
    """Return the document of our own export, or the conversations of ChatGPT's. Blocks.

    Raises BadImport, which names the file.
    """
    path = path.expanduser()
    try:
        if zipfile.is_zipfile(path):
            return entries([entry for part in _members(path) for entry in part])
        if path.stat().st_size > LARGEST:
            raise _bad(path, f"It is larger than {LARGEST // 2**20} MiB.")
        value = _json(path.read_bytes())
        return entries(value) if isinstance(value, list) else read_document(value)
    except OSError as error:
        raise _bad(path, f"{error.strerror or type(error).__name__}.") from error
    except BadImport as error:
        if error.sentence.startswith("Cannot import"):
            raise
        raise _bad(path, error.sentence, error.way_out) from error


def _members(path: Path) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            found = [info for info in archive.infolist() if _MEMBER.fullmatch(info.filename)]
            if not found:
                raise BadImport("It holds no conversations.json.", "Give ChatGPT's data export.")
            if sum(info.file_size for info in found) > LARGEST:
                raise BadImport(f"Its content is larger than {LARGEST // 2**20} MiB.")
            found.sort(key=lambda info: info.filename)
            parts = [_json(archive.read(info)) for info in found]
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadImport("The archive is damaged, or needs a password.") from error
    if not all(isinstance(part, list) for part in parts):
        raise BadImport("Its conversations.json is no list of conversations.")
    return parts


def _json(data: bytes) -> Any:
    value = read_json(data)
    if value is None:
        raise BadImport("It is not JSON.")
    return value


def _bad(path: Path, reason: str, way_out: str = "") -> BadImport:
    return BadImport(f"Cannot import {path}: {reason[:1].lower()}{reason[1:]}", way_out)
