"""The embedded server: Conversations and Responses over SQLite; it imports nothing else of ours."""
