"""Text that arrives in pieces, made visible without breaking what belongs together."""

from __future__ import annotations

from chat_tui.items import visible

_MEMORY = 64
"""Characters that what comes next may belong to: more than the longest emoji."""
_UNFINISHED = ("\r", "\u200c", "\u200d")


class Stream:
    """Collects deltas; ``take`` hands out what has come, cleaned as the whole would be."""

    def __init__(self) -> None:
        self._deltas: list[str] = []
        self._before = ""

    def add(self, delta: str) -> None:
        """Take one more delta as it came."""
        self._deltas.append(delta)

    def take(self) -> str:
        """Return what has come since, as visible text; its last character may have to wait."""
        text = "".join(self._deltas)
        self._deltas = []
        if text.endswith(_UNFINISHED) or "\ud800" <= text[-1:] <= "\udbff":
            self._deltas = [text[-1]]
            text = text[:-1]
        if not text:
            return ""
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        before = self._before
        clean = visible(before + text)
        self._before = clean[-_MEMORY:]
        return clean[len(visible(before)) :]
