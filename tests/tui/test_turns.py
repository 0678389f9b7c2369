"""Turns as a person sees them: stop, fail, send again, off the record, the three switches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chat_tui.config import Chaining, Settings
from chat_tui.items import Kind, Place, item_text
from tests.support.server import EmbeddedServer
from tests.support.tui import Opened, opened
from tests.tui.test_conversations import said


async def start(app: Opened, text: str) -> None:
    """Send a message and wait until the answer begins to show."""
    before = len(said(app))
    await app.type(text)
    await app.pilot.press("enter")
    await app.until(lambda: len(said(app)) > before, "the answer begins")


async def test_escape_stops_and_keeps_what_came(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await start(app, "pace 40\nlong 2000")
        await app.pilot.press("escape")
        await app.until(lambda: app.app.view and not app.app.view.running, "the stop")
        view = app.app.controller.view(app.app.key)
        assert view.turn is not None
        assert (view.turn.status, view.turn.kept) == ("stopped", True)
        await app.until(lambda: all(r.item.id for r in app.app.transcript.records))
        here = [(r.item.id, r.item.text) for r in app.app.transcript.records]
    listed = server.openai().conversations.items.list(view.conversation_id, order="asc").data
    assert [(item.id, item_text(item.to_dict())) for item in listed] == here
    assert here[1][1]


async def test_a_failed_response_gives_the_message_back(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.type("fail server_error")
        await app.pilot.press("enter")
        await app.until(lambda: "back in the composer" in app.screen())
        assert app.app.composer.text == "fail server_error"
        assert app.app.transcript.records == []
        assert "server_error" in app.app.notice.sentence


async def test_a_cut_answer_is_said_to_be_incomplete(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("cut 5")
        assert "incomplete: max_output_tokens" in app.app.notice.sentence
        assert app.app.transcript.records[-1].item.status == "incomplete"


async def test_off_the_record_is_said_by_word_and_colour_and_kept_nowhere(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.send("my name is Ada")
        await app.pilot.press("f5")
        await app.until(lambda: "OFF THE RECORD" in app.screen())
        assert app.app.composer.has_class("-private")
        await app.send("echo the secret word is xylophone")
        assert [r.place for r in app.app.transcript.records[-2:]] == [Place.PRIVATE] * 2
        await app.pilot.press("f5")
        await app.until(lambda: "OFF THE RECORD" not in app.screen())
        await app.send("count")
        assert "xylophone" not in said(app)[-1]
        view = app.app.controller.view(app.app.key)
        files = b"".join(f.read_bytes() for f in home.iterdir())
    assert b"xylophone" not in server.files()
    assert b"xylophone" not in files
    listed = server.openai().conversations.items.list(view.conversation_id).data
    assert len(listed) == 4


async def test_a_draft_typed_off_the_record_never_reaches_the_disk(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await app.type("tell nobody about the marmalade")
        await app.keep()
        assert b"marmalade" in b"".join(f.read_bytes() for f in home.iterdir())
        await app.pilot.press("f5")
        await app.until(lambda: "OFF THE RECORD" in app.screen())
        await app.type(" in the cellar")
        await app.keep()
        assert app.app.composer.text.endswith("in the cellar")
        assert b"marmalade" not in b"".join(f.read_bytes() for f in home.iterdir())


async def test_each_switch_says_what_follows(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("echo hello")
        await app.pilot.press("f6")
        await app.until(lambda: "Chaining: response" in app.app.notice.sentence)
        await app.shows("response chain")
        await app.shows("the conversation itself")
        await app.send("echo aside")
        assert app.app.transcript.records[-1].place is Place.CHAIN
        await app.pilot.press("f6")
        await app.until(lambda: "Chaining: manual" in app.app.notice.sentence)
        await app.pilot.press("f7")
        await app.until(lambda: "Compaction off" in app.app.notice.sentence)
        await app.shows("compact off")
        view = app.app.controller.view(app.app.key)
        assert view.choices.chaining is Chaining.MANUAL
        assert view.plan.threshold == 0


async def test_a_chain_becomes_a_conversation_when_asked(
    server: EmbeddedServer, home: Path
) -> None:
    settings = replace(Settings(), profile="local")
    settings = replace(settings, defaults=replace(settings.defaults, chaining=Chaining.RESPONSE))
    async with opened(server, home, settings=settings) as app:
        await app.send("my name is Grace")
        assert app.app.view is not None
        assert not app.app.controller.view(app.app.key).conversation_id
        for _ in range(2):
            await app.pilot.press("f6")
            await app.pilot.pause()
        await app.until(lambda: "Creates a conversation" in app.screen())
        await app.send("what is my name?")
        assert "Grace" in said(app)[-1]
        view = app.app.controller.view(app.app.key)
        await app.until(lambda: all(r.item.id for r in app.app.transcript.records))
    listed = server.openai().conversations.items.list(view.conversation_id, order="asc").data
    assert [item.id for item in listed] == [r.item.id for r in app.app.transcript.records]
    assert len(listed) == 4


async def test_two_conversations_stream_at_once(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await start(app, "pace 60\nlong 60")
        slow = app.app.key
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != slow)
        await app.send("echo meanwhile")
        assert said(app) == ["meanwhile"]
        await app.until(lambda: not app.app.controller.view(slow).running, "the slow one ends")
        await app.until(
            lambda: any(row.key == slow and row.unread for row in app.app.list_pane.list.rows)
        )
        await app.open(slow)
        await app.until(lambda: len(said(app)) == 1 and len(said(app)[0]) > 100)


async def test_reasoning_and_calls_are_drawn_apart(server: EmbeddedServer, home: Path) -> None:
    async with opened(server, home) as app:
        await app.send("think 2")
        kinds = [r.item.kind for r in app.app.transcript.records]
        assert kinds == [Kind.USER, Kind.REASONING, Kind.ASSISTANT]
        assert "reasoning" in app.screen()


async def test_an_answer_is_whole_when_one_comes_back_while_it_grows(
    server: EmbeddedServer, home: Path
) -> None:
    async with opened(server, home) as app:
        await start(app, "pace 60\nlong 2000")
        key = app.app.key
        transcript = app.app.transcript
        ref = transcript.records[-1].ref
        await app.until(lambda: len(transcript._document.body(ref)) > 40, "the answer grows")
        await app.pilot.press("ctrl+n")
        await app.until(lambda: app.app.key != key, "a new conversation")
        await app.open(key)
        before = len(transcript._document.body(ref))
        await app.until(lambda: len(transcript._document.body(ref)) > before, "it grows on")
        assert transcript._document.growing == ref
        shown = transcript._document.body(ref)
        await app.pilot.press("escape")
        await app.until(lambda: app.app.view and not app.app.view.running, "the stop")
        assert app.controller.view(key).records[-1].item.text.startswith(shown)
