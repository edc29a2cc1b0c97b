"""Handshakes that ask for a staple, told in a word or two."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from cryptography.x509 import ocsp

from mockpki import PKI, faults, relying_party
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from mockpki.staplers import Kind, StaplePolicy, Stapler
from tests.kit.staple_reader import capture

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
A_LONG_TIME = timedelta(seconds=60)
LAZY = StaplePolicy()
BLOCKING = StaplePolicy(trigger="lazy_blocking", wait=None)
START = StaplePolicy(trigger="start_async")
FILE = StaplePolicy(trigger="file")
DOWN = faults.Refused()
STAPLE_ONLY = replace(relying_party.SOFT_FAIL, sources=("staple",))
"""Asks the server for a staple and nobody for anything else."""


def word(staple: bytes | None) -> str:
    """What a staple says: a certStatus, an OCSPResponseStatus, or none."""
    if staple is None:
        return "none"
    response = ocsp.load_der_ocsp_response(staple)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return response.response_status.name.lower()
    return response.certificate_status.name.lower()


def ask(pki: PKI, server: TlsServer, version: str = "TLSv1.3") -> str:
    """One handshake for localhost that asks: what was stapled, or ``aborted``; read off the wire.

    What the server has noted about it agrees.
    """
    flight = capture(pki, server, version)
    handshake = server.connections[-1]
    assert handshake.staple_requested
    assert handshake.staple_reason
    assert flight.completed == handshake.completed
    if not flight.completed:
        assert handshake.staple is None
        return "aborted"
    (statuses, *others) = flight.statuses
    assert not any(others)
    assert len(statuses) == (handshake.staple is not None)
    for body in statuses:
        # RFC 6066 section 8: status_type, three octets of length, the response.
        assert body[4:] == handshake.staple
    return word(handshake.staple)


def warm(pki: PKI, server: TlsServer) -> None:
    """Shake hands until the staple is good."""
    server.stapler.settle()
    while ask(pki, server) != "good":
        server.stapler.settle()


def reason(server: TlsServer) -> str:
    """Why the last handshake had the staple that it had."""
    return server.connections[-1].staple_reason or ""


def browse(pki: PKI, server: TlsServer, name: str) -> Handshake:
    """One handshake for *name* that asks for a staple and takes any; what the server has noted."""
    relying_party.check(
        server.host,
        server.port,
        ca=pki.root.cert_pem,
        server_name=name,
        policy=STAPLE_ONLY,
        timeout=timedelta(seconds=20),
    )
    return next(made for made in reversed(server.connections) if made.server_name == name)


def visit(pki: PKI, server: TlsServer, name: str) -> None:
    """The same, whatever becomes of it: the server may close meanwhile, before it was told the name, too."""
    with suppress(OSError, StopIteration):
        browse(pki, server, name)


def kinds(stapler: Stapler, name: str | None = None) -> list[Kind]:
    """What happened, in order; of *name* only where it is given."""
    return [event.kind for event in stapler.events if name in (None, event.name)]


def in_order(found: Sequence[Kind], *wanted: Kind) -> bool:
    """Whether *wanted* are among *found* in this order, with others between them perhaps."""
    rest = iter(found)
    return all(kind in rest for kind in wanted)
