"""Numbers for lines, as the selection of the mouse holds them."""

from __future__ import annotations

from chat_tui.items import Record
from chat_tui.tui.transcript.document import Document
from chat_tui.tui.transcript.overlay import key_of, row_of
from chat_tui.tui.transcript.view import Row
from tests.tui.transcript.corpus import message


def test_a_line_keeps_its_number_however_long_its_item_is() -> None:
    document = Document()
    document.load([Record(message("user", "x")), Record(message("user", "y"))])
    rows = [Row(0, 1, 70_000), Row(0, 70_000, 2), Row(0, 70_000, 65_536), Row(1, 0, 0)]
    keys = [key_of(document, row) for row in rows]
    assert keys == sorted(keys)
    assert [row_of(document, key) for key in keys] == rows
