"""Which items a filter means, and items out of a file."""

from __future__ import annotations

import pytest

from chat_tui.controller.mending.choosing import Filter, choose, read_items
from chat_tui.errors import ChatTuiError
from tests.controller.mending.making import answer, call, user

ITEMS = [user("a"), answer("b"), call("c"), user("d")]
SEEN = {ITEMS[0]["id"]: 100.0, ITEMS[1]["id"]: 200.0, ITEMS[2]["id"]: None}

CASES: dict[str, tuple[Filter, list[int]]] = {
    "everything": (Filter(), [0, 1, 2, 3]),
    "a role": (Filter(role="user"), [0, 3]),
    "a type": (Filter(type="function_call"), [2]),
    "ids in any order": (Filter(ids=(ITEMS[3]["id"], ITEMS[0]["id"])), [0, 3]),
    "older than": (Filter(before=150.0), [0]),
    "older than, at that very time": (Filter(before=200.0), [0]),
    "of unknown age": (Filter(before=1e12), [0, 1]),
    "but the last": (Filter(keep_last=1), [0, 1, 2]),
    "but more than there are": (Filter(keep_last=9), []),
    "two things at once": (Filter(role="user", keep_last=1), [0]),
    "nothing": (Filter(status="failed"), []),
}


@pytest.mark.parametrize("case", CASES)
def test_a_filter_means(case: str) -> None:
    wanted, positions = CASES[case]
    assert choose(ITEMS, wanted, SEEN) == positions


@pytest.mark.parametrize("shape", [list, lambda items: {"items": items}, lambda i: {"data": i}])
def test_items_are_read_from(shape: object) -> None:
    assert callable(shape)
    assert read_items(shape([{"role": "user", "content": "x"}])) == [
        {"role": "user", "content": "x"}
    ]


@pytest.mark.parametrize("value", [None, 3, "x", [], {}, {"items": {}}, [1], [{"content": "x"}]])
def test_what_holds_no_items_is_refused(value: object) -> None:
    with pytest.raises(ChatTuiError):
        read_items(value)
