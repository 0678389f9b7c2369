"""A document as one HTML page: no scripts, nothing loaded from elsewhere, every text escaped. Pure.

What a model wrote is rendered as Markdown without HTML and without images; all else is shown as it
is. The page forbids itself to run or fetch anything, should a browser see more in it than we do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from chat_tui.items import visible_line
from chat_tui.moving.document import Document
from chat_tui.moving.sections import Block, Section, Style, front, sections, title_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CSS = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fdfdfb; --dim: #62676e;
  --line: #dcdcd6; --you: #eef3fb; --code: #f3f3ee; --link: #0b57b0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e4df; --paper: #16181b; --dim: #9aa0a8;
  --line: #33373d; --you: #1c2735; --code: #1f2226; --link: #8ab8f5; } }
body { font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } section { border-top: 1px solid var(--line); padding: .4rem 0; }
section > h2 { font-size: 1rem; margin: .4rem 0; } .facts, dt, .dim { color: var(--dim); }
.facts { font-weight: normal; font-size: .85rem; margin-left: .6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; font-size: .9rem; }
dd { margin: 0; overflow-wrap: anywhere; } a { color: var(--link); }
.user { background: var(--you); padding: .4rem .8rem; border-radius: .4rem; }
.plain { white-space: pre-wrap; overflow-wrap: anywhere; }
.markdown { overflow-wrap: anywhere; } .reasoning { color: var(--dim); }
pre { background: var(--code); padding: .6rem .8rem; border-radius: .4rem; overflow-x: auto; }
table { border-collapse: collapse; } td, th { border: 1px solid var(--line); padding: .2rem .5rem; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 1rem; }
@media print { body { max-width: none; } pre { white-space: pre-wrap; } }
"""


def page(document: Document) -> str:
    """Return the page."""
    title = escape(title_of(document))
    parts = [
        "<!DOCTYPE html>",
        '<html lang="">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title>",
        f"<style>{_CSS}</style>",
        "</head>",
        "<body>",
        f"<h1>{title}</h1>",
        "<dl>",
        *_front(document),
        "</dl>",
        *(f'<p class="dim">{escape(visible_line(note))}</p>' for note in document.notes),
    ]
    for section in sections(document):
        parts += _section(section)
    return "\n".join([*parts, "</body>", "</html>", ""])


def _front(document: Document) -> Iterator[str]:
    for name, value in front(document).items():
        if name == "title":
            continue
        shown = value
        if isinstance(value, Mapping):
            shown = ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in value.items())
        yield f"<dt>{escape(name)}</dt><dd>{escape(str(shown))}</dd>"


def _section(section: Section) -> Iterator[str]:
    yield f'<section class="{section.kind}">'
    facts = escape(" · ".join(section.facts))
    facts = f'<span class="facts">{facts}</span>' if facts else ""
    yield f"<h2>{escape(section.heading)}{facts}</h2>"
    yield from map(_block, section.blocks)
    yield "</section>"


def _block(block: Block) -> str:
    if block.style is Style.CODE:
        return f"<pre><code>{escape(block.text)}</code></pre>"
    if block.style is Style.PLAIN:
        return f'<div class="plain">{escape(block.text)}</div>'
    rendered: str = _renderer().render(block.text)
    return f'<div class="markdown">{rendered}</div>'


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only a page needs it

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    renderer.validateLink = _may_open  # type: ignore[method-assign]
    return renderer


def _may_open(url: str) -> bool:
    return url.strip().lower().startswith(("http://", "https://", "mailto:"))
