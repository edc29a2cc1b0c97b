"""Real programs in the place of a client or a server."""
