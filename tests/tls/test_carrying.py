"""What OpenSSL carries of a staple, and what is left to tlslite."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from OpenSSL import SSL

from mockpki._tls.session import Presentation, needs_tlslite
from mockpki._tls.tlslite import TlsliteSession
from tests.kit.tls_clients import each_version
from tests.tls.certificates import (
    CA,
    GOOD,
    HONEST,
    OTHER,
    ROOT,
    SELF_SIGNED,
    basic_of,
    error_response,
    leaf,
    response,
    singles,
    with_basic,
    with_cert_id,
    with_singles,
)
from tests.tls.clients import (
    TRANSPORTS,
    OpenSSLClient,
    TlsliteClient,
    by_openssl,
    given_to_leaf,
    openssl_4,
    pump,
    start,
)


def test_surgery() -> None:
    """Taken apart and put together again, a response is the same."""
    assert with_singles(GOOD, singles(GOOD)) == GOOD
    assert with_basic(GOOD, basic_of(GOOD)) == GOOD
    assert with_cert_id(GOOD, 1, ocsp.load_der_ocsp_response(GOOD).issuer_name_hash) == GOOD


S = ocsp.OCSPResponseStatus
FOR_OTHER = response(OTHER)
SHA256 = bytes.fromhex("0609 608648016503040201 0500")
UNHEARD_OF = bytes.fromhex("0602 2a03")
BER_LENGTH = b"\x30\x84" + len(GOOD[4:]).to_bytes(4) + GOOD[4:]
# Name: what is handed over, what arrives, and whether it is left to OpenSSL.
FACTS: dict[str, tuple[bytes, bytes, bool]] = {
    "good": (GOOD, GOOD, True),
    **{
        name: (der, der, True)
        for name, der in {
            "sha-256": response(leaf(), hashed=hashes.SHA256()),
            "revoked": response(leaf(), status=ocsp.OCSPCertStatus.REVOKED),
            "unknown": response(leaf(), status=ocsp.OCSPCertStatus.UNKNOWN),
            "by another CA": response(leaf(), ROOT),
            "bad signature": GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
            "two, both of the leaf": with_singles(
                GOOD, singles(GOOD) + singles(response(leaf(), hashed=hashes.SHA256()))
            ),
            "another issuerKeyHash": with_cert_id(GOOD, 2, bytes(20)),
            **{f"error {status.name}": error_response(status) for status in S if status.value},
        }.items()
    },
    # Carried, but nothing a rule should be built on.
    **{
        name: (der, der, False)
        for name, der in {
            "two, one of the leaf": with_singles(GOOD, singles(GOOD) + singles(FOR_OTHER)),
            "two, the last of the leaf": with_singles(GOOD, singles(FOR_OTHER) + singles(GOOD)),
            "none of any": with_singles(GOOD, b""),
            "another type": with_basic(GOOD, basic_of(GOOD), kind=b"\x2a\x03"),
            "trailing bytes further in": with_basic(GOOD, basic_of(GOOD) + b"xx"),
            "error with a response": with_basic(GOOD, basic_of(GOOD), status=3),
            "unheard-of status": with_basic(GOOD, basic_of(GOOD), status=9),
            "successful without a response": b"\x30\x03\x0a\x01\x00",
        }.items()
    },
    "trailing bytes": (GOOD + b"xx", GOOD, False),
    "trailing bytes after an error": (b"\x30\x03\x0a\x01\x03xx", b"\x30\x03\x0a\x01\x03", False),
    "twice": (GOOD + GOOD, GOOD, False),
    "BER length": (BER_LENGTH, GOOD, False),
    "another issuerNameHash": (with_cert_id(GOOD, 1, bytes(20)), b"", False),
    "SHA-1 called SHA-256": (with_cert_id(GOOD, 0, SHA256), b"", False),
    "an unheard-of hash": (with_cert_id(GOOD, 0, UNHEARD_OF), b"", False),
    "of another serial": (FOR_OTHER, b"", False),
    "of the intermediate": (response(CA, ROOT), b"", False),
    "garbage": (b"garbage", b"", False),
    "truncated": (GOOD[:-1], b"", False),
    "empty": (b"", b"", False),
}


@pytest.mark.parametrize("name", FACTS)
class TestCarrying:
    @openssl_4
    @each_version
    def test_openssl(self, name: str, version: str) -> None:
        """OpenSSL carries, changes or drops a staple as the comment above `needs_tlslite` says."""
        staple, expected, _ = FACTS[name]
        session = by_openssl(replace(HONEST, staples=(staple,)))
        assert given_to_leaf(session, version) == (expected or None)

    @openssl_4
    def test_intermediates(self, name: str) -> None:
        """Whatever the leaf's staple is, intermediates get none of it."""
        client, session = TlsliteClient(), by_openssl(replace(HONEST, staples=(FACTS[name][0],)))
        pump(client, session)
        assert client.entries[1] == []

    def test_decision(self, name: str) -> None:
        """tlslite is called for what OpenSSL does not carry, and for what is not plain."""
        staple, arrives, plain = FACTS[name]
        assert needs_tlslite((staple,), leaf().der) is not plain
        assert not plain or arrives == staple

    @each_version
    def test_tlslite(self, name: str, version: str) -> None:
        """tlslite carries every one as it is."""
        staple = FACTS[name][0]
        session = start("tlslite", replace(HONEST, staples=(staple,)))
        assert given_to_leaf(session, version) == staple
        assert session.staple_sent == staple

    @each_version
    def test_end_to_end(self, name: str, version: str) -> None:
        """The transport that is decided on delivers the bytes, and they are recorded."""
        staple = FACTS[name][0]
        shown = replace(HONEST, staples=(staple,))
        transport = "tlslite" if needs_tlslite(shown.staples, leaf().der) else "openssl"
        session = start(transport, shown)
        assert given_to_leaf(session, version) == session.staple_sent == staple


