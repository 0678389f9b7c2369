"""A document as a Markdown transcript in which no text of an item can pass for its structure.

What people and models wrote stands in block quotes where it is Markdown that keeps to itself, else
in a code block; whatever tools said stands in code blocks. Pure.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from chat_tui.items import visible_line
from chat_tui.moving.document import Document
from chat_tui.moving.fences import escaped, fenced
from chat_tui.moving.sections import Block, Section, Style, front, sections, title_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def markdown(document: Document) -> str:
    """Return the transcript, with the facts as YAML in front."""
    parts = [_front(document), f"# {escaped(title_of(document))}"]
    parts += [f"*{escaped(visible_line(note))}*" for note in document.notes]
    for section in sections(document):
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _front(document: Document) -> str:
    """Return the facts as YAML, of which JSON's strings and objects are a part."""
    lines = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in front(document).items()
    ]
    return "\n".join(["---", *lines, "---"])


def _section(section: Section) -> list[str]:
    parts = [f"## {escaped(section.heading)}"]
    if section.facts:
        parts.append(f"*{escaped(' · '.join(section.facts))}*")
    return [*parts, *map(_block, section.blocks)]


def _block(block: Block) -> str:
    if block.style is Style.CODE:
        return fenced(block.text, block.language)
    if not _keeps_to_itself(block.text):
        return fenced(block.text, "markdown" if block.style is Style.MARKDOWN else "text")
    return "\n".join(f"> {line}" if line else ">" for line in block.text.split("\n"))


def _keeps_to_itself(text: str) -> bool:
    """Whether text in a block quote leaves what follows alone, whoever renders it.

    HTML reaches as far as it likes, and the target of a reference or a footnote holds for the
    whole file.
    """
    if "<" not in text and "]:" not in text:
        return True
    if "[^" in text:
        return False
    env: dict[str, object] = {}
    tokens = _parser().parse(text, env)
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or ()}
    return not env.get("references") and kinds.isdisjoint(("html_block", "html_inline"))


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only transcripts with HTML need it

    return MarkdownIt("commonmark")
