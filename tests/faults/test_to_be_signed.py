"""Faults of the octets that are signed: whatever they become, the signature covers it."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mockpki import PKI, faults
from mockpki._pkix import der
from mockpki._pkix.element import Element
from tests.kit.octets import NULL, integer, tlv


def test_garbage_is_a_sequence() -> None:
    """The octets are inside a SEQUENCE, so that what is around them can be read."""
    assert faults.SignedGarbage(b"\xff")(b"honest") == tlv(0x30, b"\xff")


def test_the_path_leads_to_a_field() -> None:
    """Without one the data follows the last field; with one it ends that field, and all around it grow."""
    honest = tlv(0x30, integer(1) + tlv(0x30, integer(2)))
    assert faults.SignedTrailingAt()(honest) == tlv(0x30, integer(1) + tlv(0x30, integer(2)) + b"\0")
    assert faults.SignedTrailingAt((1,), NULL)(honest) == tlv(0x30, integer(1) + tlv(0x30, integer(2) + NULL))
    with pytest.raises(ValueError, match="leads nowhere"):
        faults.SignedTrailingAt((2,))(honest)


def test_the_signature_covers_it(pki: PKI) -> None:
    """A CRL with such an octet is signed by the CA all the same, and so is one of nothing else."""
    key: Any = pki.ca.certificate.public_key()
    for fault in (faults.SignedTrailingAt((4,)), faults.SignedGarbage()):
        tbs, _, signature = Element.whole(pki.crl.crl(fault), der.SEQUENCE).children()
        key.verify(signature.content[1:], tbs.der, ec.ECDSA(hashes.SHA256()))
        assert tbs.der != Element.whole(pki.crl.crl(), der.SEQUENCE).children()[0].der
