"""The records of a transcript with the height of each; where the reader looks is in ``view``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.cache import LRUCache

from chat_tui.items import Kind, Record, visible
from chat_tui.tui.transcript import entries, wording
from chat_tui.tui.transcript.blocks import Format
from chat_tui.tui.transcript.entries import Entry, Pairs
from chat_tui.tui.transcript.heights import Heights
from chat_tui.tui.transcript.layout import Layout, Lines
from chat_tui.tui.transcript.values import pretty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_tui.tui.transcript.palette import Palette


GUESSED = 1000
"""Records whose height is guessed one by one; that takes a look at their text."""
LAYOUTS = 200
"""Entries kept parsed; the others are parsed again when looked at."""
BLOCKS = 500
"""Blocks kept drawn."""


class Document:
    """Records one below the other. An index counts from the oldest one that is loaded."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.heights = Heights()
        self.folds: dict[int, bool] = {}
        """What the reader folded or opened, by ref."""
        self._folding: bool | None = None
        """How what can be folded starts since all were folded or opened; None: each as it is."""
        self.raws: set[int] = set()
        """Refs shown as raw JSON."""
        self.growing: int | None = None
        self._width = 80
        self._palette: Palette | None = None
        self._pairs = Pairs()
        self._index: dict[int, int] = {}
        self._first = 0
        self._grown: dict[int, list[str]] = {}
        self._layouts: LRUCache[int, Layout] = LRUCache(LAYOUTS)
        self._drawn: LRUCache[tuple[int, int, str], Lines] = LRUCache(BLOCKS)

    def __len__(self) -> int:
        return len(self.records)

    # --- which records --------------------------------------------------------------------

    def load(self, records: Sequence[Record]) -> None:
        """Replace everything."""
        self.records = list(records)
        self.folds, self.raws, self._grown, self.growing = {}, set(), {}, None
        self._pairs, self._folding = Pairs(), None
        for record in records:
            self._pairs.add(record)
        self._layouts.clear()
        self._drawn.clear()
        self._reindex()
        self._guess()

    def prepend(self, records: Sequence[Record]) -> None:
        """Add older records at the front."""
        for record in records:
            self._pairs.add(record)
        if self.records:
            self._layouts.discard(self.records[0].ref)
        self.records[:0] = records
        self._first -= len(records)
        for index, record in enumerate(records):
            self._index[record.ref] = self._first + index
        self.heights.prepend([entries.lines_about(record, self._width) for record in records])

    def append(self, record: Record) -> None:
        """Add a record at the end."""
        self._pair(record)
        self._index[record.ref] = self._first + len(self.records)
        self.records.append(record)
        self.heights.append(entries.lines_about(record, self._width))

    def update(self, ref: int, record: Record) -> bool:
        """Let ``record`` take the place of ``ref``; return whether anything looks different."""
        index = self.index(ref)
        layout = self._layouts.get(ref)
        was = layout.entry if layout is not None else None
        if entries.is_step(self.records[index]) != entries.is_step(record):
            self._forget_at(index + 1)
        self.records[index] = record
        self._pair(record)
        self._grown.pop(ref, None)
        if ref != record.ref:
            self._renamed(ref, record.ref)
        if layout is None or not self._renewed(layout, record):
            self.forget(record.ref)
            return True
        return layout.entry != was

    def _renewed(self, layout: Layout, record: Record) -> bool:
        """Let a layout show what a record has become, if its text has only grown."""
        entry = self._entry(record)
        shown = layout.entry
        if entry == shown and (layout.folded or entry.body == layout.text):
            return True
        if record.ref in self.raws or self._folded(record, entry) != layout.folded:
            return False
        if (shown.form, shown.tone, shown.folds) != (entry.form, entry.tone, entry.folds):
            return False
        if layout.folded or not entry.body.startswith(layout.text):
            return False
        if rest := entry.body[len(layout.text) :]:
            layout.append(rest)
        layout.entry = entry
        return True

    def remove(self, ref: int) -> int:
        """Take a record out; return the index it had."""
        index = self.index(ref)
        self.forget(ref)
        del self.records[index]
        self.heights.delete(index)
        self._grown.pop(ref, None)
        self._reindex()
        self._forget_at(index)
        return index

    def _forget_at(self, index: int) -> None:
        """Make a record be read again: the one before it has become another."""
        for record in self.records[index : index + 1]:
            self.forget(record.ref)

    def index(self, ref: int) -> int:
        """Return where a record is. Raises KeyError when it is not loaded."""
        return self._index[ref] - self._first

    def order(self, index: int) -> int:
        """Return a number for a record that stays when older ones are loaded."""
        return index + self._first

    def entry_at(self, order: int) -> int:
        """Return where the record with that number is now."""
        return order - self._first

    def has(self, ref: int | None) -> bool:
        """Whether a record is loaded."""
        return ref in self._index

    def _reindex(self) -> None:
        self._first = 0
        self._index = {record.ref: index for index, record in enumerate(self.records)}

    def _renamed(self, old: int, new: int) -> None:
        self._index[new] = self._index.pop(old)
        if old in self.folds:
            self.folds[new] = self.folds.pop(old)
        if old in self.raws:
            self.raws.remove(old)
            self.raws.add(new)
        if self.growing == old:
            self.growing = new
        layout = self._layouts.get(old)
        if layout is not None:
            self._layouts[new] = layout
            self.forget(old)

    def _pair(self, record: Record) -> None:
        """Note which call a record answers, and draw that call's head again."""
        answered = self._pairs.add(record)
        if not answered:
            return
        for other in reversed(self.records[-64:]):
            if other.item.call_id == answered and other.ref != record.ref:
                layout = self._layouts.get(other.ref)
                if layout is not None:
                    layout.entry = self._entry(other)
                return

    # --- what they look like --------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether it is known how to draw; before that nothing can be looked at."""
        return self._palette is not None

    def differs(self, width: int, palette: Palette) -> bool:
        """Whether this is drawn at another width or in other colours than these."""
        return width != self._width or palette is not self._palette

    def resize(self, width: int, palette: Palette) -> None:
        """Draw at this width and in these colours from now on."""
        other = width != self._width
        self._width, self._palette = width, palette
        self._drawn.clear()
        if other:
            self._guess()

    def _guess(self) -> None:
        """Guess all heights: of the newest records one by one, of the others as a whole."""
        newest = [entries.lines_about(record, self._width) for record in self.records[-GUESSED:]]
        mean = sum(newest) // max(len(newest), 1)
        self.heights = Heights.uniform(len(self.records) - len(newest), mean)
        for height in newest:
            self.heights.append(height)

    def stream(self, ref: int, text: str) -> None:
        """Let the body of a record grow by visible text; it is open while it does."""
        if ref not in self._grown:
            self.forget(ref)
        grown = self._grown.setdefault(ref, [])
        if not any(grown) and not self.body(ref):
            text = text.lstrip("\n")  # as the body of an entry begins
        grown.append(text)
        layout = self._layouts.get(ref)
        if layout is not None and not layout.folded and ref not in self.raws:
            layout.append(text)
        index = self.index(ref)
        self.heights.set(index, self.layout(index).total)

    def body(self, ref: int) -> str:
        """Return the text of a record as far as it has come."""
        record = self.records[self.index(ref)]
        return self._entry(record).body + "".join(self._grown.get(ref, ()))

    def count(self, index: int, query: str) -> int:
        """Return how often a folded query stands in what a record says, folded or not."""
        record = self.records[index]
        layout = self._layouts.get(record.ref)
        if layout is not None and not layout.folded and record.ref not in self.raws:
            return layout.found(query)
        entry = self._entry(record)
        if grown := self._grown.get(record.ref):
            entry = replace(entry, body=entry.body + "".join(grown))
        return wording.count(entry, query)

    def layout(self, index: int) -> Layout:
        """Return the lines of the record at ``index``."""
        record = self.records[index]
        layout = self._layouts.get(record.ref)
        if layout is None:
            layout = self._layouts[record.ref] = self._make(index, record)
            layout.growing = record.ref == self.growing
            self.heights.set(index, layout.total)
        elif self._palette is not None and layout.resize(self._width, self._palette):
            self.heights.set(index, layout.total)
        return layout

    def _make(self, index: int, record: Record) -> Layout:
        if self._palette is None:
            raise RuntimeError("a document is drawn only after resize()")
        entry = self._entry(record)
        if record.ref in self.raws:
            entry = replace(entry, body=visible(pretty(record.raw)), form=Format.JSON)
        elif grown := self._grown.get(record.ref):
            body = entry.body + "".join(grown)
            entry = replace(entry, body=body, folded=False)
            if entry.kind is Kind.REASONING:
                entry = replace(entry, detail="", folds=True)
        before = self.records[index - 1] if index else None
        gap = before is None or not entries.tight(before, record)
        folded = self._folded(record, entry)
        return Layout(entry, self._width, self._palette, self._drawn, gap=gap, folded=folded)

    def _entry(self, record: Record) -> Entry:
        return entries.entry(record, self._pairs)

    def _folded(self, record: Record, entry: Entry) -> bool:
        if record.ref in self.raws:
            return False
        message = record.kind in (Kind.USER, Kind.ASSISTANT)
        start = entry.folded if self._folding is None or message else self._folding
        return self.folds.get(record.ref, start)

    def settle(self, index: int) -> None:
        """Take over what drawing found out about the height of a record."""
        layout = self._layouts.get(self.records[index].ref)
        if layout is not None:
            self.heights.set(index, layout.total)

    def forget(self, ref: int) -> None:
        """Make a record be read again when next looked at."""
        self._layouts.discard(ref)

    def fold(self, ref: int, folded: bool | None) -> None:
        """Fold or open a record, or (None) let it be as it starts."""
        if folded is None:
            self.folds.pop(ref, None)
        else:
            self.folds[ref] = folded
        self.forget(ref)

    def fold_all(self) -> None:
        """Open all records that can be folded, or fold them when none of those seen is folded."""
        layouts = [self._layouts[key] for key in self._layouts.keys()]  # noqa: SIM118 - no dict
        folding = not any(layout.folded for layout in layouts if layout.entry.folds)
        self._folding = folding
        for record in self.records:
            if record.kind not in (Kind.USER, Kind.ASSISTANT):
                self.folds[record.ref] = folding
        self._layouts.clear()

    def toggle_raw(self, ref: int) -> None:
        """Show a record as JSON, or rendered again."""
        self.raws ^= {ref}
        self.forget(ref)

    def source(self, ref: int) -> str:
        """Return the text of a record as it was written, or its JSON when it has none."""
        record = self.records[self.index(ref)]
        if ref in self.raws:
            return pretty(record.raw)
        grown = "".join(self._grown.get(ref, ()))
        text = record.item.text + grown
        if text:
            return text
        arguments = record.raw.get("arguments")
        return arguments if isinstance(arguments, str) else pretty(record.raw)

    def grows(self, ref: int | None) -> None:
        """Show which record is being written."""
        for other in (self.growing, ref):
            if other is not None and (layout := self._layouts.get(other)) is not None:
                layout.growing = other == ref
        self.growing = ref
