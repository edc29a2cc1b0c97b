"""Evidence: what one connection to a TLS server was."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from .._ca.leaf import Leaf


@dataclass(repr=False)
class Handshake:
    """Evidence: one connection to a TLS server, as far as it got; it fills as the connection goes on.

    *staple* are the octets the client was given for the leaf, None for none; *staples* those for every
    certificate it was shown, leaf first, empty where there were none at all. *staple_reason* says in a
    sentence why the server had this staple for it, or none. *completed* tells whether the
    handshake ended well for the server; *alert* names the alert the client sent (RFC 8446 section 6)
    and *error* says why a handshake failed. *leaf* was presented; *client_certificate* was the
    client's. *requests* counts the HTTP requests that followed. *closed*: the connection is over.
    """

    client: str
    server_name: str | None = None
    version: str | None = None
    alpn: str | None = None
    staple_requested: bool = False
    staple: bytes | None = None
    staples: tuple[bytes | None, ...] = ()
    staple_reason: str | None = None
    completed: bool = False
    alert: str | None = None
    error: str | None = None
    leaf: Leaf | None = None
    client_certificate: x509.Certificate | None = None
    requests: int = 0
    closed: bool = False

    def __str__(self) -> str:
        whom = f"for {self.server_name}" if self.server_name else "without a server name"
        asked = "staple asked for" if self.staple_requested else "no staple asked for"
        sent = "none sent" if self.staple is None else f"one of {len(self.staple)} octets sent"
        end = "completed" if self.completed else f"not completed ({self.error or 'still under way'})"
        alert = f", alert {self.alert}" if self.alert else ""
        return f"{self.version or 'TLS'} {whom}: {asked}, {sent}; {end}{alert}"

    def __repr__(self) -> str:
        return f"<Handshake of {self.client}, {self}>"
