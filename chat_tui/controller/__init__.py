"""Everything the UI can do, without a UI: commands are awaited, facts come as events."""
