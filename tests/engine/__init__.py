"""The event loop, and TCP and HTTP on it."""
