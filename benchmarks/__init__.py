"""Benchmarks: the real program in a real terminal, as ratios to a bare Textual app.

They judge nothing: a table for a person, JSON for a script. Linux only, for /proc.
"""
