"""Looking after what a server holds: what is wrong, what would put it right. Pure; no I/O here."""
