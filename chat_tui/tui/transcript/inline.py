"""Inline Markdown as flat spans of text with a look; blocks and line breaking live elsewhere."""

from __future__ import annotations

import re
from enum import IntFlag
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chat_tui.items import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token


class Look(IntFlag):
    """How a span is set off from the text around it; looks combine."""

    NONE = 0
    STRONG = 1
    EMPHASIS = 2
    STRUCK = 4
    CODE = 8
    LINK = 16
    TARGET = 32
    MATH = 64
    IMAGE = 128


class Span(NamedTuple):
    """A run of text with one look."""

    text: str
    look: Look = Look.NONE
    link: str = ""
    """Where it leads when opened: http, https or mailto, or nothing."""
    found: tuple[int, ...] = ()
    """The numbers of the matches of a search it belongs to."""


Refs = tuple[tuple[str, str], ...]
"""What labels stand for: their keys and targets, in order."""
LINKS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_TRAILING = ".,;:!?'\"*_~)]}"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_TARGET_LIMIT = 60
_OPENS = {
    "strong_open": Look.STRONG,
    "em_open": Look.EMPHASIS,
    "s_open": Look.STRUCK,
}
_CLOSES = {name.replace("open", "close"): look for name, look in _OPENS.items()}


@lru_cache(maxsize=1024)
def spans(source: str, refs: Refs = ()) -> tuple[Span, ...]:
    """Return inline Markdown as spans; a newline is a break of the line."""
    if not _SPECIAL.search(source):
        return plain(source)
    tokens = _parser().parseInline(source, {"references": _targets(refs)})
    found = _Reader().read(tokens[0].children or [])
    return tuple(span for span in found if span.text)


def _targets(refs: Refs) -> dict[str, dict[str, str]]:
    """Return what labels stand for as the parser wants it, without what it would not open."""
    from markdown_it.common.utils import unescapeAll  # noqa: PLC0415

    parser = _parser()
    targets = ((name, parser.normalizeLink(unescapeAll(target))) for name, target in refs)
    return {
        name: {"href": href, "title": ""} for name, href in targets if parser.validateLink(href)
    }


_SPECIAL = re.compile(r"[\\`*_~\[\]!<&$]")


def plain(source: str) -> tuple[Span, ...]:
    """Return text as spans: nothing is markup, but addresses are links."""
    if ":" not in source:
        return (Span(source),) if source else ()
    found: list[Span] = []
    at = 0
    for match in LINKS.finditer(source):
        url = _trimmed(match[0])
        if match.start() > at:
            found.append(Span(source[at : match.start()]))
        found.append(Span(url, Look.LINK, safe_link(url)))
        at = match.start() + len(url)
    if at < len(source):
        found.append(Span(source[at:]))
    return tuple(found)


def safe_link(url: str) -> str:
    """Return an address that may be opened on request, or nothing."""
    clean = url == visible(url) and not any(char.isspace() for char in url)
    return url if clean and LINKS.match(url) else ""


def _trimmed(url: str) -> str:
    """Return an address without the punctuation of the sentence around it."""
    while url and url[-1] in _TRAILING:
        opening = _PAIRS.get(url[-1])
        if opening and url.count(opening) >= url.count(url[-1]):
            break
        url = url[:-1]
    return url


class _Reader:
    """Turns inline tokens into spans."""

    def __init__(self) -> None:
        self._found: list[Span] = []
        self._look = Look.NONE
        self._links: list[tuple[str, int]] = []

    def read(self, tokens: list[Token]) -> list[Span]:
        for token in tokens:
            self._token(token)
        return self._found

    def _token(self, token: Token) -> None:
        kind = token.type
        if kind in _OPENS:
            self._look |= _OPENS[kind]
        elif kind in _CLOSES:
            self._look &= ~_CLOSES[kind]
        elif kind == "link_open":
            self._links.append((visible(str(token.attrs.get("href", ""))), len(self._found)))
        elif kind == "link_close":
            self._close_link()
        elif kind in ("softbreak", "hardbreak"):
            self._add("\n")
        elif kind == "image":
            self._image(token)
        else:
            self._text(kind, visible(token.content))

    def _text(self, kind: str, text: str) -> None:
        if kind == "code_inline":
            self._add(text, Look.CODE)
        elif kind == "footnote":
            self._add(text, Look.TARGET)
        elif kind == "math":
            self._add(text, Look.MATH)
        elif self._links:
            self._add(text, Look.LINK)
        else:
            for span in plain(text):
                self._add(span.text, span.look, span.link)

    def _add(self, text: str, look: Look = Look.NONE, link: str = "") -> None:
        if self._links:
            link = safe_link(self._links[-1][0])
        self._found.append(Span(text, self._look | look, link))

    def _close_link(self) -> None:
        href, start = self._links.pop()
        words = "".join(span.text for span in self._found[start:])
        if href and words not in (href, href.removeprefix("mailto:")):
            self._found.append(Span(f" ({shortened(href)})", Look.TARGET, safe_link(href)))

    def _image(self, token: Token) -> None:
        href = visible(str(token.attrs.get("src", "")))
        self._add(f"[image: {visible(token.content) or 'untitled'}]", Look.IMAGE, safe_link(href))
        if href:
            self._add(f" ({shortened(href)})", Look.TARGET, safe_link(href))


def shortened(target: str) -> str:
    """Return a link's target, its middle left out with a sign when it is long."""
    if target.startswith("data:"):
        return "inline data"
    if len(target) <= _TARGET_LIMIT:
        return target
    return f"{target[: _TARGET_LIMIT - 16]}…{target[-15:]}"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loaded when first needed, not at start

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    parser.enable("strikethrough").disable("html_inline")
    parser.inline.ruler.before("escape", "math", _math)
    parser.inline.ruler.before("link", "footnote", _footnote)
    return parser


_MATH = re.compile(
    r"\$\$.+?\$\$|\$(?![\s$])(?:[^$\\\n]|\\.)+?(?<!\s)\$(?!\d)|\\\(.+?\\\)", re.DOTALL
)


def _math(state: StateInline, silent: bool) -> bool:
    """Keep a formula as it is written."""
    if state.src[state.pos] not in "$\\":
        return False
    match = _MATH.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("math", "", 0).content = match[0]
    state.pos = match.end()
    return True


_FOOTNOTE = re.compile(r"\[\^[^\]\s\[]+\](?![(\[])")


def _footnote(state: StateInline, silent: bool) -> bool:
    """Keep the mark of a footnote as it is written."""
    if state.src[state.pos] != "[":
        return False
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("footnote", "", 0).content = match[0]
    state.pos = match.end()
    return True
