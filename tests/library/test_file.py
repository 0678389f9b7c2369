"""The library's file: made once, for one user, by any number of programs; lost gracefully."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chat_tui.library import Library, LibraryError
from chat_tui.library.schema import MIGRATIONS
from tests.library.making import record, row


def told(path: Path) -> LibraryError:
    """Open a library that cannot be opened."""
    with pytest.raises(LibraryError) as error:
        Library(path).open()
    sentence = error.value.sentence
    assert sentence.startswith(f"The library {path} cannot be used: ")
    assert sentence.endswith(".")
    assert "\n" not in str(error.value)
    assert error.value.way_out
    return error.value


async def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    library.open()
    await library.index.create(row())
    found = sorted(tmp_path.iterdir())
    assert [path.name for path in found] == ["library.db", "library.db-shm", "library.db-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    await library.close()


async def test_a_file_is_migrated_once_and_keeps_what_it_holds(tmp_path: Path) -> None:
    for number in (1, 2):
        library = Library(tmp_path / "library.db")
        library.open()
        await library.index.create(row(title=f"number {number}"))
        assert len(await library.index.rows("local")) == number
        await library.close()
    with sqlite3.connect(tmp_path / "library.db") as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    error = told(path)
    assert "written by a newer version of chat-tui" in error.sentence
    assert error.way_out.startswith("Update chat-tui")
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize("garbage", [b"this is no database" * 300, b"SQLite format 3\x00" * 300])
def test_a_file_that_is_no_database_is_told_in_one_sentence(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(garbage)
    assert told(path).way_out.startswith("Move it away")
    assert path.read_bytes() == garbage


def test_a_place_where_no_file_can_be_is_told_in_one_sentence(tmp_path: Path) -> None:
    assert "No such file or directory" in told(tmp_path / "nowhere" / "library.db").sentence
    assert "Is a directory" in told(tmp_path).sentence


async def test_a_file_that_breaks_while_in_use_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    library = Library(path)
    library.open()
    key = (await library.index.create(row(title="x"))).key
    await library.items.append(key, [record(f"text {number} " * 50) for number in range(300)])
    await library.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    library = Library(path)

    async def use() -> None:
        library.open()  # its schema may lie on a broken page
        await library.index.rows("local")

    with pytest.raises(LibraryError, match="cannot be used") as error:
        await use()
    assert error.value.way_out.startswith("Move it away")
    await library.close()


async def test_a_closed_library_says_so_and_closes_twice(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    library.open()
    await library.close()
    await library.close()
    for use in (library.index.rows("local"), library.journal.save_draft(1, "late")):
        with pytest.raises(LibraryError, match="it is closed"):
            await use


async def test_text_that_no_file_can_hold_is_one_sentence_and_breaks_nothing(
    library: Library,
) -> None:
    key = (await library.index.create(row())).key
    with pytest.raises(LibraryError, match="cannot hold this text"):
        await library.journal.save_draft(key, "half a \ud83d")
    await library.journal.save_draft(key, "whole")
    assert await library.journal.draft(key) == "whole"


async def test_what_fails_half_way_is_not_written_at_all(library: Library) -> None:
    key = (await library.index.create(row(title="before"))).key
    with pytest.raises(LibraryError):
        await library.end_turn(
            key, [record("lost")], replaces_from=None, stored="\ud83d", title="after"
        )
    assert (await library.items.window(key)).records == ()
    found = await library.index.row(key)
    assert found is not None
    assert found.title == "before"


async def test_a_conversation_another_program_removed_is_told_as_such(library: Library) -> None:
    for write in (
        library.items.append(7, [record("x")]),
        library.journal.save_draft(7, "x"),
        library.index.change(7, title="x"),
    ):
        with pytest.raises(LibraryError) as error:
            await write
        assert error.value.sentence == "The conversation is no longer in the library."


def program(code: str, path: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a program of its own on a library."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


OPENING = """
import asyncio, sys
from pathlib import Path
from chat_tui.library import ConversationRow, Library

async def main():
    sys.stdin.readline()
    library = Library(Path(sys.argv[1]))
    library.open()
    for number in range(20):
        row = await library.index.create(ConversationRow(0, "local", title=sys.argv[2]))
        await library.journal.save_draft(row.key, f"draft {number}")
    await library.close()

asyncio.run(main())
"""


async def test_programs_that_start_at_once_share_one_new_library(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    programs = [program(OPENING, path, f"program {number}") for number in range(4)]
    for running in programs:
        assert running.stdin is not None
        running.stdin.write("go\n")
        running.stdin.flush()
    assert [running.communicate(timeout=60)[1] for running in programs] == [""] * 4
    library = Library(path)
    library.open()
    for number in range(4):
        assert len(await library.index.rows("local", query=f"program {number}")) == 20
    await library.close()


WRITING = """
import asyncio, itertools, sys
from pathlib import Path
from chat_tui.items import Place, Record, user_message
from chat_tui.library import ConversationRow, Library, PendingTurn

async def main():
    library = Library(Path(sys.argv[1]))
    library.open()
    key = (await library.index.create(ConversationRow(0, "local", title="killed"))).key
    for number in itertools.count():
        await library.journal.write(PendingTurn(key, f"question {number}", "", "", 0.0))
        records = [
            Record(user_message(f"question {number}"), Place.CONVERSATION),
            Record(user_message(f"answer {number} " * 200), Place.CONVERSATION),
        ]
        await library.end_turn(
            key, records, replaces_from=None, stored=f"resp_{number}",
            usage={"turn": number},
        )
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("turns", [1, 7, 30])
async def test_a_program_killed_while_writing_leaves_whole_turns(
    tmp_path: Path, turns: int
) -> None:
    path = tmp_path / "library.db"
    running = program(WRITING, path)
    assert running.stdout is not None
    for _ in range(turns):
        running.stdout.readline()
    running.kill()
    running.communicate()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    library = Library(path)
    library.open()
    (found,) = await library.index.rows("local")
    records = (await library.items.window(found.key)).records
    done = len(records) // 2
    assert len(records) == 2 * done
    assert done >= turns
    said = [record.item.text.split(" ")[:2] for record in records]
    assert said == [[w, str(n)] for n in range(done) for w in ("question", "answer")]
    assert found.usage == {"turn": done - 1}
    assert sorted(await library.items.responses(found.key)) == sorted(
        f"resp_{number}" for number in range(done)
    )
    pending = await library.journal.pending(found.key)
    assert pending is None or pending.text == f"question {done}"
    await library.close()
