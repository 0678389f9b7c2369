"""What the start of a Markdown line means; the blocks that lines open are in ``leaves``."""

from __future__ import annotations

import re

RULE = re.compile(r"(?:\*[ ]*){3,}$|(?:-[ ]*){3,}$|(?:_[ ]*){3,}$")
ITEM = re.compile(r"([-+*]|(\d{1,9})[.)])(?= |$)")
HEADING = re.compile(r"(#{1,6})(?: |$)")
FOOTNOTE = re.compile(r"(\[\^[^\]\s\[]{1,40}\]): *")
FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
SETEXT = re.compile(r"(?:=+|-+) *$")
DELIMITER = re.compile(r"\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$")
MATH = re.compile(r"\$\$|\\\[")
MATH_END = {"$$": "$$", "\\[": "\\]"}
_HTML_BLOCKS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|"
    "dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|"
    "header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|"
    "param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul"
)
_HTML = (
    (
        re.compile(r"<(?:script|pre|style|textarea)(?:[\s>]|$)", re.IGNORECASE),
        re.compile(r"</\w+>"),
    ),
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(rf"</?(?:{_HTML_BLOCKS})(?:\s|/?>|$)", re.IGNORECASE), None),
)
_LONE_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>]*)?/?>\s*$")


def interrupts(body: str) -> bool:
    """Whether a line (without indentation) starts a block that ends a table."""
    return bool(
        body.startswith(">")
        or HEADING.match(body)
        or FENCE.match(body)
        or RULE.match(body)
        or ITEM.match(body)
        or html(body, in_text=True)[0]
    )


def html(body: str, *, in_text: bool) -> tuple[bool, re.Pattern[str] | None]:
    """Return whether a line opens an HTML block, and what ends it (None: a blank line)."""
    if not body.startswith("<"):
        return False, None
    for start, end in _HTML:
        if start.match(body):
            return True, end
    return not in_text and _LONE_TAG.match(body) is not None, None


def cells(row: str) -> list[str]:
    """Cut a table row at its unescaped bars."""
    row = row.strip()
    row = row.removeprefix("|")
    found = [""]
    for part in re.split(r"(\\?\|)", row):
        if part == "|":
            found.append("")
        else:
            found[-1] += "|" if part == "\\|" else part
    if len(found) > 1 and not found[-1].strip():
        found.pop()
    return [cell.strip() for cell in found]


_QUOTES = re.compile(r'"""|\'\'\'|/\*|\*/|<!--|-->')
_ENDS = {'"""': '"""', "'''": "'''", "/*": "*/", "<!--": "-->"}


def ends_inside(line: str, inside: str) -> str:
    """Return the mark that closes the long quote or comment open at the end of ``line``."""
    for mark in _QUOTES.findall(line):
        inside = ("" if mark == inside else inside) if inside else _ENDS.get(mark, "")
    return inside
