"""Client certificates: both transports judge each as the other does, with the same alert."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockpki import PKI, Leaf, faults
from mockpki._tls.client_certificates import (
    RefusedCertificateError,
    anchor_store,
    check_client_certificate,
)
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from mockpki._tls.session import needs_tlslite
from tests.kit.profiles import KEY_USAGES
from tests.kit.staple_reader import capture
from tests.kit.tls_clients import VERSIONS, s_client

DAY = timedelta(days=1)


def usage(*names: str) -> x509.KeyUsage:
    """These bits of key usage, and no other."""
    bits = (*KEY_USAGES, "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in names for name in bits})


def own(*extensions: x509.ExtensionType, **options: object) -> Callable[[PKI], Leaf]:
    """A client of the PKI itself."""
    return lambda pki: pki.issue_cert("joe@a.example", client=True, extensions=extensions, **options)  # type: ignore[arg-type]


def serving(*usages: x509.ObjectIdentifier) -> Callable[[PKI], Leaf]:
    """A certificate with other extended key usages than a client's."""
    return lambda pki: pki.issue_cert("localhost", extensions=[x509.ExtendedKeyUsage(usages)])


def aged(start: float, end: float) -> Callable[[PKI], Leaf]:
    """One that is valid between two moments, in days from now."""

    def make(pki: PKI) -> Leaf:
        now = pki.clock.now()
        return pki.issue_cert("joe", client=True, not_before=now + start * DAY, not_after=now + end * DAY)

    return make


def bent(*given: faults.CertificateContent) -> Callable[[PKI], Leaf]:
    """A client's certificate with faults."""
    return lambda pki: pki.issue_cert("joe@a.example", client=True, faults=given)


CLIENTS: dict[str, Callable[[PKI], Leaf]] = {
    "P-256": own(),
    "P-384": own(key_type="P-384"),
    "RSA": own(key_type="RSA-2048"),
    "Ed25519": own(key_type="Ed25519"),
    "of a CA below": lambda pki: pki.ca.create_child_ca().issue_cert("joe@a.example", client=True),
    "of another CA": lambda pki: pki.root.create_child_ca().issue_cert("joe@a.example", client=True),
    "of the root": lambda pki: pki.root.issue_cert("joe@a.example", client=True),
    "a server's": lambda pki: pki.issue_cert("localhost"),
    "for both": serving(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    "for anything": serving(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE),
    "for code": serving(ExtendedKeyUsageOID.CODE_SIGNING),
    "agreement": own(usage("key_agreement")),
    "encryption": own(usage("key_encipherment")),
    "expired": aged(-9, -2),
    "not yet": aged(2, 9),
    "odd number": bent(faults.SerialNumber(-1)),
    "no extensions": bent(faults.NoExtensions()),
    "no usage": bent(faults.NoKeyUsage()),
    "version 1": bent(faults.CertVersion(None), faults.NoExtensions()),
}
REFUSED = {
    "of another CA": "unknown_ca",
    "of the root": "unknown_ca",
    "a server's": "unsupported_certificate",
    "for code": "unsupported_certificate",
    "for anything": "unsupported_certificate",
    "encryption": "unsupported_certificate",
    "expired": "certificate_expired",
    "not yet": "bad_certificate",
}


def visit(pki: PKI, server: TlsServer, version: str, client: Leaf | None) -> Handshake:
    """One handshake by a client that asks for a staple, and shows *client*; what the server noted."""
    with server:
        flight = capture(pki, server, version, prepare=client.configure_cert if client else lambda _: None)
        assert bool(flight.statuses[0]) == (server.connections[0].staple is not None)
        return server.connections[0]


def servers(pki: PKI, **options: Any) -> list[TlsServer]:
    """The same server by either transport: only tlslite sends a staple about another certificate."""
    leaf, staple = pki.issue_cert("localhost"), pki.ocsp.response_for(pki.issue_cert("a.example"))
    assert needs_tlslite((staple,), leaf.der)
    return [pki.tls_server(leaf, staple=None, **options), pki.tls_server(leaf, staple=staple, **options)]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CLIENTS)
def test_both_transports_judge_alike(pki: PKI, case: str, version: str) -> None:
    """Who is accepted is recorded, who is refused is told why by alert; and the transports agree on it."""
    client = CLIENTS[case](pki)
    for server in servers(pki, client_ca=pki.ca):
        noted = visit(pki, server, version, client)
        if case in REFUSED:
            assert not noted.completed
            assert f"ended the connection with {REFUSED[case]}: " in str(noted.error)
            assert noted.client_certificate is None
        else:
            assert noted.completed, noted.error
            assert noted.client_certificate == client.certificate


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("required", [False, True])
def test_a_certificate_that_is_missing(pki: PKI, version: str, required: bool) -> None:
    """Where it is required the client is told so, by the alert of its version; else it is welcome without."""
    alert = {"TLSv1.2": "handshake_failure", "TLSv1.3": "certificate_required"}[version]
    for server in servers(pki, client_ca=pki.ca, client_certificate_required=required):
        noted = visit(pki, server, version, None)
        assert noted.completed is not required
        assert noted.client_certificate is None
        expected = f"ended the connection with {alert}: peer did not return a certificate"
        assert (expected in str(noted.error)) is required


@pytest.mark.parametrize("version", VERSIONS)
def test_clients_are_told_which_cas(pki: PKI, version: str) -> None:
    """The names of the CAs are in the CertificateRequest of either transport, in their order."""
    with PKI() as other:
        for server in servers(pki, client_ca=[other.ca, pki.ca, pki.root]):
            with server:
                body = capture(pki, server, version).body(13) if version == "TLSv1.3" else None
                listed = s_client(pki, server, version, "-status").stdout
                listed = listed.partition("Acceptable client certificate CA names")[2]
            names = [ca.certificate.subject.public_bytes() for ca in (other.ca, pki.ca, pki.root)]
            # RFC 8446 section 4.2.4: "DistinguishedName authorities<3..2^16-1>", each behind its length.
            written = b"".join(len(name).to_bytes(2) + name for name in names)
            assert body is None or written in body
            told = [listed.index(ca.common_name) for ca in (other.ca, pki.ca)]
            assert told == sorted(told)


# Without a server.


def refusal(chain: Iterable[bytes], *anchors: bytes) -> str:
    """What is wrong with that chain; "" for nothing."""
    try:
        check_client_certificate(list(chain), anchors)
    except RefusedCertificateError as error:
        return str(error)
    return ""


def test_a_chain_leads_to_any_anchor(pki: PKI) -> None:
    """Root or intermediate, with what the client sends between; and to no other."""
    client = pki.ca.create_child_ca().issue_cert("joe@a.example", client=True)
    assert refusal(client.chain_ders, pki.ca.der) == refusal(client.chain_ders, pki.root.der) == ""
    assert "unable to get local issuer" in refusal(client.chain_ders[:1], pki.root.der)
    with PKI() as other:
        assert "unable to get local issuer" in refusal(client.chain_ders, other.root.der)
        assert refusal(client.chain_ders, other.root.der, pki.root.der) == ""
    assert "OpenSSL does not read this certificate" in refusal([b"\x30\x00"], pki.root.der)
    with pytest.raises(ValueError, match="OpenSSL does not read this certificate"):
        anchor_store((b"\x30\x00",))
