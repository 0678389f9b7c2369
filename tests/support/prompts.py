"""Prompts of the demo upstream that tests are built from; `pace 0` answers as fast as it goes."""

from __future__ import annotations


def echo(text: str) -> str:
    """Ask for exactly `text`."""
    return f"pace 0\necho {text}"


def slowly(text: str) -> str:
    """Ask for `text` and then for silence: the answer stays under way until it is stopped."""
    return f"pace 0\necho {text}\nstall 600"
