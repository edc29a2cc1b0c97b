"""The TLS server and its two transports."""
