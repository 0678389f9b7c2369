"""A person before `chat-tui`: what one does there, in one's own words."""

from __future__ import annotations

import re

from tests.support.terminal import Terminal

_CLOCK = re.compile(r"\b\d\d:\d\d\b")


class Program(Terminal):
    """The program in a terminal. Its answers come from the demo upstream."""

    def ready(self) -> None:
        """Wait until a conversation is open."""
        self.wait_until(
            lambda text: bool(re.search(r"· (compact|cmp) ", text.rsplit("\n", 1)[-1])),
            "the status line",
        )

    def reading(self, text: str) -> str:
        """Return the list, then the middle, then the inspector: a sentence wraps within a pane."""
        panes: tuple[list[str], list[str], list[str]] = ([], [], [])
        for line in text.split("\n"):
            left, rail, rest = line.partition("▕")
            middle, _, right = (rest if rail else left).partition("▏")
            for pane, part in zip(panes, (left if rail else "", middle, right), strict=True):
                pane.append(part)
        return "\n".join(line for pane in panes for line in pane)

    def say(self, text: str) -> None:
        """Type a message and send it."""
        self.type(text)
        self.press("enter")

    def ask(self, prompt: str, answer: str) -> None:
        """Send a message and wait for the end of the answer; ``answer`` is not in ``prompt``."""
        self.say(prompt)
        self.wait_for(answer)
        self.wait_gone("answering")

    def rename(self, title: str) -> None:
        """Give the open conversation another title."""
        self.press("f2")
        self.wait_for("Rename the conversation")
        # Textual acts on ctrl+u later than on the characters that follow it at once.
        self.press("ctrl+u")
        self.wait_until(lambda text: not self._field(text), "the field is empty")
        self.type(title)
        self.press("enter")
        self.wait_gone("Rename the conversation")

    def to_composer(self) -> None:
        """Go back to where one writes."""
        self.press("escape")
        self.wait_for("enter send")

    @staticmethod
    def _field(text: str) -> str:
        """Return what stands in the input field of a dialog."""
        found = re.findall(r"▊ (.*?) ▎", text)
        return " ".join(found).strip()

    def transcript(self) -> list[str]:
        """Return the lines between list and inspector, without times, which only we know."""
        middle = (line.partition("▕")[2] or line for line in self.text().split("\n")[1:])
        lines = [" ".join(_CLOCK.sub("", line.partition("▏")[0]).split()) for line in middle]
        composer = next(n for n, line in enumerate(lines) if line[:1] in ("╭", "┏"))
        return [line for line in lines[:composer] if line]

    def leave(self) -> int:
        """Quit and return the exit code."""
        self.press("ctrl+q")
        return self.wait_end()
