"""Draws ``screenshots/markdown``, all of Markdown, and ``screenshots/items``, all kinds of items.

``python -m tests.gallery`` writes the pictures, at several widths, dark and light;
``tests/tui/test_gallery.py`` checks that what is committed is what the program draws now.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from html import unescape
from typing import Any

from rich.cells import cell_len
from textual.app import App, ComposeResult

from chat_tui.items import Place, Record
from chat_tui.tui.theme import THEMES, variables
from chat_tui.tui.transcript.transcript import Transcript
from tests.screenshots import FOLDER, NOW, fixed
from tests.tui.transcript.corpus import message

HEIGHTS = {
    "markdown": {60: 175, 80: 158, 120: 149, 200: 149},
    "items": {80: 77, 120: 77},
}
"""Lines that hold the whole gallery, by folder and width."""

TEXT = """\
# Heading one

A paragraph with **strong**, *emphasised*, ***both***, ~~struck~~ and `inline code`, a
[link with words](https://example.org/a/page), a bare one (https://example.org/bare) and an
image: ![a cat on a keyboard](https://example.org/cat.png). A line that is broken \\
by hand, &amp; an entity, and a [link][1] by reference, with a footnote.[^1]

[1]: https://example.org/reference
[^1]: What stands below its mark, and may be
    longer than a line.

## Heading two

- A list
  - in a list, whose text is long enough to be wrapped in every one of the pictures, so that \
one sees where the second line begins
    - in a list
- [ ] a task
- [x] a task that is done

3. Three
4. Four
   1. Four point one

### Heading three

> A quote with a list:
> - one
> - two
>
> > A quote in a quote.

| Left | Right | Centred | Long |
|:---|---:|:---:|---|
| `a` | 1 | yes | Words that need more room than a narrow pane has, so they are wrapped |
| **b** | 22,000 | no | 短い |
| 表 | 333 | maybe | A [link](https://example.org) |

| Place | Spring | Summer | Autumn | Winter | Getting there | Open | Remarks |
|---|---|---|---|---|---|---|---:|
| Garden | plum | iris | maple | snow | tram, then on foot | daily | 4.5 |
| Harbour | gulls | swimming | fog | closed | ferry | weekends | 3 |

```python
@cache
def fold(text: str, width: int = 80) -> list[str]:
    \"\"\"Return the lines of a text.\"\"\"
    # A line that is too long for most of the pictures, so that it is folded with a sign at its end.
    return [text[at : at + width] for at in range(0, len(text), width)]
```

```diff
- the old line
+ the new line
```

    indented code

---

#### Heading four

Inline $e^{i\\pi} + 1 = 0$ and in a block of its own:

$$
\\int_0^\\infty e^{-x^2} dx = \\frac{\\sqrt{\\pi}}{2}
$$

<details>
<summary>HTML is shown as it is</summary>
</details>

日本語の文章は、幅の狭い画面でも正しく折り返されなければなりません。句読点は行頭に来ません。
한국어 텍스트와 中文文本 mixed with English. Emoji: 👩‍👩‍👧 👍🏽 🏳️‍🌈 ❤️ 🇯🇵. Combining: é ñ ạ̈. \
Arabic مرحبا بالعالم and Hebrew שלום עולם."""

ITEMS: list[Record] = [
    Record(message("system", "Answer briefly."), at=None),
    Record(message("user", "Show me *everything*, as I typed it:\n\n```sh\nls -la | wc\n```")),
    Record(
        {
            "type": "reasoning",
            "summary": [
                {"type": "summary_text", "text": "**What is asked** and *what not*\n\nAll."}
            ],
        }
    ),
    Record(
        {
            "type": "function_call",
            "call_id": "c1",
            "name": "search_hotels",
            "arguments": '{"city": "Kyoto", "max": 3}',
        }
    ),
    Record(
        {
            "type": "function_call_output",
            "call_id": "c1",
            "output": '{"hotels": [{"name": "Yachiyo", "price": 24000, "free": true}]}',
        }
    ),
    Record({"type": "web_search_call", "status": "completed", "action": {"query": "quiet ryokan"}}),
    Record(
        {
            "type": "mcp_call",
            "server_label": "maps",
            "name": "route",
            "arguments": '{"to": "Kyoto"}',
            "error": {"type": "http_error", "code": 502},
        }
    ),
    Record({"type": "compaction", "encrypted_content": "x" * 4200}),
    Record(message("assistant", TEXT, status="completed"), model="demo"),
    Record(message("user", "And off the record?"), Place.PRIVATE),
    Record(message("assistant", "Nobody keeps this."), Place.PRIVATE),
    Record(
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "With its sources.",
                    "annotations": [
                        {"type": "url_citation", "url": "https://example.org", "title": "A guide"},
                        {"type": "file_citation", "file_id": "file-1", "filename": "notes.pdf"},
                    ],
                }
            ],
        }
    ),
    Record(
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "I will not."}],
        }
    ),
    Record(message("assistant", "Stopped in the mid", status="incomplete"), Place.STOPPED),
    Record({"type": "quantum_call", "qubits": [0, 1], "state": {"up": True}}),
    Record(message("user", "Sent, not answered yet."), Place.PENDING),
]

KINDS: list[Record] = [
    Record(message("developer", "Answer briefly."), at=NOW),
    Record(message("user", "Which of them is quiet?"), at=NOW),
    Record(
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "**Weighing** the three\n\nA bus stop."}],
        },
        at=NOW,
    ),
    Record({"type": "reasoning", "encrypted_content": "x" * 2100}, at=NOW),
    *ITEMS[3:7],
    Record(
        {
            "type": "function_call",
            "call_id": "c2",
            "name": "hold_room",
            "arguments": '{"ryokan": "Genji"}',
        },
        at=NOW,
    ),
    Record({"type": "function_call_output", "call_id": "c2", "output": "held until 18:00"}),
    Record({"type": "function_call_output", "call_id": "c9", "output": "nobody asked"}),
    Record(
        {
            "type": "mcp_approval_request",
            "server_label": "maps",
            "name": "share",
            "arguments": '{"with": "everyone"}',
        }
    ),
    Record({"type": "mcp_approval_response", "approve": False, "reason": "not with everyone"}),
    Record(message("assistant", "*Genji* is.", status="completed"), model="demo", at=NOW),
    *ITEMS[7:8],
    Record(message("user", "From the chain only."), Place.CHAIN, at=NOW),
    *ITEMS[9:14],
    Record(message("assistant", "Cut at the most tok", status="incomplete"), model="demo", at=NOW),
    *ITEMS[14:],
]


_RUN = re.compile(r'(textLength=")([0-9.]+)("[^>]*>)([^<]+)')


def widened(svg: str) -> str:
    """Return a picture whose wide characters take the two cells they have in a terminal."""

    def run(found: re.Match[str]) -> str:
        before, length, between, text = found.groups()
        shown = unescape(text)
        cells = cell_len(shown)
        if cells == len(shown):
            return found[0]
        return f"{before}{float(length) / len(shown) * cells:.1f}{between}{text}"

    return _RUN.sub(run, svg)


class Gallery(App[None]):
    """Nothing but a transcript, in our colours."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        for ours in THEMES:
            self.register_theme(ours)
        self.theme = theme

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(self.current_theme)

    def compose(self) -> ComposeResult:
        yield Transcript()


def pictures() -> dict[str, tuple[str, str, int]]:
    """Return folder, theme and width by name."""
    sides = (("dark", "dusk"), ("light", "paper"))
    return {
        f"{folder}/{side}-{width}": (folder, theme, width)
        for folder, widths in HEIGHTS.items()
        for side, theme in sides
        for width in widths
    }


async def picture(name: str) -> str:
    """Return the named picture as SVG."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    folder, theme, width = pictures()[name]
    app = Gallery(theme)
    async with app.run_test(size=(width, HEIGHTS[folder][width])) as pilot:
        pane: Any = app.query_one(Transcript)
        if folder == "markdown":
            show_markdown(pane)
        else:
            pane.show(KINDS, older=False, at_end=False)
            pane.cursor = next(record.ref for record in KINDS if record.model)
        pane.focus()
        await pilot.pause()
        if not pane._view.at_end:
            raise RuntimeError(f"{name}: the gallery needs {pane._document.heights.total} lines")
        title = {"markdown": "Markdown", "items": "Kinds of items"}[folder]
        return widened(fixed(app.export_screenshot(title=f"{title} at {width} columns")))


def show_markdown(pane: Any) -> None:
    """Fill a transcript with everything, what is folded opened."""
    pane.show(ITEMS, older=False, at_end=False)
    for record in ITEMS:
        if record.item.type in ("reasoning", "mcp_call"):
            pane.cursor = record.ref
            pane.action_toggle_open()
    pane.cursor = ITEMS[1].ref


def main() -> None:
    """Write every picture."""
    for name in pictures():
        path = FOLDER / f"{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(asyncio.run(picture(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
