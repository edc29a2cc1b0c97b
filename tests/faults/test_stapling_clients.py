"""What clients say of faults of staples, where the RFCs leave one answer."""

import ssl
from collections.abc import Callable
from typing import Any

from mockpki import PKI, faults
from mockpki._tls.server import TlsServer
from tests.kit.stapled import TLS12, TLS13, each_version, only
from tests.kit.tls_clients import context, gnutls_cli, s_client, shake_hands

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
