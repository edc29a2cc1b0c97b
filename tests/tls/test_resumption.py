"""Sessions that are resumed, where a server is asked to: what clients then see, and the evidence of it."""

import re
import socket
import ssl
from pathlib import Path

import pytest

from mockpki import PKI, faults
from mockpki._tls.resumption import Resumption
from mockpki._tls.server import TlsServer
from tests.kit.tls_clients import connected, context, each_version, handshake_messages, received, s_client
from tests.tls.kit import GET

GET_AND_CLOSE = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CERTIFICATE, CERTIFICATE_STATUS = 11, 22

ODD = [faults.StapleOnIntermediate([faults.Good()])]
"""A staple that OpenSSL cannot send: the session is tlslite's."""

each_library = pytest.mark.parametrize("staple", [(), ODD], ids=["openssl", "tlslite"])


def visit(
    server: TlsServer, ctx: ssl.SSLContext, session: ssl.SSLSession | None = None, name: str = "localhost"
) -> ssl.SSLSession:
    """One request by Python's ssl, which has a *session* to resume; that which it has then.

    The evidence says the same as the client.
    """
    with (
        socket.create_connection((server.host, server.port), timeout=10) as sock,
        ctx.wrap_socket(sock, server_hostname=name, session=session) as tls,
    ):
        tls.sendall(GET_AND_CLOSE)
        assert received(tls).startswith(b"HTTP/1.1 200 ")
        got, reused = tls.session, tls.session_reused
    shake = server.connections[-1]
    assert shake.completed
    assert shake.resumed == reused
    assert (", resumed: " in str(shake)) == reused
    assert got is not None
    return got


def resumed(server: TlsServer) -> list[bool]:
    """Of each connection, whether it went on with an earlier session."""
    return [shake.resumed for shake in server.connections]


@each_version
@each_library
def test_a_session_is_resumed(pki: PKI, version: str, staple: list[faults.StapleOnIntermediate]) -> None:
    """By both libraries, in both versions: the second connection goes on with what the first began."""
    ctx, leaf = context(pki, version), pki.issue_cert("localhost")
    with pki.tls_server(leaf, staple=staple, resumption=True) as server:
        visit(server, ctx, visit(server, ctx))
        first, second = server.connections
        assert [first.resumed, second.resumed] == [False, True]
        assert (second.leaf, second.version, second.requests) == (leaf, version, 1)
        assert (second.staple, second.staples) == (None, ())
        assert second.staple_reason == (
            "an earlier session was resumed, in which no certificate is sent, and no staple"
        )


@each_version
@each_library
def test_no_session_is_resumed_by_default(
    pki: PKI, version: str, staple: list[faults.StapleOnIntermediate]
) -> None:
    """Without ``resumption=True``, each connection shows the certificate, whatever the client has kept."""
    ctx = context(pki, version)
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        visit(server, ctx, visit(server, ctx))
        assert resumed(server) == [False, False]


@each_version
@each_library
def test_no_session_goes_on_under_another_certificate(
    pki: PKI, version: str, staple: list[faults.StapleOnIntermediate]
) -> None:
    """A session that was begun with one certificate of a server's is none for its other."""
    ctx, leaves = context(pki, version), [pki.issue_cert("a.test"), pki.issue_cert("b.test")]
    with pki.tls_server(*leaves, staple=staple, resumption=True) as server:
        session = visit(server, ctx, name="a.test")
        visit(server, ctx, session, name="b.test")
        visit(server, ctx, session, name="a.test")
        assert resumed(server) == [False, False, True]


@each_version
@each_library
def test_the_client_certificate_stays_known(
    pki: PKI, version: str, staple: list[faults.StapleOnIntermediate]
) -> None:
    """The client that is not asked again is still whom it was when the session began."""
    own = pki.issue_cert("client.test", client=True)
    ctx = context(pki, version, own=own)
    with pki.tls_server(
        pki.issue_cert("localhost"),
        staple=staple,
        resumption=True,
        client_ca=pki.ca,
        client_certificate_required=True,
    ) as server:
        visit(server, ctx, visit(server, ctx))
        assert resumed(server) == [False, True]
        assert [shake.client_certificate for shake in server.connections] == [own.certificate] * 2


@each_version
def test_what_openssl_sees_of_a_revoked_certificate(pki: PKI, version: str, tmp_path: Path) -> None:
    """``s_client -sess_in``: no certificate and no staple on the wire, though it is revoked by now."""
    leaf, kept = pki.issue_cert("localhost"), tmp_path / "session.pem"
    with pki.tls_server(leaf, resumption=True) as server:
        first = s_client(pki, server, version, "-status", "-ign_eof", "-sess_out", kept, send=GET_AND_CLOSE)
        pki.revoke(leaf)
        again = s_client(pki, server, version, "-status", "-ign_eof", "-sess_in", kept, send=GET_AND_CLOSE)
        anew = s_client(pki, server, version, "-status", "-ign_eof", send=GET_AND_CLOSE)
        assert resumed(server) == [False, True, False]
        assert [shake.staple is None for shake in server.connections] == [False, True, False]
        assert all(shake.staple_requested for shake in server.connections)
    assert "Cert Status: good" in first.stdout
    assert "Cert Status: revoked" in anew.stdout
    assert re.search("^Reused, ", again.stdout, re.MULTILINE)
    assert "Cert Status" not in again.stdout
    assert CERTIFICATE in kinds(first.stdout)
    assert not {CERTIFICATE, CERTIFICATE_STATUS} & kinds(again.stdout)


def kinds(printed: str) -> set[int]:
    """The kinds of handshake message that came from the server."""
    found, octets = set(), handshake_messages(printed)
    while octets:
        found.add(octets[0])
        octets = octets[4 + int.from_bytes(octets[1:4]) :]
    return found


@each_library
def test_sessions_by_their_number(pki: PKI, staple: list[faults.StapleOnIntermediate]) -> None:
    """``s_client -reconnect`` without tickets: five times it goes on with a session that the server kept."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple, resumption=True) as server:
        printed = s_client(pki, server, "TLSv1.2", "-reconnect", "-no_ticket").stdout
        assert resumed(server) == [False, *[True] * 5]
    assert len(re.findall("^Reused, ", printed, re.MULTILINE)) == 5


def test_what_is_kept_is_apart() -> None:
    """The same for the same, and for another another key."""
    memory = Resumption()
    first = memory.find(("a", 1), dict)
    assert memory.find(("a", 1), dict) is first
    assert memory.find(("a", 2), dict).ticket_key != first.ticket_key
    assert Resumption().find(("a", 1), dict).ticket_key != first.ticket_key


def test_handshakes_that_fail_are_not_resumed(pki: PKI) -> None:
    """What was never completed is no session, and the evidence does not call it one."""
    with PKI() as other, pki.tls_server(pki.issue_cert("localhost"), resumption=True) as server:
        with pytest.raises(ssl.SSLCertVerificationError), connected(server, context(other)):
            pass
        assert resumed(server) == [False]
