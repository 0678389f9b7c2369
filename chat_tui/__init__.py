"""A terminal home for conversations that live on a server."""

__version__ = "0.1.0"
