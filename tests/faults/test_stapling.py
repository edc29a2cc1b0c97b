"""Every fault of staples in TLS messages as it is on the wire."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, load_der_ocsp_response

from mockpki import PKI, faults
from mockpki._tls.session import needs_tlslite
from tests.kit.staple_reader import capture
from tests.kit.stapled import JUNK, TLS12, TLS13, each_version, only, status, the_one
from tests.kit.tls_clients import VERSIONS

# The leaf's staple, octet for octet.

Bodies = Callable[[bytes], list[bytes]]


class Case(NamedTuple):
    """Faults, and the leaf's CertificateStatus on the wire for an honest response.

    *then* is what TLS 1.2 has, where it is something else; *acks* counts its status_request in the
    ServerHello; *recorded* is the response that the evidence has to hold.
    """

    faults: Sequence[Any]
    bodies: Bodies
    recorded: Callable[[bytes], bytes | None] = lambda honest: honest
    then: Bodies | None = None
    acks: int = 1
    asks: bool = True
    versions: Sequence[str] = VERSIONS


CASES = {
    "honest": Case([], lambda honest: [status(honest)]),
    "empty": Case([faults.EmptyStaple()], lambda _: [status(b"")], lambda _: b""),
    "unsolicited": Case([faults.UnsolicitedStaple()], lambda honest: [status(honest)], asks=False),
    "duplicate": Case(
        [faults.DuplicateStaple()],
        lambda honest: [status(honest)] * 2,
        then=lambda honest: [status(honest)],
        acks=2,
    ),
    "overrun": Case([faults.StapleLengthOverrun()], lambda honest: [status(honest, more=1)]),
    "overrun by more": Case(
        [faults.StapleLengthOverrun(70_000)], lambda honest: [status(honest, more=70_000)]
    ),
    "wrong type": Case([faults.WrongStatusType()], lambda honest: [status(honest, kind=2)]),
    "no type at all": Case([faults.WrongStatusType(0)], lambda honest: [status(honest, kind=0)]),
    "trailing": Case([faults.TrailingStaple()], lambda honest: [status(honest) + b"\0"]),
    "trailing more": Case([faults.TrailingStaple(JUNK)], lambda honest: [status(honest) + JUNK]),
    "acknowledged and missing": Case(
        [faults.AckedButMissing()], lambda _: [], lambda _: None, versions=[TLS12]
    ),
    "garbage": Case([faults.Garbage(JUNK)], lambda _: [status(JUNK)], lambda _: JUNK),
    "garbage of no octets": Case([faults.Garbage(b"")], lambda _: [status(b"")], lambda _: b""),
    "an octet behind": Case(
        [faults.Trailing()], lambda honest: [status(honest + b"\0")], lambda honest: honest + b"\0"
    ),
    "an octet less": Case(
        [faults.Truncated()], lambda honest: [status(honest[:-1])], lambda honest: honest[:-1]
    ),
    "two at once": Case(
        [faults.WrongStatusType(3), faults.TrailingStaple(b"x"), faults.DuplicateStaple()],
        lambda honest: [status(honest, kind=3) + b"x"] * 2,
        then=lambda honest: [status(honest, kind=3) + b"x"],
        acks=2,
    ),
    "empty and unsolicited": Case(
        [faults.UnsolicitedStaple(), faults.EmptyStaple()], lambda _: [status(b"")], lambda _: b"", asks=False
    ),
}


def runs() -> list[Any]:
    """Each case with each version that it is for."""
    return [
        pytest.param(case, version, id=f"{name}, {version}")
        for name, case in CASES.items()
        for version in case.versions
    ]


@pytest.mark.parametrize(("case", "version"), runs())
def test_what_is_on_the_wire(pki: PKI, case: Case, version: str) -> None:
    """The server's messages hold what the fault says, octet for octet, and no more; and it is recorded."""
    leaf = pki.issue_cert("localhost")
    honest = pki.ocsp.response_for(leaf)
    # A response of one and the same signature, so that every octet is known.
    with pki.tls_server(leaf, staple=[faults.Garbage(honest), *case.faults]) as server:
        flight = capture(pki, server, version, ask=case.asks)
        handshake = only(server)
    if version == TLS13:
        extensions = [(5, body) for body in case.bodies(honest)]
        assert flight.entries == [(leaf.der, extensions), (pki.ca.der, [])]
        assert flight.acknowledgements == []
        assert [kind for kind, _ in flight.messages] == [2, 8, 11, 15, 20]
    else:
        bodies = (case.then or case.bodies)(honest)
        assert flight.statuses == [bodies, []]
        assert flight.acknowledgements == [b""] * case.acks
        # ServerHello, Certificate, CertificateStatus, ServerKeyExchange, ServerHelloDone.
        assert [kind for kind, _ in flight.messages][:5] == [2, 11, *([22] * len(bodies)), 12, 14]
    recorded = case.recorded(honest)
    assert handshake.staple == recorded
    assert handshake.staples == (() if recorded is None else (recorded, None))
    assert handshake.version == version
    assert handshake.staple_requested is case.asks
    assert handshake.completed is flight.completed


