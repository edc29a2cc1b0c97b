"""Every fault of staples in TLS messages as it is on the wire, and what clients must say to some."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, load_der_ocsp_response

from mockpki import PKI, faults
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from mockpki._tls.session import needs_tlslite
from tests.kit.staple_reader import Flight, capture
from tests.kit.tls_clients import VERSIONS, context, gnutls_cli, s_client, shake_hands

TLS12, TLS13 = VERSIONS
each_version = pytest.mark.parametrize("version", VERSIONS)


def status(response: bytes, *, more: int = 0, kind: int = 1) -> bytes:
    """A CertificateStatus (RFC 6066 section 8), whose length is too large by *more*."""
    return bytes([kind]) + (len(response) + more).to_bytes(3) + response


def only(server: TlsServer) -> Handshake:
    """The one connection there was."""
    (handshake,) = server.connections
    return handshake


# The leaf's staple, octet for octet.

Bodies = Callable[[bytes], list[bytes]]
JUNK = b"mockpki: no OCSP response"


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


def the_one(flight: Flight, place: int = 0) -> bytes:
    """The response in the one CertificateStatus of that certificate."""
    (body,) = flight.statuses[place]
    assert body == status(body[4:])
    return body[4:]


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


# What cannot be sent as it was asked fails the test.

IDLE: dict[str, tuple[Sequence[Any], str, bool, str]] = {
    "acknowledged and missing": (
        [faults.AckedButMissing()],
        TLS13,
        True,
        r"AckedButMissing\(\) .*Up to TLS 1\.2",
    ),
    "on the intermediate": (
        [faults.StapleOnIntermediate()],
        TLS12,
        True,
        r"StapleOnIntermediate\(.*a TLSv1\.2 handshake.*In TLS 1\.3",
    ),
    "beyond the chain": (
        [faults.StapleOnIntermediate(place=2)],
        TLS13,
        True,
        r"place=2\) changed nothing .* a chain of 2 to",
    ),
    "unsolicited for who asks": (
        [faults.UnsolicitedStaple()],
        TLS13,
        True,
        r"UnsolicitedStaple\(\) .*to a client that asked for a staple\.",
    ),
    "unsolicited for who asks, TLS 1.2": (
        [faults.UnsolicitedStaple()],
        TLS12,
        True,
        r"Unsolicited.*that asked for a",
    ),
    "before there is a staple": (
        [faults.EmptyStaple(), faults.UnsolicitedStaple()],
        TLS12,
        False,
        r"EmptyStaple\(\) .*that asked for no staple",
    ),
    "after there is none": (
        [faults.AckedButMissing(), faults.EmptyStaple()],
        TLS12,
        True,
        r"EmptyStaple\(\) changed",
    ),
}


@pytest.mark.parametrize("case", IDLE)
def test_a_fault_that_changes_nothing_fails_the_test(case: str) -> None:
    """Where a fault has no meaning the handshake does not go on, and the test is told which fault and why."""
    staple, version, ask, words = IDLE[case]
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
            assert not capture(pki, server, version, ask=ask).completed
            handshake = only(server)
        assert not handshake.completed
        assert handshake.staple is None
        with pytest.raises(ValueError, match=words) as caught:
            pki.check()
        assert handshake.error == f"ValueError: {caught.value}"
        assert caught.value.__notes__ == [
            f"mockpki: raised in a TLS server, which was to staple {handshake.leaf!r}"
        ]


def test_no_intermediate_to_staple_for() -> None:
    """A chain of the leaf alone has no place for a second staple, and no other certificate to staple for."""
    for fault in (faults.StapleOnIntermediate(), faults.AnotherStaple()):
        with PKI(depth=0) as pki:
            with pki.tls_server(pki.issue_cert("localhost"), staple=[fault]) as server:
                assert not capture(pki, server, TLS13).completed
            with pytest.raises(ValueError, match=r"a chain of 1"):
                pki.check()


def test_no_other_certificate() -> None:
    """The shown certificate is no other one, and a root has nobody to answer for it."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        for of, words in ((leaf, "names the very certificate"), (pki.root, "nobody is above it")):
            with pki.tls_server(leaf, staple=[faults.AnotherStaple(of)]) as server:
                assert not capture(pki, server, TLS12).completed
            with pytest.raises(ValueError, match=words):
                pki.check()


