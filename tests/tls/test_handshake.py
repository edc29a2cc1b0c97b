"""The evidence of a handshake: versions, protocols, client certificates."""

import ssl

import pytest

from mockpki import PKI, faults
from tests.kit.tls_clients import VERSIONS, connected, context, each_version, shake_hands
from tests.tls.kit import GET, only

# Which version, which protocol.


@each_version
def test_versions_are_kept_to(pki: PKI, version: str) -> None:
    """A server for one version completes with it, and tells a client of the other: protocol_version."""
    other = next(name for name in VERSIONS if name != version)
    leaf = pki.issue_cert("localhost")
    with pki.tls_server(leaf, minimum_version=version, maximum_version=version) as server:
        with connected(server, context(pki)) as tls:
            assert tls.version() == version
        with pytest.raises(ssl.SSLError, match=r"(?i)alert protocol version"):
            shake_hands(server, context(pki, other))
        met, missed = server.connections
    assert (met.version, met.completed) == (version, True)
    assert not missed.completed
    assert missed.error is not None
    assert "protocol_version" in missed.error


def test_alpn_is_the_servers_first_that_the_client_knows(pki: PKI) -> None:
    """ALPN is negotiated in the server's order, refused where nothing matches, and recorded."""
    alpn, handler = ["h2", "http/1.1"], lambda sock: sock.recv(1)
    with pki.tls_server(pki.issue_cert("localhost"), alpn=alpn, handler=handler) as server:
        for offered, agreed in (
            (["http/1.1", "h2"], "h2"),
            (["http/1.1"], "http/1.1"),
            (None, None),
        ):
            with connected(server, context(pki, alpn=offered)) as tls:
                assert tls.selected_alpn_protocol() == agreed
            assert server.connections[-1].alpn == agreed
        with pytest.raises(ssl.SSLError, match="no application protocol"):
            shake_hands(server, context(pki, alpn=["other"]))
        assert server.connections[-1].alpn is None


# Client certificates.


@each_version
def test_client_certificate(pki: PKI, version: str) -> None:
    """An optional one is recorded where it comes, and may be missing."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with pki.tls_server(leaf, client_ca=pki.ca) as server:
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        with connected(server, context(pki, version)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        shown, none = server.connections
    assert shown.client_certificate == client.certificate
    assert none.client_certificate is None
    assert shown.completed
    assert none.completed


@each_version
def test_a_required_client_certificate(pki: PKI, version: str) -> None:
    """None at all and another CA's are refused, each with its alert; the right one is accepted."""
    leaf, client = pki.issue_cert("localhost"), pki.issue_cert("user@example.com", client=True)
    with (
        PKI() as other,
        pki.tls_server(leaf, client_ca=pki.ca, client_certificate_required=True) as server,
    ):
        stranger = other.issue_cert("user@example.com", client=True)
        for own, alert in ((None, "required|handshake failure"), (stranger, "unknown ca")):
            with (
                pytest.raises(ssl.SSLError, match=rf"(?i)alert.*({alert})"),
                connected(server, context(pki, version, own=own)) as tls,
            ):
                # In TLS 1.3 the client is done before the server has judged.
                tls.recv(1)
        with connected(server, context(pki, version, own=client)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        missing, wrong, right = server.connections
    assert not missing.completed
    assert "peer did not return a certificate" in str(missing.error)
    assert not wrong.completed
    assert "unknown_ca" in str(wrong.error)
    assert right.completed
    assert right.client_certificate == client.certificate


def test_clients_of_another_pki(pki: PKI) -> None:
    """client_ca= is a trust anchor, and may be anybody's; several may be given."""
    with PKI() as other, pki.tls_server(pki.issue_cert("localhost"), client_ca=[pki.ca, other.ca]) as server:
        stranger = other.issue_cert("user@example.com", client=True)
        shake_hands(server, context(pki, own=stranger))
        assert only(server).client_certificate == stranger.certificate


def test_a_client_with_an_odd_certificate(pki: PKI) -> None:
    """A serial number that is not positive is recorded like any other."""
    client = pki.issue_cert("user@example.com", client=True, faults=[faults.SerialNumber(-1)])
    with pki.tls_server(pki.issue_cert("localhost"), client_ca=pki.ca) as server:
        shake_hands(server, context(pki, own=client))
        assert only(server).client_certificate == client.certificate
