"""What filters are asked of a certificate, and what several of them say together."""

import pytest
from cryptography import x509

from mockpki import PKI, crlite, faults
from mockpki._crlite.subject import Subject
from mockpki.crlite import Clubcard, Status
from tests.kit.universes import ISSUERS, LOG, OTHER_LOG

KNOWN, COVERED = [1, 2, 3, 4], {LOG: (1_000, 2_000)}
REVOKED = Clubcard.build({ISSUERS[0]: (KNOWN, [1])}, COVERED)
GOOD = Clubcard.build({ISSUERS[0]: (KNOWN, [])}, COVERED)
ELSEWHERE = Clubcard.build({ISSUERS[1]: (KNOWN, [])}, COVERED)
UNCOVERED = Clubcard.build({ISSUERS[0]: (KNOWN, [1])}, {OTHER_LOG: (1_000, 2_000)})


@pytest.mark.parametrize(
    ("cards", "status"),
    [
        ((), Status.NOT_COVERED),
        ((UNCOVERED,), Status.NOT_COVERED),
        ((UNCOVERED, ELSEWHERE), Status.NOT_ENROLLED),
        ((ELSEWHERE, GOOD, UNCOVERED), Status.GOOD),
        ((GOOD, REVOKED), Status.REVOKED),
        ((REVOKED, GOOD, ELSEWHERE), Status.REVOKED),
    ],
)
def test_several_together(cards: tuple[Clubcard, ...], status: Status) -> None:
    """Revoked of any counts, then good, then that none speaks of the issuer."""
    assert Subject(ISSUERS[0], b"\1", ((LOG, 1_500),)).ask(cards) is status


def test_a_certificate_is_read_as_it_stands() -> None:
    """The serial number with its leading zero, and each SCT by its log and time."""
    with PKI(logged=True, scts=3) as pki:
        issuer, serial = crlite.spki_hash(pki.ca), 0xF0 << 120
        leaf = pki.issue_cert("localhost", serial_number=serial, logged_at=pki.clock.now())
        at = int(pki.clock.now().timestamp())
        subject = Subject.read(issuer, leaf.der)
        assert subject.serial == b"\0\xf0" + bytes(15)
        assert {log for log, _ in subject.scts} == {pki.ct_log.log_id}
        assert len(subject.scts) == 3
        assert {time // 1_000 for _, time in subject.scts} <= {at, at - 1}


def test_without_scts(pki: PKI) -> None:
    """A certificate without the list has none; nor has one that has no extensions, or a list that is odd."""
    issuer = crlite.spki_hash(pki.ca)
    odd = crlite.scts_extension([b"no SCT"])
    leaves = [
        pki.issue_cert("localhost"),
        pki.issue_cert("localhost", faults=[faults.NoExtensions()]),
        pki.issue_cert("localhost", extensions=[unrecognized(odd.oid, odd.value)]),
    ]
    assert [Subject.read(issuer, leaf.der).scts for leaf in leaves] == [(), (), ()]
    with pytest.raises(ValueError, match="0x04 at octet 0"):
        Subject.read(issuer, b"\4\0")


def unrecognized(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    """An extension as octets."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
