"""Faults of staples that make no sense, change nothing, or are a test's own and broken."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from mockpki import PKI, faults
from tests.kit.staple_reader import capture
from tests.kit.stapled import JUNK, TLS12, TLS13, each_version, only, status, the_one

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
            f"mockpki: raised in a TLS server, which was to present {handshake.leaf!r}"
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
    """A key that tlslite does not know is named as the reason when the server is made; others are served."""
    with PKI() as pki:
        with pki.tls_server(
            pki.issue_cert("localhost"), staple=[faults.EmptyStaple()], client_ca=pki.ca
        ) as server:
            assert the_one(capture(pki, server, TLS13)) == b""
        try:
            leaf = pki.issue_cert("localhost", key_type="ML-DSA-65")
        except ValueError as error:
            pytest.skip(str(error))
        words = r"only tlslite can send .*, and tlslite has no MLDSA65PrivateKey; .* another key_type"
        with pytest.raises(ValueError, match=words):
            pki.tls_server(leaf, staple=[faults.EmptyStaple()])
        with pki.tls_server(leaf) as server:
            assert the_one(capture(pki, server, TLS13)) == server.connections[0].staple


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
