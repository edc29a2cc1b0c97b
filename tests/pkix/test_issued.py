"""What a responder and a fault may ask of a certificate: leaves, CAs and cryptography's own have it."""

from mockpki import PKI
from mockpki._pkix.issued import HasSerial, IssuedCertificate


def test_who_has_a_serial_number(pki: PKI) -> None:
    """A leaf, a CA, and a certificate as cryptography reads it."""
    leaf = pki.issue_cert("localhost")
    have: list[HasSerial] = [leaf, leaf.certificate, pki.ca]
    assert [one.serial_number for one in have] == [leaf.serial_number] * 2 + [pki.ca.serial_number]


def test_what_a_responder_has_to_know(pki: PKI) -> None:
    """A leaf and a CA say what they are in DER, too."""
    issued: list[IssuedCertificate] = [pki.issue_cert("localhost"), pki.ca]
    assert [one.der[0] for one in issued] == [0x30, 0x30]
