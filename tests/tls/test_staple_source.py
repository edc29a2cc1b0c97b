"""Where a TLS server's staples come from."""

import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from OpenSSL import SSL

from mockpki import PKI, Leaf, faults
from tests.kit.staple_reader import capture
from tests.kit.tls_clients import context, each_version, shake_hands
from tests.tls.kit import only, staple_seen


def honest(response: ocsp.OCSPResponse, leaf: Leaf) -> bool:
    """Whether a response says that *leaf* is good."""
    return (
        response.serial_number == leaf.serial_number
        and response.certificate_status is ocsp.OCSPCertStatus.GOOD
    )


@each_version
def test_the_default_staple_is_honest_and_fresh(pki: PKI, version: str) -> None:
    """Left out, the staple says what the ledger says at that moment, without asking the responder."""
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf) as server:
        staple = staple_seen(pki, server, version)
        assert honest(ocsp.load_der_ocsp_response(staple), leaf)
        assert only(server).staple == staple
        pki.revoke(leaf, "superseded")
        response = ocsp.load_der_ocsp_response(staple_seen(pki, server, version))
        assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
        assert response.revocation_reason is x509.ReasonFlags.superseded
    pki.ocsp.assert_not_asked()


@each_version
def test_staple_none_is_none(pki: PKI, version: str) -> None:
    """None is no staple, on the wire and in the record."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=None) as server:
        assert staple_seen(pki, server, version) == b""
        assert only(server).staple is None
        assert only(server).staple_requested


@each_version
@pytest.mark.parametrize("kind", [list, tuple])
def test_staple_faults(pki: PKI, version: str, kind: Callable[[Any], Any]) -> None:
    """A list or tuple of faults bends the staple, several of them at once."""
    bent = kind([faults.Stale(by=timedelta(days=2)), faults.Revoked("key_compromise")])
    with pki.tls_server(pki.issue_cert("localhost"), staple=bent) as server:
        response = ocsp.load_der_ocsp_response(staple_seen(pki, server, version))
        assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
        next_update = response.next_update_utc
        assert next_update is not None
        assert (pki.clock.now() - next_update).days == 2


def test_staple_bytes(pki: PKI) -> None:
    """DER bytes are given to every client as they are."""
    leaf = pki.issue_cert("localhost")
    staple = pki.ocsp.response_for(leaf, hash_algorithm="sha256")
    with pki.tls_server(leaf, staple=staple) as server:
        assert [staple_seen(pki, server) for _ in range(2)] == [staple, staple]
        assert [handshake.staple for handshake in server.connections] == [staple, staple]


def test_a_users_own_fault_bends_the_staple(pki: PKI) -> None:
    """A fault written in a test needs no registration."""

    class Doubled(faults.Encoding):
        """The response twice, one after the other."""

        def __call__(self, honest: bytes) -> bytes:
            return honest + honest

    with pki.tls_server(pki.issue_cert("localhost"), staple=[Doubled()]) as server:
        staple_seen(pki, server)
        staple = only(server).staple
    assert staple is not None
    half = len(staple) // 2
    ocsp.load_der_ocsp_response(staple[:half])
    assert staple[:half] == staple[half:]


def test_a_stapler_may_ask_the_responder(pki: PKI) -> None:
    """A function of the leaf can fetch its staple over HTTP from this very PKI."""
    leaf = pki.issue_cert("localhost")
    request = ocsp.OCSPRequestBuilder().add_certificate(
        leaf.certificate, pki.ca.certificate, hashes.SHA1()
    ).build()  # fmt: skip

    def fetch(wanted: Leaf) -> bytes:
        assert wanted is leaf
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(pki.ocsp.url, request.public_bytes(Encoding.DER), timeout=10) as answer:
            body: bytes = answer.read()
        return body

    with pki.tls_server(leaf, staple=fetch) as server:
        staple = staple_seen(pki, server)
    assert honest(ocsp.load_der_ocsp_response(staple), leaf)
    pki.ocsp.assert_asked(leaf, times=1)
    assert pki.ocsp.requests[0].answer.body == staple


def test_a_stapler_may_return_none(pki: PKI) -> None:
    """A function that returns None staples nothing; nobody asks it for a client that does not ask."""
    asked: list[Leaf] = []
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=asked.append) as server:
        shake_hands(server, context(pki))
        assert asked == []
        assert staple_seen(pki, server) == b""
        assert asked == [leaf]
        assert [handshake.staple for handshake in server.connections] == [None, None]


@pytest.mark.parametrize(
    ("stapler", "error", "sentence"),
    [
        (lambda leaf: 1 // 0, ZeroDivisionError, "division"),
        (lambda leaf: "text", TypeError, "a stapler returns DER bytes or None; .* returned 'text'"),
    ],
    ids=["raises", "wrong type"],
)
def test_a_broken_stapler_fails_the_test(stapler: Any, error: type[Exception], sentence: str) -> None:
    """What a stapler raises, or returns amiss, is raised in the test, and the client is cut off."""
    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), staple=stapler) as server:
            with pytest.raises((SSL.Error, OSError)):
                staple_seen(pki, server)
            handshake = only(server)
            assert not handshake.completed
            assert handshake.error is not None
            assert handshake.error.startswith(f"{error.__name__}: ")
        with pytest.raises(error, match=sentence) as caught:
            pki.check()
        assert any("which was about to present" in note for note in caught.value.__notes__)


# What it refuses.

WRONG_STAPLES: dict[str, tuple[Any, str]] = {
    "text": ("good", "a list of faults, DER bytes, None, or a function of the leaf; got 'good'"),
    "number": (7, "a list of faults, DER bytes, None, or a function of the leaf; got 7"),
    "one fault": (faults.Stale(), r"takes a list of faults; write staple=\[Stale\("),
    "a class": (faults.Stale, "a list of faults, DER bytes, None, or a function of the leaf; got <class"),
    "a class in a list": ([faults.Stale], r"Stale is a class; write Stale\(\)"),
    "no fault in a list": (["stale"], "takes faults, such as .*; got 'stale'"),
    "another layer": ([faults.Hang()], "is a fault of the transport layer, which a staple does not have"),
}


@pytest.mark.parametrize("case", WRONG_STAPLES)
def test_what_no_staple_can_be(pki: PKI, case: str) -> None:
    """Each wrong staple= is a TypeError that says what is right, before any server starts."""
    staple, sentence = WRONG_STAPLES[case]
    leaf = pki.issue_cert("localhost")
    with pytest.raises(TypeError, match=sentence):
        pki.tls_server(leaf, staple=staple)


def test_a_staple_that_the_transport_cannot_carry_fails_the_test() -> None:
    """Where only the handshake can tell that key and staple do not go together, the test is told."""
    with PKI() as pki:
        try:
            leaf = pki.issue_cert("localhost", key_type="ML-DSA-65")
        except ValueError as error:
            pytest.skip(str(error))
        with (
            pki.tls_server(leaf, staple=lambda leaf: b"junk") as server,
            pytest.raises((SSL.Error, OSError)),
        ):
            staple_seen(pki, server)
        with pytest.raises(ValueError, match="tlslite has no MLDSA65PrivateKey"):
            pki.check()


def test_an_odd_staple_goes_with_client_certificates(pki: PKI) -> None:
    """Octets that OpenSSL would drop reach a client that is asked for a certificate."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=b"junk", client_ca=pki.ca) as server:
        assert capture(pki, server, "TLSv1.3").statuses[0] == [b"\x01\0\0\x04junk"]
        # Who asks for no staple is not concerned.
        shake_hands(server, context(pki))
