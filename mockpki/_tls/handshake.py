"""Evidence: what each connection to a TLS server was."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .._ca.leaf import Leaf
from .._clock import EPOCH, Clock
from .._pkix.reading import load_certificate
from .._services.journal import Journal, Log, Row
from .._watchers import Watchers


@dataclass(repr=False)
class Handshake:
    """Evidence: one connection to a TLS server, as far as it got; it fills as the connection goes on.

    *staple* are the octets the client was given for the leaf, None for none; *staples* those for every
    certificate it was shown, leaf first, empty where there were none at all. *staple_reason* says in a
    sentence why the server had this staple for it, or none. *completed* tells whether the
    handshake ended well for the server; *alert* names the alert the client sent (RFC 8446 section 6),
    *alert_sent* the server's own, and *error* says why a handshake failed. *leaf* was presented;
    *client_certificate* was the client's, if it was accepted. *resumed*: it went on with an earlier session,
    in which both were shown, and neither a certificate nor a staple was sent (RFC 8446 section 2.2, RFC 5246
    section 7.3). *requests* counts the HTTP requests that followed. *closed*: the connection is over.
    *time* is when the connection came, by the PKI's clock, aware UTC. *number* counts the connections of a
    server from 1.
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
    alert_sent: str | None = None
    resumed: bool = False
    time: datetime = field(default_factory=Clock().now)
    number: int = field(default=0, compare=False)

    def __str__(self) -> str:
        whom = f"for {self.server_name}" if self.server_name else "without a server name"
        asked = "staple asked for" if self.staple_requested else "no staple asked for"
        sent = "none sent" if self.staple is None else f"one of {len(self.staple)} octets sent"
        end = "completed" if self.completed else f"not completed ({self.error or 'still under way'})"
        alert = f", alert {self.alert}" if self.alert else ""
        resumed = ", resumed" if self.resumed else ""
        return f"{self.version or 'TLS'} {whom}{resumed}: {asked}, {sent}; {end}{alert}"

    def __repr__(self) -> str:
        return f"<Handshake of {self.client}, {self}>"


class HandshakeLog(Log[Handshake]):
    """The connections of one server, the newest *limit* of them or all, in the order in which they came.

    A connection that is over is kept as octets, and becomes a `Handshake` again when it is looked at.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._journal = Journal(3, self._from_octets, limit)
        # Leaves are few, and each is there for as long as its server.
        self._leaves: list[Leaf | None] = [None]
        self._leaf_numbers: dict[Leaf | None, int] = {None: 0}
        self._watchers: Watchers[[]] = Watchers()

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have *wake* called when a connection comes, is established, and is over. The result ends that."""
        return self._watchers.add(wake)

    def note(self, handshake: Handshake) -> None:
        """There is something new in *handshake*: it is completed, or all over."""
        if handshake.closed:
            self.close(handshake)
        else:
            self._watchers.tell()

    def open(self, handshake: Handshake) -> int:
        """Keep *handshake*, which fills from now on; its number."""

        def number_it(number: int) -> Handshake:
            handshake.number = number
            return handshake

        number = self._journal.keep(number_it)
        self._watchers.tell()
        return number

    def close(self, handshake: Handshake) -> None:
        """Nothing of *handshake* will change."""
        self._journal.settle(handshake.number, self._to_octets(handshake))
        self._watchers.tell()

    def _to_octets(self, handshake: Handshake) -> Row:
        one, certificate = handshake, handshake.client_certificate
        if one.leaf not in self._leaf_numbers:
            self._leaf_numbers[one.leaf] = len(self._leaves)
            self._leaves.append(one.leaf)
        fields = (
            *(one.server_name, one.version, one.alpn, one.staple_requested, one.staple_reason),
            one.alert_sent,
            *(one.completed, one.alert, one.error, one.requests, one.closed, self._leaf_numbers[one.leaf]),
            one.resumed,
            (one.time - EPOCH) // timedelta(seconds=1),
            None if certificate is None else certificate.public_bytes(Encoding.DER),
        )
        # In version 2 the same values are always the same octets.
        return one.client.encode(), marshal.dumps((one.staple, one.staples), 2), marshal.dumps(fields, 2)

    def _from_octets(self, number: int, row: Row) -> Handshake:
        client, staples, fields = row
        *texts, completed, alert, error, requests, closed, leaf, resumed, time, certificate = marshal.loads(  # noqa: S302 - it is our own
            fields
        )
        name, version, alpn, asked, reason, alert_sent = texts
        sent, all_sent = marshal.loads(staples)  # noqa: S302
        return Handshake(
            client.decode(),
            server_name=name,
            version=version,
            alpn=alpn,
            staple_requested=asked,
            staple=sent,
            staples=all_sent,
            staple_reason=reason,
            completed=completed,
            alert=alert,
            error=error,
            leaf=self._leaves[leaf],
            client_certificate=None if certificate is None else load_certificate(certificate),
            requests=requests,
            closed=closed,
            alert_sent=alert_sent,
            resumed=resumed,
            time=EPOCH + timedelta(seconds=time),
            number=number,
        )
