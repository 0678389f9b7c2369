"""Prompts of the demo upstream that tests are built from; `pace 0` answers as fast as it goes."""

from __future__ import annotations


def echo(text: str) -> str:
    """Ask for exactly `text`."""
    return f"echo {text}\npace 0"


def slowly(text: str) -> str:
    """Ask for `text` and then for silence: the answer stays under way until it is stopped."""
    return f"echo {text}\nstall 600\npace 0"