@each_version
def test_who_does_not_ask_is_given_none(pki: PKI, version: str) -> None:
    """A client that asks for no staple is sent none, whatever is wrong with it, and nobody complains."""
    staple = [fault for case in CASES.values() for fault in case.faults if case.asks]
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        flight = capture(pki, server, version, ask=False)
        assert (only(server).staple, only(server).staples) == (None, ())
    assert flight.statuses == [[], []]
    assert flight.acknowledgements == []
    assert flight.completed


@each_version
def test_no_staple(pki: PKI, version: str) -> None:
    """None is no staple and no acknowledgement, though the client asks."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=None) as server:
        flight = capture(pki, server, version)
        assert only(server).staple_requested
        assert only(server).staples == ()
    assert (flight.statuses, flight.acknowledgements) == ([[], []], [])
    assert flight.completed


# Responses that OpenSSL would drop or change without a word.

CERT_IDS = {
    "another name hash": (faults.WrongIssuerNameHash(), True),
    "a hash under a wrong name": (faults.MislabelledHash(), True),
    "an unheard-of hash": (faults.UnknownHash(), True),
    "another key hash": (faults.WrongIssuerKeyHash(), False),
    "another serial number": (faults.WrongSerial(), True),
}


@each_version
@pytest.mark.parametrize("case", CERT_IDS)
def test_responses_about_something_else_arrive(pki: PKI, version: str, case: str) -> None:
    """A response whose CertID does not fit the leaf is sent as it was made, by whom it takes to do so."""
    fault, by_tlslite = CERT_IDS[case]
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=[fault]) as server:
        flight = capture(pki, server, version)
        staple = only(server).staple
    assert staple is not None
    assert flight.statuses == [[status(staple)], []]
    assert needs_tlslite((staple,), leaf.der) is by_tlslite


# Responses about other certificates.


def certified(response: bytes, by: x509.Certificate) -> OCSPResponse:
    """A response, after verifying that *by* has signed it."""
    read = load_der_ocsp_response(response)
    key = by.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(read.signature, read.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))
    return read


@each_version
def test_another_certificates_staple(pki: PKI, version: str) -> None:
    """The honest response about another leaf, of any CA, or about the issuing CA is the leaf's staple."""
    leaf, other = pki.issue_cert("localhost"), pki.issue_cert("other.example")
    elsewhere = pki.root.create_child_ca().issue_cert("elsewhere.example")
    pki.revoke(other)
    for fault, about, issuer, said in (
        (faults.AnotherStaple(), pki.ca, pki.root, OCSPCertStatus.GOOD),
        (faults.AnotherStaple(pki.ca), pki.ca, pki.root, OCSPCertStatus.GOOD),
        (faults.AnotherStaple(other), other, pki.ca, OCSPCertStatus.REVOKED),
        (faults.AnotherStaple(elsewhere), elsewhere, elsewhere.issuer, OCSPCertStatus.GOOD),
    ):
        with pki.tls_server(leaf, staple=[fault]) as server:
            flight = capture(pki, server, version)
            assert only(server).staples == (the_one(flight), None)
        read = certified(the_one(flight), issuer.certificate)
        assert (read.serial_number, read.certificate_status) == (about.serial_number, said)
    with pki.tls_server(leaf) as server:
        twin = certified(the_one(capture(pki, server, version)), pki.ca.certificate)
    assert (twin.serial_number, twin.certificate_status) == (leaf.serial_number, OCSPCertStatus.GOOD)


