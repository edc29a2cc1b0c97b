"""What faults of the octets make of a CRL."""

from collections.abc import Iterator

import pytest
from asn1crypto import core, pem
from freezegun import freeze_time

from mockpki import PKI, faults
from tests.kit.crls import AN_HOUR_AGO, FIRST, NOW, SECOND
from tests.kit.octets import NULL


@pytest.fixture
def pki() -> Iterator[PKI]:
    """A PKI whose clock stands, with two revoked certificates."""
    with freeze_time(NOW), PKI(key_type="ed25519") as pki:
        pki.revoke(FIRST, "key_compromise", at=AN_HOUR_AGO)
        pki.revoke(SECOND, at=AN_HOUR_AGO)
        yield pki


@pytest.mark.parametrize("number", range(3))
def test_trailing_data_outside_what_is_signed(pki: PKI, number: int) -> None:
    """One of the three fields has grown by the data; the others are as before, the signature too."""
    honest, bent = (
        core.Sequence.load(der) for der in (pki.crl.crl(), pki.crl.crl(faults.TrailingAt((number,), NULL)))
    )
    contents = [bytes(honest[field].contents) for field in range(3)]
    contents[number] += NULL
    assert [bytes(bent[field].contents) for field in range(3)] == contents


def test_trailing_data_behind_the_signature(pki: PKI) -> None:
    """By default a zero octet ends the outer SEQUENCE, whose length counts it."""
    honest, bent = (
        core.Sequence.load(der, strict=True) for der in (pki.crl.crl(), pki.crl.crl(faults.TrailingAt()))
    )
    assert bytes(bent.contents) == bytes(honest.contents) + b"\0"


def test_pem_holds_the_same_crl(pki: PKI) -> None:
    """The body is PEM with the label asked for, around the octets of the honest CRL."""
    assert pem.unarmor(pki.crl.crl(faults.Pem())) == ("X509 CRL", {}, pki.crl.crl())
    assert pem.unarmor(pki.crl.crl(faults.Pem("CRL")))[0] == "CRL"
