"""Benchmarks: the real program in a real terminal, as ratios to a bare Textual app.

Tables for a person, JSON for a script; nothing here fails when a target is missed. Linux only.
"""