INTERMEDIATE: dict[str, tuple[list[Any], OCSPCertStatus, bool]] = {
    "good": ([], OCSPCertStatus.GOOD, True),
    "revoked": ([faults.Revoked("ca_compromise")], OCSPCertStatus.REVOKED, True),
    "wrong": ([faults.WrongSerial()], OCSPCertStatus.GOOD, False),
}


@pytest.mark.parametrize("case", INTERMEDIATE)
def test_a_staple_on_the_intermediate(pki: PKI, case: str) -> None:
    """The issuing CA's entry has a staple of the root's responder; the leaf's is as it is without."""
    bent, said, fits = INTERMEDIATE[case]
    leaf = pki.issue_cert("localhost")
    pki.revoke(leaf, "superseded")
    with pki.tls_server(leaf, staple=[faults.Stale(), faults.StapleOnIntermediate(bent)]) as server:
        flight = capture(pki, server, TLS13)
        assert only(server).staples == (the_one(flight), the_one(flight, 1))
    own = certified(the_one(flight), pki.ca.certificate)
    assert (own.serial_number, own.certificate_status) == (leaf.serial_number, OCSPCertStatus.REVOKED)
    read = certified(the_one(flight, 1), pki.root.certificate)
    assert (read.serial_number == pki.ca.serial_number) is fits
    assert read.certificate_status is said
    now = pki.clock.now()
    assert own.next_update_utc is not None
    assert own.next_update_utc < now
    assert read.next_update_utc is not None
    assert read.next_update_utc > now


def test_a_staple_on_the_intermediate_follows_the_ledger(pki: PKI) -> None:
    """An honest staple on the issuing CA says revoked once the root has revoked it."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=[faults.StapleOnIntermediate()]) as server:
        before = certified(the_one(capture(pki, server, TLS13), 1), pki.root.certificate)
        pki.revoke(pki.ca, "ca_compromise")
        after = certified(the_one(capture(pki, server, TLS13), 1), pki.root.certificate)
    assert before.certificate_status is OCSPCertStatus.GOOD
    assert after.certificate_status is OCSPCertStatus.REVOKED
    assert after.revocation_reason is x509.ReasonFlags.ca_compromise


def test_octets_on_the_intermediate(pki: PKI) -> None:
    """Any octets can be an intermediate's staple, and any intermediate can have them, or several ones."""
    with PKI(depth=2) as deep:
        staple = [faults.StapleOnIntermediate(JUNK, place=2), faults.StapleOnIntermediate(b"", place=1)]
        with deep.tls_server(deep.issue_cert("localhost"), staple=staple) as server:
            flight = capture(deep, server, TLS13)
            leafs = the_one(flight)
            assert flight.statuses == [[status(leafs)], [status(b"")], [status(JUNK)]]
            assert only(server).staples == (leafs, b"", JUNK)
        middle = [faults.StapleOnIntermediate(place=2)]
        with deep.tls_server(deep.issue_cert("localhost"), staple=middle) as server:
            flight = capture(deep, server, TLS13)
        assert flight.statuses[1] == []
        read = certified(the_one(flight, 2), deep.root.certificate)
        assert read.serial_number == deep.cas[1].serial_number


def test_they_are_values() -> None:
    """Made twice they are equal and have one hash, lists of faults in them included."""
    for make in (
        faults.EmptyStaple,
        lambda: faults.StapleOnIntermediate([faults.Revoked(), faults.Stale()]),
        lambda: faults.StapleLengthOverrun(3),
    ):
        assert make() == make()
        assert hash(make()) == hash(make())


def test_every_fault_is_here() -> None:
    """Each fault of the layer is on the wire in one of the tests above."""
    tested = {type(fault) for case in CASES.values() for fault in case.faults}
    tested |= {faults.AnotherStaple, faults.StapleOnIntermediate}
    assert {fault for fault in faults.CATALOGUE if fault.home is faults.Stapling} <= tested
