"""Texts of the demo upstream: varied Markdown of a wanted length, and its reasoning paragraphs.

The same length always gives the same text.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from chat_tui.server.tokens import BYTES_PER_TOKEN, size, tokens_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
from functools import partial

_SUBJECTS = """the harbour|a small library|the night train|an old compiler|the mountain hut|
a paper map|the kitchen garden|a slow river|the clock tower|an unread letter|the test suite|
a patient teacher|the winter market|a borrowed bicycle|the last ferry|a quiet server""".replace(
    "\n", ""
).split("|")
_VERBS = """keeps|remembers|outlives|explains|measures|borrows|repairs|follows|answers|
carries|redraws|counts""".replace("\n", "").split("|")
_OBJECTS = """every promise made in spring|the shape of the valley|what nobody wrote down|
a list of small repairs|the distance between two stations|more questions than it was asked|
the names of passing ships|a habit of finishing early|the weight of a single page|
both halves of the argument|the rhythm of the day|what was left on the table""".replace(
    "\n", ""
).split("|")
_ASIDES = """in most years|without much noise|as the neighbours say|before breakfast|
against all advice|one line at a time|on a good day|within `O(log n)` steps""".replace(
    "\n", ""
).split("|")
_OTHER_SCRIPTS = (
    "静かな図書館で、古い地図をゆっくり読みました。明日は雨でしょう。",
    "我们沿着河边走到旧桥，然后数了数经过的船。",
    "작은 서점은 저녁마다 불을 켜 둡니다.",
    "Пароход уходит в полночь, и никто не спешит домой.",
    "في المكتبة القديمة خريطة لا يقرؤها أحد.",
    "Déjà vu à Zürich: señor Łukasz trinkt Kaffee, naïvely.",
)
_EMOJI = ("🚂 🗺️ ☕", "👩‍💻 👨‍👩‍👧 🏳️‍🌈", "✅ ⚠️ ❌", "🇯🇵 🇧🇷 🇳🇴", "👍🏽 🤷🏻‍♀️ 🧑‍🚀")
_CODE = {
    "python": '''\
def fibonacci(n: int) -> int:
    """Return the n-th number, counting from zero."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a  # grows quickly
