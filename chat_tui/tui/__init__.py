"""The Textual interface: draws state, turns keys into commands, decides nothing about the API."""
