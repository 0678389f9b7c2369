"""The doctor finds what is wrong, and says what is right."""

from __future__ import annotations

import json
from typing import Any

from chat_tui.cli.terminal import colours
from tests.cli.running import Home


def findings(home: Home, *arguments: str, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    """Return what the doctor found: group and name to finding."""
    done = home.run("doctor", "--json", *arguments, **env)
    assert done.returncode == code, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"] is (code == 0)
    return {f"{found['group']}/{found['name']}": found for found in told["findings"]}


def test_a_fresh_machine_is_well(home: Home) -> None:
    found = findings(home)
    assert found["Versions/chat-tui"]["detail"]
    assert found["Versions/Textual"]["detail"]
    assert found["Versions/SQLite"]["detail"]
    assert found["Files/data"]["status"] == "ok"
    assert found["Files/library"]["status"] == "ok"
    assert "does not exist" in found["Configuration/file"]["detail"]
    assert found["Profiles/in use"]["detail"] == "local"
    for name in ("server", "answers", "conversations", "stored responses"):
        assert found[f"Profile local/{name}"]["status"] == "ok", name
    assert list(home.runtime.iterdir()) == []


def test_an_endpoint_that_does_not_answer(home: Home) -> None:
    home.env = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "hush"}
    found = findings(home, code=1)
    assert found["Profiles/in use"]["detail"] == "openai"
    assert found["Profile openai/key"]["detail"] == "from environment variable OPENAI_API_KEY"
    assert found["Profile openai/answers"]["status"] == "failure"


def test_an_endpoint_that_answers_over_tcp(home: Home) -> None:
    server = home.serve()
    home.env = server.exports
    found = findings(home)
    assert found["Profile openai/answers"]["detail"] == "yes, with the model demo"
    assert found["Profile openai/conversations"]["detail"] == "offered"
    wrong = findings(home, code=1, OPENAI_API_KEY="wrong")
    assert "Incorrect token" in wrong["Profile openai/answers"]["detail"]
    server.stop()


def test_a_malformed_configuration(home: Home) -> None:
    home.write_config('[keys]\nfly = "f9"\n')
    found = findings(home, code=1)
    assert "line 2: keys.fly is not an action" in found["Configuration/file"]["detail"]


def test_an_unknown_profile(home: Home) -> None:
    found = findings(home, "--profile", "mars", code=1)
    assert found["Profiles/mars"]["status"] == "failure"


def test_places_that_cannot_be_written(home: Home) -> None:
    found = findings(
        home, code=1, CHAT_TUI_DATA_DIR="/proc/no/such", CHAT_TUI_STATE_DIR="/proc/no/state"
    )
    assert found["Files/data"]["status"] == "failure"
    assert found["Files/state"]["status"] == "warning"
    assert found["Profile local/server"]["status"] == "failure"


def test_a_key_command_that_fails(home: Home) -> None:
    home.write_config(
        '[profiles.far]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_command = "false"\n'
    )
    found = findings(home)
    assert "ended with code 1" in found["Profile far/key"]["detail"]
    assert found["Profile far/key"]["status"] == "warning", "another profile is in use"


def test_a_reader_gets_aligned_lines_and_the_terminal_described(home: Home) -> None:
    code, written = home.in_terminal(
        "doctor", COLORTERM="truecolor", TMUX="/tmp/x", LC_ALL="C.UTF-8"
    )
    assert code == 0
    assert "120 columns by 40 lines" in written
    assert "16 million" in written
    assert "tmux" in written
    assert written.rstrip().endswith("Nothing stands in the way.")
    facts = [line for line in written.splitlines() if line.startswith("  ")]
    column = facts[0].index("0.1.0") if "chat-tui" in facts[0] else 0
    assert len(facts) > 12
    assert all(line[column - 1] == " " and line[column] != " " for line in facts)


def test_colours_by_the_environment() -> None:
    assert colours({"COLORTERM": "truecolor", "NO_COLOR": "1"}).startswith("none")
    assert colours({"COLORTERM": "24bit"}).startswith("16 million")
    assert colours({"TERM": "screen-256color"}).startswith("256")
    assert colours({"TERM": "vt100"}).startswith("16 or")