''',
    "rust": """\
fn longest<'a>(left: &'a str, right: &'a str) -> &'a str {
    if left.len() >= right.len() { left } else { right }
}
""",
    "typescript": """\
type Stop = { name: string; minutes: number };

export const total = (stops: Stop[]): number =>
  stops.reduce((sum, stop) => sum + stop.minutes, 0);
""",
    "sql": """\
SELECT station, count(*) AS trains
FROM departures
WHERE day = 'monday'
GROUP BY station
ORDER BY trains DESC;
""",
    "bash": """\
for file in *.md; do
  wc -w "$file" | sort -n
done
""",
    "json": """\
{
  "stop": "harbour",
  "minutes": [3, 18, 33],
  "ferry": null
}
""",
    "diff": """\
-    speed = 40
+    speed = 60  # tested
     return speed
""",
    "": "plain text in a fence, with  two  spaces\n\tand a tab\n",
}
_LINKS = (
    "[the timetable](https://example.org/timetable?day=monday)",
    "[an RFC](https://www.rfc-editor.org/rfc/rfc2324)",
    "<https://example.com/a_(bracketed)_path>",
)

Random = random.Random


def _sentence(rng: Random) -> str:
    subject, verb = rng.choice(_SUBJECTS), rng.choice(_VERBS)
    words = f"{subject} {verb} {rng.choice(_OBJECTS)}"
    if rng.random() < 0.2:
        words = words.replace(verb, f"*{verb}*", 1)
    elif rng.random() < 0.2:
        words = f"{words} and **{rng.choice(_OBJECTS)}**"
    if rng.random() < 0.35:
        words = f"{rng.choice(_ASIDES)}, {words}"
    return f"{words[0].upper()}{words[1:]}."


def _paragraph(rng: Random) -> str:
    return " ".join(_sentence(rng) for _ in range(rng.randint(2, 5)))


def _heading(rng: Random) -> str:
    title = f"{rng.choice(_SUBJECTS)} and {rng.choice(_SUBJECTS)}"
    return f"{'#' * rng.randint(2, 4)} {title[0].upper()}{title[1:]}"


def _nested_list(rng: Random) -> str:
    lines = []
    for number in range(1, rng.randint(3, 5)):
        lines.append(f"{number}. {_sentence(rng)}")
        for _ in range(rng.randint(0, 2)):
            lines.append(f"   - {_sentence(rng)}")
            if rng.random() < 0.4:
                lines.append(f"     - {rng.choice(_OBJECTS)}")
    return "\n".join(lines)


def _bullets(rng: Random) -> str:
    return "\n".join(f"- {_sentence(rng)}" for _ in range(rng.randint(3, 6)))


def _tasks(rng: Random) -> str:
    return "\n".join(
        f"- [{rng.choice(' x')}] {rng.choice(_VERBS)} {rng.choice(_OBJECTS)}" for _ in range(4)
    )


def _table(rng: Random) -> str:
    rows = ["| Stop | Minutes | What it keeps |", "|:-----|--------:|:-------------:|"]
    rows.extend(
        f"| {rng.choice(_SUBJECTS)} | {rng.randint(1, 999)} | {rng.choice(_OBJECTS)} |"
        for _ in range(rng.randint(3, 6))
    )
    return "\n".join(rows)


def _code(language: str, _rng: Random) -> str:
    return f"```{language}\n{_CODE[language]}```"


def _quote(rng: Random) -> str:
    return f"> {_sentence(rng)}\n>\n> {_sentence(rng)}"


def _links(rng: Random) -> str:
    return f"{_sentence(rng)} See {rng.choice(_LINKS)} and {rng.choice(_LINKS)}."


def _scripts(rng: Random) -> str:
    return f"{rng.choice(_OTHER_SCRIPTS)} {rng.choice(_EMOJI)} {rng.choice(_OTHER_SCRIPTS)}"


def _rule(_rng: Random) -> str:
    return "---"


_BLOCKS: tuple[Callable[[Random], str], ...] = (
    _heading,
    _paragraph,
    _bullets,
    partial(_code, "python"),
    _heading,
    _nested_list,
    _scripts,
    _table,
    partial(_code, "rust"),
    _heading,
    _quote,
    _tasks,
    partial(_code, "sql"),
    _links,
    _paragraph,
    partial(_code, "bash"),
    _rule,
    _heading,
    _nested_list,
    partial(_code, "typescript"),
    _paragraph,
    partial(_code, "json"),
    _scripts,
    _table,
    partial(_code, "diff"),
    _quote,
    partial(_code, ""),
)
"""The order of blocks in a long text, begun again at its end."""


def markdown(tokens: int) -> Iterator[str]:
    """Yield about so many tokens of Markdown, block by block; blocks are never cut."""
    rng = random.Random(tokens)  # noqa: S311 repeatable on purpose
    wanted = tokens * BYTES_PER_TOKEN
    block = "# A text of the demo upstream"
    written, number = 0, 0
    while written < wanted:
        if written + size(block) > wanted + 2 * BYTES_PER_TOKEN:
            block = _filler(rng, wanted - written)
        yield block
        written += size(block)
        block = f"\n\n{_BLOCKS[number % len(_BLOCKS)](rng)}"
        number += 1


def _filler(rng: Random, wanted: int) -> str:
    words: list[str] = []
    length = 2
    while length < wanted:
        for word in _sentence(rng).split():
            if length >= wanted:
                break
            words.append(word)
            length += size(word) + 1
    return "\n\n" + " ".join(words)


def reasoning(paragraphs: int) -> list[str]:
    """Return so many paragraphs of a reasoning summary."""
    rng = random.Random(paragraphs)  # noqa: S311 repeatable on purpose
    return [f"**Step {number}.** {_paragraph(rng)}" for number in range(1, paragraphs + 1)]


_DELTA = re.compile(r"\s?[A-Za-z]{1,8}|\s?\d{1,3}|\s?[^\w\s]{1,3}|\s+|.", re.DOTALL)


def deltas(text: str) -> Iterator[str]:
    """Cut a text into pieces about a token long, as a model would send them."""
    return (match.group() for match in _DELTA.finditer(text))


def prefix(text: str, tokens: int) -> str:
    """Return the beginning of a text that counts at most so many tokens."""
    if tokens_of(size(text)) <= tokens:
        return text
    return text.encode("utf-8")[: tokens * BYTES_PER_TOKEN].decode("utf-8", "ignore")
