"""Faults of the octets that are about to be sent."""

from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._services.service import Service
from mockpki.crlite import Clubcard, Status
from tests.kit.asking import (
    connect,
    read_answer,
)
from tests.kit.exchanges import ordinary
from tests.kit.ocsp_answers import Desk
from tests.kit.universes import COVERAGE, ISSUERS, SCTS, part


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


def test_one_bit_is_turned(desk: Desk) -> None:
    """The lowest bit of one octet, from either end, and no other; where there is no octet it is told."""
    honest = desk.answer()
    assert desk.answer("FlippedBit()") == honest[:-1] + bytes((honest[-1] ^ 1,))
    assert desk.answer("FlippedBit(at=4)") == honest[:4] + bytes((honest[4] ^ 1,)) + honest[5:]
    for at in (-4, 3):
        with pytest.raises(ValueError, match=rf"FlippedBit\(at={at}\) needs an octet there, and this has 3"):
            faults.FlippedBit(at)(b"abc")


def test_a_flipped_bit_of_a_filter_can_mislead() -> None:
    """A filter with a bit turned loads, and of some certificate it says what is not true."""
    card = Clubcard.build({ISSUERS[0]: part(400, 200)}, COVERAGE)
    honest, size = card.v3(), len(card.exact)
    asked = sorted(part(400, 200)[0])

    def answers(octets: bytes) -> list[Status]:
        read = Clubcard.parse(octets)
        return [read.status(ISSUERS[0], serial, SCTS) for serial in asked]

    bent = faults.FlippedBit(len(honest) - size)(honest)
    assert answers(bent) != answers(honest) == [card.status(ISSUERS[0], serial, SCTS) for serial in asked]
