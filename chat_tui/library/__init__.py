"""The only place on the client side that knows SQL."""