@each_version
class TestRefusedByClients:
    @openssl_4
    def test_garbage(self, version: str) -> None:
        """OpenSSL's client has no use for a staple that does not parse, and says so."""
        client = OpenSSLClient(version)
        session = start("tlslite", replace(HONEST, staples=(b"garbage",)))
        pump(client, session)
        assert session.alert == "bad_certificate_status_response"
        assert session.staple_sent == b"garbage"

    def test_empty(self, version: str) -> None:
        """RFC 6066 has no empty response, and OpenSSL's client has no use for it; older ones have no word."""
        client, session = OpenSSLClient(version), start("tlslite", replace(HONEST, staples=(b"",)))
        pump(client, session)
        older = SSL.OPENSSL_VERSION_NUMBER < 0x40000000
        assert session.alert == ("internal_error" if older else "decode_error")
        assert session.staple_sent == b""


class TestDecision:
    def test_no_staples(self) -> None:
        """Nothing to carry is no work for tlslite."""
        assert not needs_tlslite((), leaf().der)
        assert not needs_tlslite((None, None), leaf().der)

    def test_intermediates(self) -> None:
        """A staple on an intermediate is."""
        assert needs_tlslite((GOOD, response(CA, ROOT)), leaf().der)
        assert not needs_tlslite((GOOD, None), leaf().der)

    @openssl_4
    @each_version
    def test_self_signed(self, version: str) -> None:
        """OpenSSL staples nothing to a self-signed leaf; tlslite does."""
        staple = response(SELF_SIGNED, SELF_SIGNED)
        shown = Presentation((SELF_SIGNED.der,), SELF_SIGNED.key, (staple,))
        assert needs_tlslite(shown.staples, SELF_SIGNED.der)
        for start_with, expected in ((by_openssl, b""), (TlsliteSession, staple)):
            client = OpenSSLClient(version, trust=SELF_SIGNED)
            pump(client, start_with(shown))
            assert client.staple == expected

    def test_leaf_that_does_not_parse(self) -> None:
        """A leaf that is no certificate is not OpenSSL's to show."""
        assert needs_tlslite((GOOD,), b"not a certificate")

    @each_version
    def test_large(self, version: str) -> None:
        """A staple of many records arrives, by either transport."""
        many = with_singles(GOOD, singles(GOOD) * 400)
        assert len(many) > 32_768
        for transport in TRANSPORTS:
            session = start(transport, replace(HONEST, staples=(many,)))
            assert given_to_leaf(session, version) == many
