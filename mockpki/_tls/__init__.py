"""The TLS server, staples and all.

It reads the ClientHello first. Then it knows the leaf, whether a staple was asked for, and which of the two
TLS sessions carries that staple unchanged.

- `server`: the public object: where it is, what it shows.
- `options`: what ``tls_server()`` was given, checked.
- `leaves`: which certificate is shown to whom.
- `handshake`: the evidence of one connection.
- `staple_source`: what ``staple=`` means, and a staple made by it.
- `connection`: one client: TLS on a TCP connection.
- `forwarding`: decrypted octets to a handler, or to an address.
- `session`, `openssl`, `tlslite`: a TLS connection without a socket, and the two libraries behind it.
- `client_hello`, `alerts`: what a ClientHello says, and what alerts are called.
"""
