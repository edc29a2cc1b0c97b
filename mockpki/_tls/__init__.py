"""The TLS server, staples and all.

It reads the ClientHello first. Then it knows the leaf, whether a staple was asked for, and which of the two
TLS sessions carries that staple unchanged.

- `server`: the public object: where it is, what it shows.
- `options`: what ``tls_server()`` was given, checked.
- `leaves`: which certificate is shown to whom.
- `handshake`: the evidence of one connection.
- `staple_source`: what ``staple=`` means, and a staple made by it. `staples`: which of them is in force.
- `connection`: one client: TLS on a TCP connection.
- `spoken`: what is spoken beside TLS. `before_tls`: what comes before it, in the clear.
- `forwarding`: decrypted octets to a handler, or to an address.
- `session`, `openssl`, `tlslite`: a TLS connection without a socket, and the two libraries behind it.
- `transports`: which of the two shows what, and what neither can: refused before a client comes.
- `client_hello`, `signing`: what a ClientHello says, and which keys its client can use.
- `tlslite_input`, `client_certificates`, `key_shares`: what tlslite is given, and what it is helped with.
- `resumption`: what is kept of sessions that may be resumed by tlslite.
- `alerts`: what alerts are called.
"""
