"""Client certificates: both transports judge each as the other does, with the same alert."""

import socket
import ssl
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockpki import PKI, Leaf, faults
from mockpki._pkix.keys import KeyType
from mockpki._tls.client_certificates import (
    RefusedCertificateError,
    anchor_store,
    check_client_certificate,
)
from mockpki._tls.handshake import Handshake
from mockpki._tls.server import TlsServer
from mockpki._tls.session import needs_tlslite
from tests.kit.authorities import key
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


# What the test wants to be refused.


def answer(pki: PKI, server: TlsServer, version: ssl.TLSVersion, client: Leaf | None) -> str:
    """What a client of the ssl module meets when it asks: the status line, or OpenSSL's name of the alert."""
    context = ssl.create_default_context(cafile=pki.ca_file)
    context.minimum_version = context.maximum_version = version
    if client is not None:
        client.configure_cert(context)
    try:
        with (
            socket.create_connection((server.host, server.port), timeout=30) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            # With TLS 1.3 a client learns it only here.
            return tls.recv(15).decode()
    except ssl.SSLError as error:
        return str(error.reason).lower()


BOTH = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.mark.parametrize("version", BOTH)
def test_revoked_clients_are_refused(pki: PKI, version: ssl.TLSVersion) -> None:
    """The alert is certificate_revoked for the revoked and those on hold, and no other; as it now stands."""
    below = pki.ca.create_child_ca()
    alice, bob, carol, dave = (
        ca.issue_cert(f"{number}@a.example", client=True)
        for number, ca in enumerate((pki.ca, pki.ca, below, pki.root))
    )
    with PKI() as other:
        eve = other.ca.issue_cert("eve", client=True)
        server = pki.tls_server(
            pki.issue_cert("localhost"), client_ca=[pki.root, other.root], refuse_clients="revoked"
        )
        with server:
            everyone = (alice, bob, carol, dave, eve, None)
            for client in everyone:
                assert answer(pki, server, version, client) == "HTTP/1.1 200 OK"
            pki.revoke(alice, "key_compromise")
            pki.revoke(bob, "certificate_hold")
            pki.revoke(below)
            other.revoke(eve)
            pki.forget(dave)
            server.reset()
            refused = [answer(pki, server, version, client) for client in everyone]
            told = "sslv3_alert_certificate_revoked"
            assert refused == [told, told, told, "HTTP/1.1 200 OK", told, "HTTP/1.1 200 OK"]
            sent = [(one.completed, one.alert_sent) for one in server.connections]
            no, yes = (False, "certificate_revoked"), (True, None)
            assert sent == [no, no, no, yes, no, yes]
            assert str(server.connections[0].error).endswith(": this server refuses the client's certificate")
            pki.release(bob)
            assert answer(pki, server, version, bob) == "HTTP/1.1 200 OK"


CHOSEN = {
    "certificate_revoked": "sslv3_alert_certificate_revoked",
    "certificate_unknown": "sslv3_alert_certificate_unknown",
    "unknown_ca": "tlsv1_alert_unknown_ca",
    "bad_certificate": "sslv3_alert_bad_certificate",
    "certificate_expired": "sslv3_alert_certificate_expired",
    "access_denied": "tlsv1_alert_access_denied",
    "certificate_required": "tlsv13_alert_certificate_required",
    "internal_error": "tlsv1_alert_internal_error",
}


@pytest.mark.parametrize("version", BOTH)
def test_the_alert_of_the_tests_choice(pki: PKI, version: ssl.TLSVersion) -> None:
    """Any alert reaches the client, for all of them or for those that a function says; without one, none."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("joe@a.example", client=True)
    for alert, told in CHOSEN.items():
        with pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=alert) as server:
            assert answer(pki, server, version, client) == told
            assert answer(pki, server, version, None) == "HTTP/1.1 200 OK"
            assert [one.alert_sent for one in server.connections] == [alert, None]
    names = {client.serial_number: "access_denied"}
    other = pki.issue_cert("jane@a.example", client=True)
    with pki.tls_server(
        leaf, client_ca=pki.ca, refuse_clients=lambda certificate: names.get(certificate.serial_number)
    ) as server:
        assert answer(pki, server, version, client) == "tlsv1_alert_access_denied"
        assert answer(pki, server, version, other) == "HTTP/1.1 200 OK"


def test_a_function_that_fails(pki: PKI) -> None:
    """What it raises is for the test, and so is an alert that there is not; the client is turned away."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("joe@a.example", client=True)

    def forget(certificate: x509.Certificate) -> str:
        raise LookupError(f"nobody knows {certificate.serial_number}")

    wrongs: list[tuple[Any, type[Exception], str]] = [
        (forget, LookupError, f"nobody knows {client.serial_number}"),
        (lambda _: "revoked_certificate", ValueError, "has no alert 'revoked_certificate' to send"),
        (lambda _: 44, TypeError, "takes 'revoked', an alert's name or a function; got 44"),
    ]
    for wrong, kind, sentence in wrongs:
        with pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=wrong) as server:
            assert answer(pki, server, BOTH[1], client) == "tlsv1_alert_internal_error"
            assert server.connections[0].alert_sent == "internal_error"
        with pytest.raises(kind, match=sentence):
            pki.check()


def test_what_cannot_be_refused_with(pki: PKI) -> None:
    """An alert that there is not, or that ends a connection in peace, and a kind of key, are told at once."""
    leaf = pki.issue_cert("localhost")
    for wrong in ("certificate-revoked", "close_notify", "user_canceled", ""):
        with pytest.raises(
            ValueError, match=f"refuse_clients= has no alert '{wrong}' to send; give 'revoked'"
        ):
            pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=wrong)
    with pytest.raises(TypeError, match=r"refuse_clients= .*got 44"):
        pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=44)  # type: ignore[arg-type]

    async def judge(certificate: x509.Certificate) -> None:
        """No function that a handshake can wait for."""

    with pytest.raises(TypeError, match="refuse_clients="):
        pki.tls_server(leaf, client_ca=pki.ca, refuse_clients=judge)  # type: ignore[arg-type]
    odd = pki.issue_cert("localhost", key=key(KeyType.MLDSA44))  # skips where there is none
    with pytest.raises(ValueError, match="only tlslite can send what is asked for, and tlslite has no"):
        pki.tls_server(odd, client_ca=pki.ca, refuse_clients="revoked")


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
