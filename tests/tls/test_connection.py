"""One client at a time: those that wait, leave, vanish, and send what is no TLS."""

import contextlib
import socket
import struct
import threading

import pytest

from mockpki import PKI, Leaf, faults
from mockpki._tls.alerts import alert_name
from tests.kit.tls_clients import connected, context, each_version, received
from tests.kit.tls_octets import handshake_records, opaque
from tests.tls.kit import GET, client_hello, only, staple_seen


def test_a_stapler_at_work_delays_nobody_else(pki: PKI) -> None:
    """While a stapler is at work others are served, and the server closes without waiting for it."""
    entered, leave = threading.Event(), threading.Event()

    def work(leaf: Leaf) -> None:
        entered.set()
        leave.wait(30)

    with pki.tls_server(pki.issue_cert("localhost"), staple=work) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(client_hello(ask=True))
            assert entered.wait(10)
            with connected(server, context(pki)) as tls:
                assert tls.version() == "TLSv1.3"
            server.close()
            assert not leave.is_set()
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        leave.set()
        waited, served = server.connections
    assert waited.staple_requested
    assert not waited.completed
    assert waited.error == "the server was closed before the handshake was complete"
    assert served.completed


def test_a_client_may_leave_while_the_stapler_works(pki: PKI) -> None:
    """What a stapler returns for a client that has left meets nobody, and is no error."""
    entered, leave = threading.Event(), threading.Event()

    def work(leaf: Leaf) -> bytes:
        entered.set()
        leave.wait(30)
        return pki.ocsp.response_for(leaf)

    with pki.tls_server(pki.issue_cert("localhost"), staple=work) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(client_hello(ask=True))
            assert entered.wait(10)
        assert only(server).closed
        assert only(server).error == "the client closed the connection before the stapler had returned"
        leave.set()
        assert staple_seen(pki, server) == server.connections[1].staple


# Clients that misbehave.


def test_a_client_that_says_nothing(pki: PKI) -> None:
    """It is recorded while it is there, with what it failed to do once it has left."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port)):
            assert not only(server).closed
            assert only(server).error is None
        assert only(server).closed
        assert only(server).error == "the client closed the connection before it had sent a ClientHello"
        with connected(server, context(pki)) as tls:
            assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize(
    "junk",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(100), bytes(1 << 18), b"\x80\x2e\x01"],
    ids=["HTTP", "bad record", "zeros", "SSLv2"],
)
def test_a_client_that_sends_garbage(pki: PKI, junk: bytes) -> None:
    """What is no TLS ends that connection with an error on record, and no other."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with (
            socket.create_connection((server.host, server.port), timeout=10) as sock,
            contextlib.suppress(OSError),  # it may be cut off at any point
        ):
            sock.sendall(junk)
            sock.shutdown(socket.SHUT_WR)
            received(sock)
        with connected(server, context(pki)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
        broken, sound = server.connections
    assert broken.closed
    assert not broken.completed
    assert broken.error is not None
    assert sound.completed


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("part", [0.5, 1.0], ids=["half a ClientHello", "a ClientHello"])
def test_a_client_that_vanishes(pki: PKI, part: float, reset: bool) -> None:
    """A client that leaves within the handshake leaves a record of how far it came."""
    hello = client_hello(ask=True)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(hello[: int(len(hello) * part)])
            assert only(server).staple_requested == (part == 1.0)
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone = only(server)
        assert gone.closed
        assert not gone.completed
        done = "the handshake was complete" if part == 1.0 else "it had sent a ClientHello"
        assert gone.error == f"the client closed the connection before {done}"
        with connected(server, context(pki)) as tls:
            assert tls.version() == "TLSv1.3"


ODD_NAMES = ["two words", "a\x01b", "\x7f", "a b.localhost", "\t"]


@each_version
@pytest.mark.parametrize("bent", [False, True], ids=["OpenSSL", "tlslite"])
@pytest.mark.parametrize("name", [*ODD_NAMES, "localhost", "a_b.test"])
def test_a_name_that_is_none_hides_no_wish(pki: PKI, name: str, bent: bool, version: str) -> None:
    """A server name that is no host name is as if there were none: the staple that was asked for is sent."""
    staple = [faults.WrongSerial()] if bent else ()
    with pki.tls_server(pki.issue_cert("localhost"), staple=staple) as server:
        assert staple_seen(pki, server, version, name) == only(server).staple != b""
        assert only(server).staple_requested
        assert only(server).server_name == (None if name in ODD_NAMES else name)


@pytest.mark.parametrize(
    ("number", "alert"),
    [(16, "decode_error"), (43, "protocol_version")],
    ids=["ALPN", "supported_versions"],
)
def test_an_extension_that_the_tls_library_refuses(pki: PKI, number: int, alert: str) -> None:
    """What nobody here reads is OpenSSL's to judge, and says so; what was read is on record."""
    name = opaque(2, b"\0" + opaque(2, b"localhost"))
    block = b"".join(kind.to_bytes(2) + opaque(2, content) for kind, content in ((0, name), (number, b"\0")))
    body = b"\3\3" + bytes(32) + b"\0" + opaque(2, b"\xc0\x2f") + b"\1\0" + opaque(2, block)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(handshake_records(b"\1" + opaque(3, body)))
            sent = received(sock)
        assert sent[:1] == b"\x15"
        assert alert_name(sent[-1]) == alert
        handshake = only(server)
    assert handshake.server_name == "localhost"
    assert not handshake.completed
    assert f"OpenSSL ended the connection with {alert}: " in str(handshake.error)


def test_a_client_hello_in_single_octets(pki: PKI) -> None:
    """A ClientHello may come in any pieces."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in client_hello(ask=True):
                sock.sendall(bytes([octet]))
            assert sock.recv(1) == b"\x16"
        assert only(server).staple_requested
        assert only(server).staple is not None


@each_version
def test_close_notify_is_answered(pki: PKI, version: str) -> None:
    """A client that closes in order gets the server's close_notify back."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            tls.sendall(GET)
            assert tls.recv(15) == b"HTTP/1.1 200 OK"
            tls.settimeout(10)
            received_rest = tls.recv(1 << 16)
            assert received_rest
            tls.unwrap().close()
        assert only(server).error is None
        assert only(server).alert is None


def test_many_at_once(pki: PKI) -> None:
    """Fifty clients at a time are all served, each with its own record."""
    leaf, ctx = pki.issue_cert("localhost"), context(pki)
    with pki.tls_server(leaf) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server, ctx)) for _ in range(50)]
        for tls in clients:
            tls.sendall(GET)
        assert all(tls.recv(15) == b"HTTP/1.1 200 OK" for tls in clients)
        assert len(server.connections) == 50
        assert all(handshake.completed and handshake.requests == 1 for handshake in server.connections)
        assert len({handshake.client for handshake in server.connections}) == 50
