"""The cases. Each module has ``measure(quick) -> list[Result]`` and is a part of the run."""
