"""The export of an import equals the export, ids apart, whatever a conversation is made of."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_tui.gateway.wire import read_json
from chat_tui.moving import Document, read_document
from chat_tui.moving.rendering import render
from tests.moving.making import said
from tests.support.client import client
from tests.support.server import EmbeddedServer

Json = dict[str, Any]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_numbers = itertools.count(1)


@st.composite
def steps(draw: st.DrawFn) -> list[Json]:
    """Draw what a model does between a question and its answer."""
    done: list[Json] = []
    for _ in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            words = draw(st.lists(TEXT, min_size=1, max_size=2))
            parts = [{"type": "summary_text", "text": text} for text in words]
            done.append({"type": "reasoning", "summary": parts})
        name = f"call_{next(_numbers)}"
        custom = draw(st.booleans())
        kind = "custom_tool_call" if custom else "function_call"
        given_to = {"input": draw(TEXT)} if custom else {"arguments": json.dumps(draw(TEXT))}
        done.append({"type": kind, "call_id": name, "name": "look", **given_to})
        answer = draw(st.one_of(TEXT, st.just([{"type": "input_text", "text": draw(TEXT)}])))
        done.append({"type": f"{kind}_output", "call_id": name, "output": answer})
    return done


@st.composite
def turns(draw: st.DrawFn) -> list[Json]:
    """Draw one turn: what was asked, done and answered."""
    asked: list[Json] = [{"type": "input_text", "text": draw(TEXT)}]
    if draw(st.booleans()):
        asked.append({"type": "input_image", "image_url": "data:image/png;base64,AAAA"})
    if draw(st.booleans()):
        asked.append({"type": "input_file", "file_id": "file-1", "filename": "a.pdf"})
    cut = {"status": "incomplete"} if draw(st.booleans()) else {"phase": "final_answer"}
    answer = said("assistant", draw(TEXT), **cut)
    if draw(st.booleans()):
        cited = {"type": "file_citation", "file_id": "file-1", "filename": "a.pdf", "index": 0}
        answer["content"][0]["annotations"] = [cited]
    return [
        {"type": "message", "role": draw(st.sampled_from(["user", "developer"])), "content": asked},
        *draw(steps()),
        answer,
    ]


CONVERSATIONS = st.lists(turns(), max_size=6).map(lambda drawn: [i for turn in drawn for i in turn])
METADATA = st.dictionaries(
    st.text("abc xyz", min_size=1, max_size=8), st.text("日本 a]\x1b", max_size=9), max_size=4
)


def written(document: Document) -> Document:
    return read_document(read_json(render(document, "json", "tests").encode()))


def compared(document: Document) -> Json:
    """Return all of a document but ids, and statuses that go without saying."""
    facts = document.facts
    return {
        "title": facts.title,
        "metadata": {k: v for k, v in facts.metadata.items() if k != "imported_from"},
        "model": facts.model,
        "instructions": facts.instructions,
        "times": (facts.created_at, facts.updated_at),
        "items": [
            {k: v for k, v in r.raw.items() if k != "id" and (k, v) != ("status", "completed")}
            for r in document.records
        ],
    }


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CONVERSATIONS, METADATA)
def test_the_export_of_an_import_equals_the_export(
    server: EmbeddedServer, tmp_path: Path, items: list[Json], metadata: dict[str, str]
) -> None:
    http = server.http()
    made: str = http.post("/conversations", json={"metadata": metadata}).json()["id"]
    for start in range(0, len(items), 20):
        batch = {"items": items[start : start + 20]}
        reply = http.post(f"/conversations/{made}/items", json=batch)
        assert reply.is_success, reply.text

    async def there_and_back() -> tuple[Document, Document]:
        async with client(server, tmp_path / made) as me:
            document = written(await me.controller.export(made))
            moved = await me.controller.import_document(document)
            assert moved.left == ()
            return document, written(await me.controller.export(moved.conversation_id))

    first, second = asyncio.run(there_and_back())
    assert len(first.records) == len(items)
    assert compared(second) == compared(first)
    assert not {r.item.id for r in first.records} & {r.item.id for r in second.records}
