"""Moving conversations: what an export holds, how it reads, and what of it can live elsewhere.

Pure: nothing here asks a server, reads a file or knows the library.
"""

from chat_tui.moving.document import (
    FORMAT,
    VERSION,
    Answer,
    BadImport,
    Document,
    Facts,
    read_document,
    write_document,
)
from chat_tui.moving.travelling import Left, Load, Reach, load

__all__ = [
    "FORMAT",
    "VERSION",
    "Answer",
    "BadImport",
    "Document",
    "Facts",
    "Left",
    "Load",
    "Reach",
    "load",
    "read_document",
    "write_document",
]
