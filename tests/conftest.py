"""What holds for every test: the same examples on every run, and no verdict by the clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None)
settings.load_profile("same every time")
