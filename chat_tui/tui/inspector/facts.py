"""What the inspector says, as lines of content. Pure: snapshots in, lines out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from operator import attrgetter

from textual.content import Content

from chat_tui.config import Chaining
from chat_tui.controller import MAX_PAIRS, TurnReport, View
from chat_tui.items import Place, Record, visible, visible_line
from chat_tui.tui.inspector.folding import LABEL_WIDTH
from chat_tui.tui.text import count, when

Lines = list[Content]

LONGEST_RAW = 200_000
"""Characters of raw JSON shown; copying gives all of it."""

_PLACES = {
    Place.CONVERSATION: "in the conversation on the server",
    Place.CHAIN: "in a stored response, not in a conversation",
    Place.PRIVATE: "off the record: in this program's memory only",
    Place.PENDING: "here; not known to be on the server",
    Place.STOPPED: "here only: it was stopped, the server did not keep it",
}


def fact(label: str, value: str, style: str = "") -> Content:
    """Return a labelled line; both may come from outside."""
    shown = visible_line(value) or "–"
    return Content.assemble((f"{visible_line(label):<{LABEL_WIDTH}} ", "$muted"), (shown, style))


def heading(text: str) -> Content:
    """Return a line that opens a section."""
    return Content.styled(text, "bold $primary")


def item_lines(record: Record | None) -> Lines:
    """Return all that is known of an item: facts first, then its raw JSON."""
    if record is None:
        return [Content.styled("Choose an item in the transcript.", "$muted")]
    item = record.item
    lines = [fact("id", item.id or "none yet"), fact("type", item.type)]
    for label, value in (
        ("role", item.role),
        ("status", item.status),
        ("name", item.name),
        ("call_id", item.call_id),
        ("response", record.response_id),
        ("model", record.model),
    ):
        if value:
            lines.append(fact(label, value))
    lines.append(fact("lives", _PLACES[record.place], _style_of(record.place)))
    lines.append(fact("first seen", when(record.at) if record.at else "before this program knew"))
    lines += [Content(""), heading("Raw JSON"), *json_lines(record.raw)]
    return lines


def _style_of(place: Place) -> str:
    return {Place.PRIVATE: "$off-record", Place.STOPPED: "$warning", Place.PENDING: "$warning"}.get(
        place, ""
    )


def conversation_lines(view: View) -> Lines:
    """Return the conversation's ids, dates, anchor, counts, choices and metadata."""
    lines = [
        fact("title", view.title),
        fact("id", view.conversation_id or "created by the first stored turn"),
        fact("anchor", anchor(view)),
        fact("response", view.response_id or "none known"),
        fact("profile", view.profile),
        fact("created", when(view.created_at)),
        fact("changed", when(view.updated_at)),
        Content(""),
        heading("Items"),
        fact("loaded", f"{len(view.records)}{', older ones on the server' if view.older else ''}"),
    ]
    kinds = Counter(map(attrgetter("kind"), view.records))
    lines += [fact(str(kind), str(number)) for kind, number in kinds.most_common()]
    choices = view.choices
    lines += [
        Content(""),
        heading("Choices"),
        fact("model", choices.model or "none"),
        fact("chaining", str(choices.chaining)),
        fact("store", "on" if choices.store else "off the record"),
        fact("compaction", str(choices.compaction)),
        fact("window", f"{choices.window} tokens" if choices.window else "unknown"),
        fact("instruct.", choices.instructions or "none"),
        Content(""),
        heading(f"Metadata  {len(view.metadata)} of {MAX_PAIRS}"),
    ]
    lines += [fact(key, value) for key, value in view.metadata.items()]
    lines.append(Content.styled("e edits it", "$muted"))
    return lines


def anchor(view: View) -> str:
    """Return what the server holds the conversation's state by."""
    if view.choices.chaining is Chaining.CONVERSATION and view.conversation_id:
        return "conversation"
    if view.choices.chaining is Chaining.RESPONSE and view.response_id:
        return "response"
    if view.conversation_id:
        return "conversation, not used in this mode"
    return "response, not used in this mode" if view.response_id else "none yet"


def turn_lines(view: View) -> Lines:
    """Return the plan of the next turn and the report of the last one."""
    lines = [heading("Next turn"), Content(visible_line(view.plan.summary))]
    lines += [Content.assemble(("· ", "$muted"), visible_line(note)) for note in view.plan.notes]
    lines += [
        Content(""),
        fact("chaining", str(view.plan.chaining)),
        fact("refers to", view.plan.parent or "nothing"),
        fact("store", "true" if view.plan.stored else "false"),
        fact("compacts at", f"{view.plan.threshold} tokens" if view.plan.threshold else "never"),
        Content(""),
        heading("Last turn"),
    ]
    if view.turn is None:
        lines.append(Content.styled("None since this conversation was opened.", "$muted"))
    else:
        lines += report_lines(view.turn)
    if view.usage:
        lines += [Content(""), heading("Usage"), *usage_lines(view.usage)]
    return lines


def report_lines(report: TurnReport) -> Lines:
    """Return how a turn went."""
    running = report.status == "running"
    lines = [fact("status", report.status, "" if report.kept or running else "$warning")]
    if report.reason:
        lines.append(fact("because", report.reason, "$warning"))
    lines += [fact("model", report.model), fact("response", report.response_id or "none")]
    if not running:
        kept = "by the server" if report.kept and report.plan.stored else "not by the server"
        lines += [fact("took", f"{report.seconds:.1f} s"), fact("kept", kept)]
    if report.sentence:
        lines.append(fact("error", report.sentence, "$error"))
    if report.way_out:
        lines.append(fact("way out", report.way_out))
    return lines


def usage_lines(usage: Mapping[str, object]) -> Lines:
    """Return token counts as the server reported them, nested ones indented by name."""
    lines: Lines = []
    for name, value in usage.items():
        if isinstance(value, Mapping):
            lines += usage_lines({f"· {key}": inner for key, inner in value.items()})
        elif value is not None:
            label = visible_line(name.replace("_tokens", "").replace("_", " "))
            lines.append(fact(label, count(value) if isinstance(value, int) else str(value)))
    return lines


_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?P<word>\b(?:true|false|null)\b)"
)
_JSON_STYLES = {
    "key": "$primary",
    "string": "$success",
    "number": "$accent",
    "word": "$secondary",
}
_HIDDEN = re.compile(r"[^\n -~]")


def readable_json(value: object) -> str:
    """Return indented JSON that is lossless and inert: what acts or hides is a JSON escape."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return _HIDDEN.sub(_escape_hidden, text)


def _escape_hidden(match: re.Match[str]) -> str:
    character = match[0]
    if visible(character) == character:
        return character
    return json.dumps(character)[1:-1]


def json_lines(value: object) -> Lines:
    """Return highlighted lines of a value's JSON, cut after ``LONGEST_RAW`` characters."""
    text = readable_json(value)
    cut = text[:LONGEST_RAW]
    lines = [_highlighted(line) for line in cut.split("\n")]
    if len(text) > len(cut):
        more = f"… {count(len(text) - len(cut))} characters more; y copies all"
        lines.append(Content.styled(more, "$warning"))
    return lines


def _highlighted(line: str) -> Content:
    content = Content(line)
    for match in _TOKENS.finditer(line):
        if match.lastgroup:
            content = content.stylize(_JSON_STYLES[match.lastgroup], *match.span())
    return content


def plain(lines: Iterable[Content]) -> str:
    """Return lines as text, for copying."""
    return "\n".join(line.plain for line in lines)
