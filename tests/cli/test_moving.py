"""Moving and counting by command: real processes, files and two machines' worth of homes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chat_tui.cli.commands import run
from tests.cli.running import Home, ok, one_sentence
from tests.moving.making import call, output, said

TITLE = "Trip: to/from \x1b[31mKyoto"
ITEMS = [
    said("user", "Find a ryokan"),
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
    call("c1", '{"city": "Kyoto"}', name="search_hotels"),
    output("c1", "Yuzu"),
    said("assistant", "*Yuzu* fits."),
]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home whose embedded server holds a conversation, and that one's id."""
    home = Home(tmp_path_factory.mktemp("held"))
    served = home.serve()
    with served.client() as client:
        made = client.conversations.create(
            items=ITEMS,  # type: ignore[arg-type]
            metadata={"title": TITLE},
        )
    served.stop()
    return home, made.id


def test_an_export_travels_to_another_machine_and_comes_out_the_same(
    held: tuple[Home, str], tmp_path: Path
) -> None:
    here, identifier = held
    path = tmp_path / "trip.json"
    done = json.loads(ok(here.run("export", identifier, "-o", str(path), "--json")))
    assert [(row["path"], row["items"], row["source"]) for row in done] == [
        (str(path), 5, "server")
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    there = Home(tmp_path / "there")
    there.root.mkdir()
    moved = json.loads(ok(there.run("import", str(path), "--json")))
    assert [(row["items"], row["profile"]) for row in moved] == [(5, "local")]
    first = json.loads(path.read_text("utf-8"))
    second = json.loads(ok(there.run("export", moved[0]["conversation_id"])))
    assert [bare(entry["item"]) for entry in second["items"]] == [
        bare(entry["item"]) for entry in first["items"]
    ]
    assert second["conversation"]["metadata"]["imported_from"] == identifier
    listed = there.list()
    assert [row["conversation_id"] for row in listed] == [moved[0]["conversation_id"]]


def bare(raw: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in raw.items() if k not in ("id", "encrypted_content")}


def test_transcripts_are_printed_or_put_into_a_directory(
    held: tuple[Home, str], tmp_path: Path
) -> None:
    home, identifier = held
    printed = ok(home.run("export", identifier, "--format", "markdown"))
    assert printed.startswith('---\ntitle: "Trip: to/from ␛[31mKyoto"\n')
    assert "## Call of search\\_hotels" in printed
    done = home.run("export", identifier, identifier, "-f", "html", "-o", str(tmp_path), "--force")
    names = {Path(line).name for line in ok(done).splitlines()}
    assert names == {path.name for path in tmp_path.iterdir()}
    assert len(names) == 1
    (name,) = names
    assert name.startswith("Trip-to-from-31mKyoto-conv_")
    assert name.endswith(".html")
    again = home.run("export", identifier, "-f", "html", "-o", str(tmp_path))
    assert again.returncode == 2
    assert "is there already. Choose another name" in one_sentence(again.stderr)


def test_a_copy_to_a_profile_with_another_upstream_asks_for_the_model_there(
    held: tuple[Home, str],
) -> None:
    home, identifier = held
    home.write_config('[profiles.second]\nupstream = "http://127.0.0.1:9/v1"\nmodel = "small"\n')
    moved = json.loads(ok(home.run("copy", identifier, "--to", "second", "--json")))
    assert (moved["profile"], moved["items"], moved["left"]) == ("second", 5, [])
    said_there = home.show(moved["conversation_id"], "-p", "second")
    assert [raw["type"] for raw in said_there["items"]] == [raw["type"] for raw in ITEMS]
    assert said_there["model"] == "small"


def test_what_a_conversation_and_a_library_are_made_of(held: tuple[Home, str]) -> None:
    home, identifier = held
    one = json.loads(ok(home.run("stats", identifier, "--json")))
    assert (one["conversations"], one["items"], one["incomplete"]) == (1, 5, 0)
    assert one["types"] == {
        "message": 2,
        "function_call": 1,
        "function_call_output": 1,
        "reasoning": 1,
    }
    assert one["tools"] == {"search_hotels": 1}
    assert sum(one["turns"].values()) == 1
    everything = json.loads(ok(home.run("stats", "--all-profiles", "--json")))
    assert everything["items"] >= 5
    told = ok(home.run("stats"))
    assert "messages by role\n  1  " in told.replace(",", "")


def chatgpt_export(path: Path, *titles: str) -> Path:
    conversations = [
        {
            "title": title,
            "create_time": 1_700_000_000,
            "current_node": "b",
            "mapping": {
                "a": {"parent": None, "message": _message("user", f"about {title}")},
                "b": {"parent": "a", "message": _message("assistant", "sure")},
            },
        }
        for title in titles
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export/conversations.json", json.dumps(conversations))
        archive.writestr("chat.html", "<html>")
    return path


def _message(role: str, text: str) -> dict[str, Any]:
    return {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}}


def test_conversations_of_chatgpt_are_listed_chosen_and_imported(home: Home) -> None:
    path = str(chatgpt_export(home.root / "chatgpt.zip", "Trip", "Tax", "Trip home"))
    listed = json.loads(ok(home.run("import", path, "--list", "--json")))
    assert [(row["number"], row["title"], row["items"]) for row in listed] == [
        (1, "Trip", 2),
        (2, "Tax", 2),
        (3, "Trip home", 2),
    ]
    moved = json.loads(ok(home.run("import", path, "--only", "tax", "--only", "3", "--json")))
    assert [(row["title"], row["items"], row["left"]) for row in moved] == [
        ("Tax", 2, []),
        ("Trip home", 2, []),
    ]
    shown = home.show(moved[0]["conversation_id"])
    assert shown["metadata"]["imported_from"] == "chatgpt"
    assert shown["created_at"] == 1_700_000_000
    assert shown["model"] == "demo"


# --- what is wrong --------------------------------------------------------------------------------


@pytest.fixture
def here(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a home that this process lives in."""
    for name, value in home.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home.root)
    return home


FILES = {
    "text.json": b"this is no JSON",
    "empty.json": b"",
    "other.json": b'{"hello": "world"}',
    "later.json": b'{"format": "chat-tui.conversation", "version": 99}',
    "odd.json": b'{"format": "chat-tui.conversation", "version": 1, "items": [3]}',
    "list.json": b"[1, 2]",
    "none.json": b"[]",
    "deep.json": b"[" * 100_000,
}
WRONG = {
    "no file": (["import", "nowhere.json"], 2, "nowhere.json: no such file"),
    "a directory": (["import", "."], 2, "is a directory"),
    "no JSON": (["import", "text.json"], 2, "text.json: it is not JSON"),
    "an empty file": (["import", "empty.json"], 2, "it is not JSON"),
    "JSON of another program": (["import", "other.json"], 2, "no export of chat-tui"),
    "a later version": (["import", "later.json"], 2, "Update chat-tui"),
    "an odd item": (["import", "odd.json"], 2, "items[0] is not an object"),
    "a list of numbers": (["import", "list.json"], 2, "no data export of ChatGPT"),
    "an empty list": (["import", "none.json"], 2, "holds no conversation"),
    "a bottomless file": (["import", "deep.json"], 2, "it is not JSON"),
    "a broken archive": (["import", "broken.zip"], 2, "the archive is damaged"),
    "an archive of something else": (["import", "other.zip"], 2, "holds no conversations.json"),
    "many without a choice": (["import", "many.zip"], 2, "holds 2 conversations. Choose"),
    "one that is not there": (["import", "many.zip", "--only", "x"], 2, "no conversation called"),
    "two choices": (["import", "many.zip", "--only", "1", "--all"], 2, "only one of them"),
    "several to nowhere": (["export", "a", "b"], 2, "need --output"),
    "an empty id to export": (["export", ""], 2, "An id must not be empty"),
    "an unknown format": (["export", "a", "-f", "pdf"], 2, "'pdf' is not one of"),
    "a report of what is printed": (["export", "a", "-f", "html", "--json"], 2, "--json needs"),
    "an unknown title": (["export", "No such title"], 3, "No conversation is called"),
    "a copy to nowhere": (["copy", "a", "--to", "mars"], 2, "There is no profile 'mars'"),
    "a copy without a target": (["copy", "a"], 2, "--to"),
    "an empty id to count": (["stats", " "], 2, "An id must not be empty"),
    "one and all": (["stats", "a", "--all-profiles"], 2, "not both"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_nothing_is_made(
    case: str, here: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in FILES.items():
        (here.root / name).write_bytes(data)
    with zipfile.ZipFile(here.root / "other.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    many = chatgpt_export(here.root / "many.zip", "a", "b").read_bytes()
    (here.root / "broken.zip").write_bytes(many.replace(b"about a", b"about b"))
    arguments, code, words = WRONG[case]
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (code, "")
    assert words in one_sentence(err)
    assert not (here.data / "server.db").exists()
