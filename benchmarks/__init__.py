"""Benchmarks: ratios against a bare Textual app measured in the same run."""
