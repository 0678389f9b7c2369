"""Dialogs, each in a file of its own; imported when first opened."""
