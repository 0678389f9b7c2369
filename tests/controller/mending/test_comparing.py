"""How a copy and a list stand to each other."""

from __future__ import annotations

from chat_tui.controller.mending.comparing import compare
from chat_tui.items import Place, Record
from tests.controller.mending.making import answer, thought, user

A, B, C = user("a"), answer("b"), user("c")


def test_the_same() -> None:
    found = compare([Record(A), Record(B)], [A, B])
    assert found.agrees
    assert found.sentence == "The same here and there: 2 items."


def test_every_difference_is_counted() -> None:
    other = {**B, "content": [{"type": "output_text", "text": "other"}]}
    found = compare([Record(A), Record(B), Record(C, Place.STOPPED)], [other, C | {"id": "msg_x"}])
    assert [item.id for item in found.only_here] == [A["id"]]
    assert [item.id for item in found.only_there] == ["msg_x"]
    assert [item.id for item in found.changed] == [B["id"]]
    assert (found.same, found.kept_here, found.moved) == (0, 1, False)
    assert found.sentence == "0 the same, 1 only here, 1 only there, 1 changed."


def test_another_order_is_a_difference() -> None:
    found = compare([Record(A), Record(B)], [B, A])
    assert found.moved
    assert not found.agrees
    assert found.sentence.endswith("in another order.")


def test_what_lists_leave_out_is_no_difference() -> None:
    sealed = thought(encrypted_content="gAAA")
    bare = {name: value for name, value in sealed.items() if name != "encrypted_content"}
    assert compare([Record(sealed)], [bare]).agrees


def test_what_was_sent_from_here_without_an_id_is_known_by_its_words() -> None:
    sent = {name: value for name, value in A.items() if name != "id"}
    assert compare([Record(sent), Record(B)], [A, B]).agrees