def test_a_staple_without_room() -> None:
    """A staple too long for TLS 1.3 fails the test there, and arrives by TLS 1.2."""
    staple = bytes(1 << 16)
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
            assert not capture(pki, server, TLS13).completed
            with pytest.raises(
                ValueError, match=r"TLSv1\.3 extensions are too many; there is room for 65535"
            ):
                pki.check()
            assert the_one(capture(pki, server, TLS12)) == staple
            missed, sent = server.connections
        assert (missed.staple, sent.staple) == (None, staple)
        long = [faults.TrailingStaple(bytes(1 << 24))]
        with pki.tls_server(pki.issue_cert("localhost"), staple=long) as server:
            assert not capture(pki, server, TLS12).completed
        with pytest.raises(
            ValueError, match=r"a CertificateStatus of \d+ octets is too long; a message has 1677"
        ):
            pki.check()


def test_where_tlslite_cannot_serve() -> None:
    """Client certificates and keys that tlslite does not know are named as the reason, not the stapler."""
    for options, key_type, words in (
        ({"client_ca": True}, "P-256", "tlslite cannot check client certificates"),
        ({}, "ML-DSA-65", "tlslite has no MLDSA65PrivateKey"),
    ):
        with PKI() as pki:
            try:
                leaf = pki.issue_cert("localhost", key_type=key_type)
            except ValueError as error:
                pytest.skip(str(error))
            given: dict[str, Any] = {"client_ca": pki.ca} if options else {}
            with pki.tls_server(leaf, staple=[faults.EmptyStaple()], **given) as server:
                with pytest.raises((OSError, AssertionError)):
                    assert capture(pki, server, TLS13).completed
                assert words in str(only(server).error)
            with pytest.raises(ValueError, match=words) as caught:
                pki.check()
            assert "stapler" not in " ".join(caught.value.__notes__)


WRONG: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "overrun": (
        lambda: faults.StapleLengthOverrun(0),
        ValueError,
        r"StapleLengthOverrun\(by=0\) overruns nothing",
    ),
    "type": (lambda: faults.WrongStatusType(1), ValueError, "needs a number up to 255 other than 1"),
    "large type": (lambda: faults.WrongStatusType(256), ValueError, "needs a number up to 255 other than 1"),
    "trailing": (
        lambda: faults.TrailingStaple(b""),
        ValueError,
        "changes nothing; give it at least one octet",
    ),
    "place": (lambda: faults.StapleOnIntermediate(place=0), ValueError, "the leaf is at place 0"),
    "text": (lambda: faults.StapleOnIntermediate("good"), TypeError, "takes a list of faults, or octets"),  # type: ignore[arg-type]
    "HTTP": (
        lambda: faults.StapleOnIntermediate([faults.HttpStatus()]),  # type: ignore[list-item]
        TypeError,
        "is a fault of the HTTP layer, which a staple on an intermediate does not have",
    ),
    "stapling in it": (
        lambda: faults.StapleOnIntermediate([faults.EmptyStaple()]),  # type: ignore[list-item]
        TypeError,
        "of the stapling layer, which a staple on an intermediate does not have",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_fault(case: str) -> None:
    """A fault that could change nothing, or is given what no staple can be, is refused with a sentence."""
    make, error, sentence = WRONG[case]
    with pytest.raises(error, match=sentence):
        make()


def test_other_services_have_no_stapling(pki: PKI) -> None:
    """A response as bytes, the responder, the CRL and the file have no TLS messages to bend: TypeError."""
    leaf, fault = pki.issue_cert("localhost"), faults.EmptyStaple()
    what = r"EmptyStaple\(\) is a fault of the stapling layer, which "
    with pytest.raises(TypeError, match=what + "an OCSP response as bytes does not have"):
        pki.ocsp.response_for(leaf, fault)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=what + "the OCSP responder of"):
        pki.ocsp.respond_with(fault)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=what):
        pki.crl.respond_with(fault)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=what):
        pki.ca.ca_issuers.respond_with(fault)  # type: ignore[arg-type]


def test_they_are_values() -> None:
    """Made twice they are equal and have one hash, lists of faults in them included."""
    for make in (
        faults.EmptyStaple,
        lambda: faults.StapleOnIntermediate([faults.Revoked(), faults.Stale()]),
        lambda: faults.StapleLengthOverrun(3),
    ):
        assert make() == make()
        assert hash(make()) == hash(make())


