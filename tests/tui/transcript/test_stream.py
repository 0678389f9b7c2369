"""Text in pieces becomes visible as the whole would."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat_tui.items import visible
from chat_tui.tui.transcript.stream import Stream

TEXT = st.lists(
    st.sampled_from(
        [
            *"ab\r\n\x1b\u200d\u200c\u202e👩é\u0628",
            "👩\u200d👧",
            "\r\n",
            "\u200d👩",
            "👩" + "\u200d👩🏽" * 7,
        ]
    ),
    max_size=20,
).map("".join)


@given(TEXT, st.lists(st.integers(1, 5), min_size=1), st.booleans())
def test_pieces_are_cleaned_like_the_whole(text: str, sizes: list[int], each: bool) -> None:
    stream = Stream()
    taken = ""
    at = 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        stream.add(text[at : at + size])
        at += size
        if each:
            taken += stream.take()
    stream.add("end")
    assert taken + stream.take() == visible(text + "end")


def test_halves_of_a_character_are_joined() -> None:
    stream = Stream()
    stream.add("a\ud83d")
    assert stream.take() == "a"
    stream.add("\ude00b")
    assert stream.take() == "😀b"


def test_nothing_new_is_nothing() -> None:
    assert Stream().take() == ""
