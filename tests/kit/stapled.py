"""Staples as tests of faults want them."""

import pytest

from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from tests.kit.staple_reader import Flight
from tests.kit.tls_clients import VERSIONS

TLS12, TLS13 = VERSIONS
each_version = pytest.mark.parametrize("version", VERSIONS)


def status(response: bytes, *, more: int = 0, kind: int = 1) -> bytes:
    """A CertificateStatus (RFC 6066 section 8), whose length is too large by *more*."""
    return bytes([kind]) + (len(response) + more).to_bytes(3) + response


def only(server: TlsServer) -> Handshake:
    """The one connection there was."""
    (handshake,) = server.connections
    return handshake


JUNK = b"mockpki: no OCSP response"


def the_one(flight: Flight, place: int = 0) -> bytes:
    """The response in the one CertificateStatus of that certificate."""
    (body,) = flight.statuses[place]
    assert body == status(body[4:])
    return body[4:]
