"""End-to-end tests: the real command in a real terminal, with real files and a real server."""
