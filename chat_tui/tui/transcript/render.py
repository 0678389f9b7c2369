"""Blocks drawn as strips of a given width; tables have their own module, entries theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chat_tui.tui.transcript import syntax, tables
from chat_tui.tui.transcript.inline import Look, Refs, Span, plain, safe_link, spans
from chat_tui.tui.transcript.leaves import Piece, Shape
from chat_tui.tui.transcript.palette import BOLD, ITALIC, Palette
from chat_tui.tui.transcript.references import definition
from chat_tui.tui.transcript.wording import META, Found, Marks, cut
from chat_tui.tui.transcript.wrap import Line, clipped, fold, wrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chat_tui.tui.transcript.blocks import Block, Box

QUOTE = "▎ "
CONTINUED = "↪ "
MEASURE = 100
"""Cells after which a line of prose is too long to read well."""
_WORD = re.compile(r"[A-Za-z0-9_]+\Z")
LEAST = 8
"""Cells a block keeps for itself, however deep it is nested."""


def draw(
    block: Block,
    width: int,
    palette: Palette,
    tone: str = "text",
    refs: Refs = (),
    *,
    query: str = "",
) -> list[list[Segment]]:
    """Return the lines of ``block``, each at most ``width`` cells.

    ``tone`` is the role plain text has, ``refs`` what the labels of links stand for. Where
    the folded ``query`` stands, the styles tell the number of the match (``wording.numbers``). The
    result depends on the arguments only.
    """
    lead = _Lead(block, width, palette)
    lines = _content(block.piece, width - lead.width, palette, tone, refs, marks=Marks(query))
    return lead.lines(lines, width)


def lines_about(block: Block, width: int) -> int:
    """Return roughly how many lines ``draw`` would give, without drawing."""
    piece = block.piece
    width = max(width - 2 * len(block.boxes), LEAST)
    if piece.shape is Shape.TABLE:
        return len(piece.rows) + block.gap + 2 * (not piece.joined)
    if piece.shape in (Shape.TEXT, Shape.HEADING):
        width = min(width, MEASURE)
    label = piece.shape is Shape.CODE and bool(piece.info) and not piece.joined
    return sum(len(line) // width + 1 for line in piece.lines or ("",)) + block.gap + label


class _Lead:
    """What stands left of a block: the bars of quotes and the markers of items."""

    def __init__(self, block: Block, width: int, palette: Palette) -> None:
        first: list[Segment] = []
        rest: list[Segment] = []
        above: list[Segment] = []
        used = 0
        for index, box in enumerate(block.boxes):
            marker, style = _marker(box, palette)
            size = cell_len(marker)
            if used + size > max(width - LEAST, width // 2):
                break
            used += size
            later = marker if not box.marker else " " * size
            shown = marker if index >= block.fresh or not box.marker else later
            first.append(Segment(shown, style))
            rest.append(Segment(later, style))
            if index < block.fresh:
                above.append(Segment(later, style))
        self.width = used
        self._first, self._rest, self._above, self._gap = first, rest, above, block.gap

    def lines(self, contents: Iterable[list[Segment]], width: int) -> list[list[Segment]]:
        """Return the whole lines."""
        result = [_fitted(self._above, width)] if self._gap else []
        lead = self._first
        for content in contents:
            result.append(_fitted(lead + content, width))
            lead = self._rest
        return result


def _marker(box: Box, palette: Palette) -> tuple[str, Style]:
    if not box.marker:
        return QUOTE, palette["rail"]
    if box.marker in "☐☑":
        return f" {box.marker} ", palette["done" if box.marker == "☑" else "muted"]
    return f"{box.marker:>2} ", palette["muted"]


def _fitted(line: list[Segment], width: int) -> list[Segment]:
    """Return the line, cut where odd combinations of characters made it too wide."""
    if sum(cell_len(segment.text) for segment in line) <= width:
        return line
    return list(Strip(line).crop(0, width))


def _content(
    piece: Piece, width: int, palette: Palette, tone: str, refs: Refs, *, marks: Marks
) -> list[list[Segment]]:
    if piece.shape in (Shape.CODE, Shape.DATA):
        return _code(piece, width, palette, marks)
    if piece.shape is Shape.TABLE:
        return tables.table(piece, width, palette, tone, refs, marks=marks)
    if piece.shape is Shape.HEADING:
        return _heading(piece, width, palette, refs, marks)
    if piece.shape is Shape.RULE:
        return [[Segment("─" * min(width, MEASURE), palette["faint"])]]
    if piece.shape in (Shape.HTML, Shape.MATH):
        style = palette["muted" if piece.shape is Shape.HTML else "math"]
        return _folded(piece, width, style, marks.find("\n".join(piece.lines)))
    if piece.shape is Shape.PLAIN:
        return _plain(piece, min(width, MEASURE), palette, tone, marks)
    measure = min(width, MEASURE)
    if piece.shape is Shape.NOTE:
        return styled(wrap(marks.on(_note(piece.lines[0])), measure), palette, "muted")
    text = marks.on(spans("\n".join(piece.lines), refs))
    return styled(wrap(text, measure), palette, tone)


def _folded(piece: Piece, width: int, style: Style, found: Sequence[Found]) -> list[list[Segment]]:
    """Draw lines as they are, cut where the width ends."""
    result: list[list[Segment]] = []
    at = 0
    for line in piece.lines:
        for part in fold(line, width):
            result.append(list(_told(part, style, found, at)))
            at += len(part)
        at += 1
    return result


def _told(text: str, style: Style, found: Sequence[Found], at: int) -> Iterable[Segment]:
    """Yield a stretch of a text that begins at ``at``, what was found in it told by its style."""
    if not found:
        yield Segment(text, style)
        return
    for part in cut([Span(text)], found, at):
        told = style + Style.from_meta({META: part.found}) if part.found else style
        yield Segment(part.text, told)


def _note(line: str) -> list[Span]:
    """Return the definition of a link as spans, its target a link where it may be opened."""
    found = definition(line)
    if found is None:
        return [Span(line)]
    start, target, end = line.partition(found.target)
    return [Span(start), Span(target, Look.LINK, safe_link(target)), Span(end)]


def _plain(
    piece: Piece, width: int, palette: Palette, tone: str, marks: Marks
) -> list[list[Segment]]:
    """Draw lines as they are, but break them at spaces and keep their indentation."""
    result: list[list[Segment]] = []
    found = marks.find("\n".join(piece.lines))
    at = 0
    for line in piece.lines:
        body = line.lstrip(" ")
        indent = min(len(line) - len(body), width // 2)
        lead = [Segment(" " * indent, palette[tone])] if indent else []
        said = plain(body)
        if found:
            said = tuple(cut(said, found, at + len(line) - len(body)))
        parts = styled(wrap(said, width - indent), palette, tone)
        result.extend([*lead, *part] for part in parts)
        at += len(line) + 1
    return result


def _heading(
    piece: Piece, width: int, palette: Palette, refs: Refs, marks: Marks
) -> list[list[Segment]]:
    lines = wrap(marks.on(spans(piece.lines[0], refs)), min(width, MEASURE))
    tone = "heading" if piece.level < 3 else "text"
    weight = BOLD if piece.level < 4 else BOLD + ITALIC
    drawn = [
        [Segment(text, style + weight if style else weight) for text, style, _ in line]
        for line in styled(lines, palette, tone)
    ]
    if piece.level == 1:
        longest = max(sum(cell_len(span.text) for span in line) for line in lines)
        drawn.append([Segment("━" * max(longest, 3), palette["rail"])])
    return drawn


def styled(lines: Sequence[Line], palette: Palette, tone: str) -> list[list[Segment]]:
    """Return lines of spans as segments."""
    return [[palette.segment(span, tone) for span in line] for line in lines]


def _code(piece: Piece, width: int, palette: Palette, marks: Marks) -> list[list[Segment]]:
    """Draw code on its own ground, long lines folded with a sign."""
    ground = "code" if piece.shape is Shape.CODE else "text"
    result: list[list[Segment]] = []
    if piece.info and piece.shape is Shape.CODE and not piece.joined:
        label = clipped(piece.info, width - 2)
        pad = width - cell_len(label) - 1
        faint = palette.on("muted", ground)
        result.append([Segment(" " * pad, palette[ground]), Segment(f"{label} ", faint)])
    found = marks.find("\n".join(piece.lines))
    at = 0
    for runs in syntax.colour(piece.lines, piece.info):
        line = [Span(text, Look.NONE, role) for text, role in runs]
        result.extend(_code_line(line, width, palette, ground, found=found, at=at))
        at += sum(len(text) for text, _ in runs) + 1
    return result


def _good_end(part: str, after: str, used: int, room: int) -> int:
    """Return where to end a line of code that is too long: after a space, else before a word.

    ``part`` is what would fit, ``after`` the character behind it; a line is at least half full.
    """
    space = part.rfind(" ") + 1
    if space > 0 and space * 2 > room:
        return space
    word = _WORD.search(part) if _WORD.match(after) else None
    if word is not None and (used + word.start()) * 2 > room:
        return word.start()
    return len(part)


def _code_line(
    line: Line, width: int, palette: Palette, role: str, *, found: Sequence[Found], at: int
) -> Iterable[list[Segment]]:
    ground = palette[role]
    pad = role == "code"
    room = max(width - 2 * pad, 1)
    used = 0
    drawn: list[Segment] = [Segment(" " * pad, ground)]
    sign = cell_len(CONTINUED) if room > 2 * LEAST else 0
    for span in line:
        style = palette.on(span.link or role, role)
        rest = span.text
        while rest:
            part = fold(rest[: (room - used) + 1], room - used)[0] if room > used else ""
            if not part and used <= sign:
                part = rest[0]
            elif len(part) < len(rest):
                part = part[: _good_end(part, rest[len(part)], used, room)]
            drawn += _told(part, style, found, at)
            at += len(part)
            used += cell_len(part)
            rest = rest[len(part) :]
            if rest:
                yield [*drawn, Segment(" " * (max(room - used, 0) + pad), ground)]
                lead = palette.on("faint", role)
                drawn = [Segment(" " * pad, ground), Segment(CONTINUED[:sign], lead)]
                used = sign
    yield [*drawn, Segment(" " * (max(room - used, 0) + pad), ground)]
