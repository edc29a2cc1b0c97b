"""An exchange as data: what is asked and answered, before anything goes over a socket.

- `http`: the HTTP message, and how it goes out step by step.
- `staples`: the TLS messages that carry staples.

Everyone may come in; nothing here imports another wing.
"""
