"""Draws ``screenshots/`` from the running program: real server, real turns, fixed times and ids.

``python -m tests.screenshots`` writes them; ``tests/tui/test_screenshots.py`` checks that what is
committed is what the program draws now.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from openai import OpenAI

from chat_tui.config import Settings
from chat_tui.controller import Launch
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened

FOLDER = Path(__file__).parent.parent / "screenshots"
NOW = 1_790_000_000.0

QUESTION = "Find a quiet ryokan near the Philosopher's Path for three nights."
ANSWER = """\
Three that fit, all within ten minutes of the path:

| Ryokan | Nights free | Per night |
|---|---|---:|
| **Yachiyo** | 3–6 May | ¥24,000 |
| **Kikusui** | 4–7 May | ¥31,500 |
| **Genji** | 2–9 May | ¥22,800 |

*Genji* is the quietest: six rooms, a garden, no bus stop in sight. To watch its price:

```python
def cheapest(offers: list[Offer]) -> Offer:
    return min(offers, key=lambda offer: offer.price)
```

Shall I hold a room?"""

ITEMS: list[dict[str, object]] = [
    {"id": "msg_68a4e101", "role": "user", "content": QUESTION},
    {
        "id": "fc_68a4e102",
        "type": "function_call",
        "call_id": "call_77ab",
        "name": "search_hotels",
        "arguments": '{"city":"Kyoto","near":"Philosopher\'s Path","max":3}',
    },
    {
        "id": "fco_68a4e103",
        "type": "function_call_output",
        "call_id": "call_77ab",
        "output": '{"hotels":[{"name":"Yachiyo","price":24000},{"name":"Kikusui","price":31500},'
        '{"name":"Genji","price":22800}]}',
    },
    {"id": "msg_68a4e104", "type": "message", "role": "assistant", "content": ANSWER},
]
OTHERS = {
    "Invoice parser": 3_600,
    "Rust lifetimes, explained twice": 7_900,
    "Letter to the landlord": 90_000,
    "Sourdough timings": 190_000,
    "Regex for IBANs": 700_000,
    "Grüße an die Nachbarn": 1_300_000,
}


def seed(client: OpenAI) -> str:
    """Create the conversation the pictures show and return its id."""
    made = client.conversations.create(metadata={"title": "Trip to Kyoto", "topic": "travel"})
    client.conversations.items.create(made.id, items=ITEMS)  # type: ignore[arg-type]
    return made.id


async def fill_list(app: Opened) -> None:
    """Put other conversations into the list."""
    index = app.controller._library.index
    for title, age in OTHERS.items():
        row = await index.row(app.app.key)
        assert row is not None
        made = await index.create(
            replace(row, conversation_id=f"conv_{age}", title=title, updated_at=NOW - age)
        )
        assert made.key


def fixed(svg: str) -> str:
    """Return a picture without what differs between two runs: ids and Textual's class names.

    Nothing is fetched to show it either: fonts come from the reader's machine.
    """
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = re.sub(r"@font-face \{.*?\n    \}\n", "", svg, flags=re.DOTALL)

    return re.sub(r"(?<=conv_)[0-9a-f]+", lambda found: ("68a4e1" * 9)[: len(found[0])], svg)


async def draw(directory: Path, theme: str, size: tuple[int, int], *, private: bool) -> str:
    """Return one picture as SVG."""
    server = EmbeddedServer.start(directory)
    try:
        identifier = seed(server.openai())
        settings = replace(Settings(), profile="local", theme=theme)
        launch = Launch(target=identifier)
        async with opened(server, directory, size=size, launch=launch, settings=settings) as app:
            await fill_list(app)
            await app.send("echo Yes, please: *Genji*, 4–7 May. 🌸")
            if private:
                await app.pilot.press("f5")
                await app.until(lambda: app.app.view and not app.app.view.choices.store)
            await app.pilot.press("shift+tab")
            for _ in range(4):
                await app.pilot.press("k")
            await app.pilot.press("tab")
            await app.until(lambda: app.app.focused is app.app.composer)
            if app.app.inspector.display:
                await app.shows("fco_68a4e103")
            await app.pilot.pause()
            return fixed(app.app.export_screenshot(title="chat-tui"))
    finally:
        server.stop()


PICTURES = {
    "main-dark": ("dusk", (120, 40), False),
    "main-light": ("paper", (120, 40), False),
    "off-the-record": ("dusk", (120, 40), True),
    "small": ("dusk", (80, 24), False),
    "wide": ("dusk", (200, 50), False),
    "small-light": ("paper", (80, 24), False),
}


async def picture(name: str) -> str:
    """Return the named picture."""
    theme, size, private = PICTURES[name]
    os.environ["TZ"] = "UTC"
    time.tzset()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("chat_tui.items.time.time", return_value=NOW),
    ):
        return await draw(Path(folder), theme, size, private=private)


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(asyncio.run(picture(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
