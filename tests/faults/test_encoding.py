"""Faults of the octets that are about to be sent."""

from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._services.service import Service
from tests.kit.asking import (
    connect,
    read_answer,
)
from tests.kit.exchanges import ordinary
from tests.kit.ocsp_answers import Desk


def test_octets_are_added_and_cut_exactly(desk: Desk) -> None:
    """Behind and off the end of an answer that is otherwise the honest one, octet for octet."""
    honest = desk.answer()
    assert desk.answer("Trailing(b'xyz')") == honest + b"xyz"
    assert desk.answer("Truncated(3)") == honest[:-3]
    assert desk.answer("Garbage(b'')") == b""


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service


def test_an_earlier_answer() -> None:
    """What was honest once is sent again, octet for octet, though it is not what is published now."""
    with PKI(publishes="vault") as pki:
        old = pki.crl.crl()
        pki.revoke(7)
        assert pki.crl.crl() != old
        with pki.crl.respond_with(faults.Octets(old)), connect(pki.crl.url) as connection:
            connection.sendall(ordinary(pki, pki.crl))
            assert read_answer(connection).body == old


def test_garbage(pki: PKI, service: Any) -> None:
    """Other octets, with the length and the ETag of those octets."""
    with service.respond_with(faults.Garbage(b"")), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        assert read_answer(connection).body == b""
    with service.respond_with(faults.Garbage()), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        reply = read_answer(connection)
    assert (reply.status, reply.body) == (200, b"mockpki: this is not DER")
