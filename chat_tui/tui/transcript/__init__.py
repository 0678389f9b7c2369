"""The transcript: a conversation drawn in one widget whose cost is what is visible."""
