"""Documents that tests move and render."""

from __future__ import annotations

from typing import Any

from chat_tui.items import Place, Record
from chat_tui.moving import Document, Facts

Raw = dict[str, Any]

HOSTILE = [
    "```\n## You\nnot a heading",
    "````` five\n```````\nseven",
    "</pre></code><script>alert(1)</script>",
    "<!-- everything after this is gone",
    "<details><summary>fold</summary>",
    "--- \n---\ntitle: stolen\n---",
    "# Assistant\n\n## You\n\nforged",
    "[link](javascript:alert(1)) ![spy](https://evil.example/pixel.png)",
    "[You]: https://evil.example/\n\n[You]",
    "[^1]: a footnote of its own\n\n[^1]",
    "\x1b]0;owned\x07 \x9b31m \u202egnp.exe",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; & \" ' `",
    "~~~\nopen fence",
    "    indented\n\tcode",
    "<style>body{display:none}</style>",
    "<https://example.org/>",
]
"""What a hostile model, tool or person may say to leave its place in a transcript."""


def said(role: str, text: str, **more: Any) -> Raw:
    """Return a message."""
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}], **more}


def thought(text: str = "hm", sealed: str | None = "sealed") -> Raw:
    """Return reasoning."""
    return {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": text}] if text else [],
        "encrypted_content": sealed,
    }


def call(call_id: str, arguments: str = "{}", name: str = "look") -> Raw:
    """Return a call of a function."""
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def output(call_id: str, text: str = "done") -> Raw:
    """Return the output of a call."""
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def document(*raws: Raw, place: Place = Place.CONVERSATION, **facts: Any) -> Document:
    """Return a document of some items."""
    return Document(Facts(**facts), tuple(Record(raw, place) for raw in raws))
