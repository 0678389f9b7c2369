"""The prefix sums agree with plain lists under every change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.tui.transcript.heights import Heights

CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 50)),
        st.tuples(st.just("prepend"), st.lists(st.integers(0, 50), max_size=5)),
        st.tuples(st.just("set"), st.tuples(st.integers(0, 1000), st.integers(0, 50))),
        st.tuples(st.just("cut"), st.integers(0, 20)),
        st.tuples(st.just("delete"), st.integers(0, 1000)),
    )
)


@given(st.lists(st.integers(0, 50), max_size=20), CHANGES)
def test_heights_are_a_list_with_sums(start: list[int], changes: list[tuple[str, object]]) -> None:
    heights, plain = Heights(start), list(start)
    for name, value in changes:
        match name, value:
            case "append", int():
                heights.append(value)
                plain.append(value)
            case "prepend", list():
                heights.prepend(value)
                plain[:0] = value
            case "set", (int(at), int(height)) if plain:
                heights.set(at % len(plain), height)
                plain[at % len(plain)] = height
            case "cut", int():
                heights.cut(value)
                del plain[value:]
            case "delete", int() if plain:
                heights.delete(value % len(plain))
                del plain[value % len(plain)]
        assert [heights[i] for i in range(len(heights))] == plain
        assert heights.total == sum(plain)
        assert [heights.top(i) for i in range(len(plain) + 1)] == [
            sum(plain[:i]) for i in range(len(plain) + 1)
        ]
    lines = [(i, line) for i, height in enumerate(plain) for line in range(height)]
    assert [heights.find(line) for line in range(len(lines))] == lines


def test_finding_beyond_the_ends_stays_inside() -> None:
    heights = Heights([2, 3])
    assert heights.find(-5) == (0, 0)
    assert heights.find(99) == (1, 2)
    with pytest.raises(IndexError):
        Heights().find(0)
