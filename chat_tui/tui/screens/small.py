"""What covers everything while the terminal is too small; no key but quitting works under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult


class TooSmallScreen(ModalScreen[None]):
    """Says how large the terminal must be; gone as soon as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q,ctrl+c", "app.quit", show=False)]
    DEFAULT_CSS = """
    TooSmallScreen { background: $background; & > Static { padding: 1 2; height: auto; } }
    """

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        """Lay out the sentence."""
        yield Static(Content(self._sentence))

    def say(self, sentence: str) -> None:
        """Say it anew: the size changed, but not by enough."""
        self._sentence = sentence
        self.query_one(Static).update(Content(sentence))
