"""One item of a response while it grows; which events make it grow is not known here. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_tui.items import RawItem, part_text

Key = tuple[str, int, str]
"""A growing text: the item's field, the part's position (-1 for none), the part's text field."""


@dataclass(slots=True)
class Slot:
    """An item under way. Growing texts are kept as chunks: joining per token would be quadratic.

    Nothing inside ``raw`` is changed in place, so that snapshots may share it.
    """

    raw: RawItem
    done: bool = False
    """Whether the server said its last word about the item."""
    _chunks: dict[Key, list[str]] = field(default_factory=dict)

    def grow(self, key: Key, kind: str, delta: str) -> bool:
        """Append to a text; returns whether that is the end of what a reader sees."""
        chunks = self._chunks.get(key)
        if chunks is None:
            chunks = self._chunks[key] = [self._start(key, kind)]
        first = not any(chunks)
        chunks.append(delta)
        name, position, _ = key
        if position < 0:
            return True
        beside = position > 0 or (name == "content" and bool(self.raw.get("summary")))
        return position == len(self.raw[name]) - 1 and not (first and beside)

    def hides(self, name: str) -> bool:
        """Whether a reader sees the item's content instead of this field."""
        return name == "summary" and bool(self.raw.get("content"))

    def finish(self, key: Key, kind: str, whole: str) -> bool:
        """Set a text to its final value; returns whether a reader sees a difference."""
        name, position, text = key
        before = "".join(self._chunks.pop(key, ()) or (self._start(key, kind),))
        if position < 0:
            self.raw[name] = whole
        else:
            self._put(name, position, {**self._at(name, position), text: whole})
        return before != whole

    def put(self, name: str, position: int, part: RawItem) -> bool:
        """Set a whole part; returns whether a reader sees a difference."""
        shown = dict(self._at(name, position))
        for key in [key for key in self._chunks if key[:2] == (name, position)]:
            shown[key[2]] = "".join(self._chunks.pop(key))
        self._put(name, position, part)
        return part_text(shown) != part_text(part)

    def snapshot(self) -> RawItem:
        """Return the item as it stands, independent of later growth."""
        raw = dict(self.raw)
        for (name, position, text), chunks in self._chunks.items():
            if position < 0:
                raw[name] = "".join(chunks)
                continue
            if raw[name] is self.raw[name]:
                raw[name] = list(raw[name])
            raw[name][position] = {**raw[name][position], text: "".join(chunks)}
        return raw

    def _start(self, key: Key, kind: str) -> str:
        """Return what a text was before it grew, making a place for it."""
        name, position, text = key
        if position < 0:
            value = self.raw.get(name)
        else:
            part = self._at(name, position) or {"type": kind}
            self._put(name, position, part)
            value = part.get(text)
        return value if isinstance(value, str) else ""

    def _at(self, name: str, position: int) -> RawItem:
        parts = self.raw.get(name)
        part = parts[position] if isinstance(parts, list) and position < len(parts) else None
        return part if isinstance(part, dict) else {}

    def _put(self, name: str, position: int, part: RawItem) -> None:
        parts = self.raw.get(name)
        parts = list(parts) if isinstance(parts, list) else []
        parts += [{"type": part.get("type")} for _ in range(position - len(parts))]
        parts[position : position + 1] = [part]
        self.raw[name] = parts
