"""The embedded server: Conversations and Responses over SQLite. Imports nothing of chat_tui."""
