"""An exchange as data: what is asked and answered, before anything goes over a socket.

- `http`: the HTTP message, asked and answered.
- `refusals`: the requests that HTTP says must be refused.
- `steps`: how an answer goes out, step by step; whether a port takes connections.
- `staples`: the TLS messages that carry staples.

Everyone may come in; nothing here imports another wing.
"""