# Faults of a test's own.


@dataclass(frozen=True)
class Reversed(faults.Stapling):
    """The CertificateStatus comes back to front."""

    def __call__(self, honest: faults.StapleMessages) -> faults.StapleMessages:
        return honest.with_body(lambda body: body[::-1])


@dataclass(frozen=True)
class InTheServerHello(faults.Stapling):
    """Up to TLS 1.2, the acknowledgement is not empty."""

    def __call__(self, honest: faults.StapleMessages) -> faults.StapleMessages:
        return replace(honest, server_hello=((5, JUNK),))


@dataclass(frozen=True)
class OfTheRoot(faults.Stapling):
    """The leaf's staple is one that nobody can make."""

    def __call__(self, honest: faults.StapleMessages) -> faults.StapleMessages:
        return replace(honest, certificate_status=honest.response_for(len(honest.chain)))


@dataclass(frozen=True)
class Broken(faults.Stapling):
    """What *call* does."""

    call: Callable[[], Any]

    def __call__(self, honest: faults.StapleMessages) -> faults.StapleMessages:
        return self.call()  # type: ignore[no-any-return]


@each_version
def test_a_users_own_fault(pki: PKI, version: str) -> None:
    """Six lines in a test file bend the messages, with nothing to register."""
    leaf = pki.issue_cert("localhost")
    honest = pki.ocsp.response_for(leaf)
    with pki.tls_server(leaf, staple=[faults.Garbage(honest), Reversed()]) as server:
        assert capture(pki, server, version).statuses == [[status(honest)[::-1]], []]
    with pki.tls_server(leaf, staple=[InTheServerHello()], maximum_version=TLS12) as server:
        assert capture(pki, server, TLS12).acknowledgements == [JUNK]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: b"octets", TypeError, "must return StapleMessages; it returned b'octets'"),
        (lambda: 1 // 0, ZeroDivisionError, "division"),
        (lambda: pytest.fail("it was called"), pytest.fail.Exception, "it was called"),
        (lambda: faults.StapleMessages(entries=((), (), ())), ValueError, "3 entries cannot be"),
    ],
    ids=["octets", "raises", "fails", "too many entries"],
)
def test_a_users_broken_fault(call: Callable[[], Any], error: type[BaseException], words: str) -> None:
    """What a fault raises, or returns amiss, is raised in the test, and the client is cut off."""
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=[Broken(call)]) as server:
            assert not capture(pki, server, TLS13).completed
            assert str(only(server).error).startswith(f"{error.__name__}: ")
        with pytest.raises(error, match=words):
            pki.check()


def test_there_is_no_response_about_a_root() -> None:
    """A fault that wants a response about the root is told that there is none, and so is the test."""
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=[OfTheRoot()]) as server:
            assert not capture(pki, server, TLS12).completed
        with pytest.raises(LookupError, match="is a root: nobody is above it to answer for it"):
            pki.check()
    with pytest.raises(LookupError, match="there is no responder to ask about certificate 0"):
        faults.StapleMessages().response_for(0)


def test_every_fault_is_here() -> None:
    """Each fault of the layer is on the wire in one of the tests above."""
    tested = {type(fault) for case in CASES.values() for fault in case.faults}
    tested |= {faults.AnotherStaple, faults.StapleOnIntermediate}
    assert {fault for fault in faults.CATALOGUE if fault.home is faults.Stapling} <= tested


# What clients say, where the RFC leaves one answer.


def alerts(
    pki: PKI, version: str, staple: list[Any], *clients: Callable[[TlsServer], object]
) -> list[str | None]:
    """The alert of each client, after its twin has completed the handshake with an honest staple."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as honest, pki.tls_server(leaf, staple=staple) as server:
        for client in clients:
            client(honest)
            client(server)
        assert all(handshake.completed for handshake in honest.connections)
        assert all(handshake.version == version for handshake in server.connections)
        assert all(handshake.completed is (handshake.alert is None) for handshake in server.connections)
        return [handshake.alert for handshake in server.connections]


@each_version
def test_unsupported_extension(pki: PKI, version: str) -> None:
    """Python's ssl and s_client, which did not ask, refuse a staple with unsupported_extension."""
    # RFC 8446 section 4.2, and RFC 5246 section 7.4.1.4 alike: "Upon receiving such an extension, an
    # endpoint MUST abort the handshake with an "unsupported_extension" alert."

    def python(server: TlsServer) -> None:
        try:
            shake_hands(server, context(pki, version))
        except ssl.SSLError as error:
            assert error.reason == "UNSOLICITED_EXTENSION"  # noqa: PT017 - the twin raises none

    def openssl(server: TlsServer) -> None:
        s_client(pki, server, version)

    found = alerts(pki, version, [faults.UnsolicitedStaple()], python, openssl)
    assert found == ["unsupported_extension"] * 2


