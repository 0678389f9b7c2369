"""Colouring lines of code: which part of a line has which role."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Run = tuple[str, str]
"""Text and the role it is drawn in (empty: plain code)."""

_LINE_LIMIT = 1000
_ROLES = (
    ("Comment", "comment"),
    ("Keyword", "keyword"),
    ("Name.Function", "name"),
    ("Name.Class", "name"),
    ("Name.Tag", "name"),
    ("Name.Attribute", "keyword"),
    ("Name.Builtin", "name"),
    ("Name.Decorator", "name"),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Operator.Word", "keyword"),
    ("Operator", "operator"),
    ("Generic.Deleted", "error"),
    ("Generic.Inserted", "done"),
    ("Generic.Heading", "heading"),
    ("Generic.Subheading", "name"),
    ("Generic.Prompt", "comment"),
)


@lru_cache(maxsize=256)
def colour(lines: tuple[str, ...], language: str) -> tuple[tuple[Run, ...], ...]:
    """Return the runs of each line; a language nobody knows is left plain."""
    lexer = _lexer(language.lower()) if language else None
    if lexer is None or any(len(line) > _LINE_LIMIT for line in lines):
        return tuple(((line, ""),) for line in lines)
    result: list[list[Run]] = [[]]
    for token, text in lexer.get_tokens("\n".join(lines)):
        role = _role(token)
        first, *rest = text.split("\n")
        _add(result[-1], first, role)
        for part in rest:
            result.append([])
            _add(result[-1], part, role)
    del result[len(lines) :]
    if [_text(runs) for runs in result] != list(lines):
        return tuple(((line, ""),) for line in lines)
    return tuple(map(tuple, result))


def _text(runs: list[Run]) -> str:
    return "".join(text for text, _ in runs)


def _add(line: list[Run], text: str, role: str) -> None:
    if not text:
        return
    if line and line[-1][1] == role:
        line[-1] = (line[-1][0] + text, role)
    else:
        line.append((text, role))


@cache
def _role(token: Any) -> str:
    name = str(token).removeprefix("Token.")
    return next((role for start, role in _ROLES if name.startswith(start)), "")


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415 - loaded when first needed
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return get_lexer_by_name(language, stripnl=False, stripall=False, ensurenl=True)
    except ClassNotFound:
        return None