@each_version
def test_decode_error(pki: PKI, version: str) -> None:
    """What does not parse, as a length that overruns the message, is a decode_error to its reader."""
    # RFC 8446 section 4: peers that receive a message "which cannot be parsed according to the syntax
    # (e.g., have a length extending beyond the message boundary or contain an out-of-range length) MUST
    # terminate the connection with a "decode_error" alert". RFC 5246 section 7.2.2 alike.

    def openssl(server: TlsServer) -> None:
        s_client(pki, server, version, "-status")

    def gnutls(server: TlsServer) -> None:
        gnutls_cli(pki, server, version)

    overrun = [faults.StapleLengthOverrun()]
    assert alerts(pki, version, overrun, openssl, gnutls) == ["decode_error"] * 2
    assert alerts(pki, version, [faults.TrailingStaple()], openssl) == ["decode_error"]
    # "opaque OCSPResponse<1..2^24-1>"
    assert alerts(pki, version, [faults.EmptyStaple()], gnutls) == ["decode_error"]


def test_illegal_parameter(pki: PKI) -> None:
    """The same extension twice in a CertificateEntry is an illegal_parameter to s_client."""
    # RFC 8446 section 4: "a message which is syntactically correct but semantically invalid [...] MUST
    # terminate the connection with an "illegal_parameter" alert".

    def openssl(server: TlsServer) -> None:
        s_client(pki, server, TLS13, "-status")

    assert alerts(pki, TLS13, [faults.DuplicateStaple()], openssl) == ["illegal_parameter"]


def test_a_missing_message_is_legal(pki: PKI) -> None:
    """s_client and gnutls-cli go on where CertificateStatus was promised and did not come."""
    # RFC 6066 section 8: "a server MAY also choose not to send a "CertificateStatus" message".
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=[faults.AckedButMissing()]) as server:
        assert "OCSP response: no response sent" in s_client(pki, server, TLS12, "-status").stdout
        assert gnutls_cli(pki, server, TLS12).returncode == 0
        assert [(handshake.completed, handshake.staple) for handshake in server.connections] == [
            (True, None)
        ] * 2


@each_version
def test_another_certificates_staple_is_refused(pki: PKI, version: str) -> None:
    """gnutls-cli does not take a response about another certificate, and takes the leaf's own."""
    # RFC 6960 section 3.2: "1. The certificate identified in a received response corresponds to the
    # certificate that was identified in the corresponding request".
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=[faults.AnotherStaple()]) as server, pki.tls_server(leaf) as honest:
        ran, twin = gnutls_cli(pki, server, version), gnutls_cli(pki, honest, version)
        assert only(server).alert == "bad_certificate"
    assert "OCSP status response is invalid" in ran.stdout
    assert (ran.returncode, twin.returncode) == (1, 0)


def test_a_revoked_intermediate_is_refused() -> None:
    """gnutls-cli judges the intermediate by its own staple: revoked is refused, good is not."""
    # RFC 8446 section 4.4.2.1: "the server's OCSP information is carried in an extension in the
    # CertificateEntry containing the associated certificate".
    good, revoked = faults.StapleOnIntermediate(), faults.StapleOnIntermediate([faults.Revoked()])
    with PKI(responder_id="name") as pki:
        leaf = pki.issue_cert("localhost")
        with pki.tls_server(leaf, staple=[good]) as honest, pki.tls_server(leaf, staple=[revoked]) as server:
            ran, twin = gnutls_cli(pki, server, TLS13), gnutls_cli(pki, honest, TLS13)
            assert only(honest).completed
            assert only(server).alert == "bad_certificate"
    assert "The certificate chain is revoked" in ran.stdout
    assert (ran.returncode, twin.returncode) == (1, 0)
