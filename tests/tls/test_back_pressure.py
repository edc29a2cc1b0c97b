"""Whoever does not read stops whoever sends, in every direction; and then everything arrives."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockpki import PKI, Leaf
from mockpki._tls.server import TlsServer
from tests.kit.plain_server import plain_server
from tests.kit.tls_clients import connected, context, each_version, received
from tests.tls.kit import GET, client_hello, only

PATTERN = bytes(range(256)) * 256
# The buffers of the system between the two, and what is kept here: well below what is offered.
OFFERED, AT_MOST = 200 << 20, 60 << 20
FULL = (BlockingIOError, ssl.SSLWantWriteError)


def fill(sock: socket.socket, settle: Callable[[], object]) -> int:
    """Send until nothing more is taken, though all that has arrived was read; how much went."""
    sock.setblocking(False)
    sent = quiet = 0
    while quiet < 20 and sent < OFFERED:
        try:
            sent += sock.send(memoryview(PATTERN)[sent % len(PATTERN) :])
            quiet = 0
        except FULL:
            settle()
            quiet += 1
    sock.settimeout(30)
    return sent


def taken(sock: socket.socket, size: int) -> bool:
    """Read so many octets; whether they are those that `fill` sends."""
    got = bytearray()
    while len(got) < size:
        got += sock.recv(min(1 << 20, size - len(got)))
    return got == (PATTERN * (size // len(PATTERN) + 1))[:size]


@contextlib.contextmanager
def behind(kind: str, serve: Callable[[socket.socket], None]) -> Iterator[dict[str, Any]]:
    """What `tls_server` is given to have *serve* behind it: as a handler, or as another server."""
    if kind == "handler":
        yield {"handler": serve}
    else:
        with plain_server(serve) as address:
            yield {"forward_to": address}


each_kind = pytest.mark.parametrize("kind", ["handler", "forward_to"])


@each_kind
@each_version
def test_a_server_that_does_not_read_stops_the_client(pki: PKI, kind: str, version: str) -> None:
    """It may send what it has to say meanwhile; and what the client could send arrives when it reads."""
    sent: list[int] = []
    stuffed, found = threading.Event(), threading.Event()
    whole: list[bool] = []

    def serve(sock: socket.socket) -> None:
        assert stuffed.wait(60)
        sock.sendall(b"meanwhile")
        assert found.wait(60)
        whole.append(taken(sock, sent[0]))
        rest = b""
        while not rest.endswith(b"-last"):
            rest += sock.recv(1 << 16)
        sock.sendall(b"and more")

    with (
        behind(kind, serve) as given,
        pki.tls_server(pki.issue_cert("localhost"), **given) as server,
        connected(server, context(pki, version)) as tls,
    ):
        sent.append(fill(tls, lambda: server.connections))
        stuffed.set()
        assert tls.recv(9) == b"meanwhile"
        found.set()
        # OpenSSL has begun a record with it, and wants it again.
        tls.sendall(memoryview(PATTERN)[sent[0] % len(PATTERN) :])
        tls.sendall(b"-last")
        assert received(tls) == b"and more"
    assert 0 < sent[0] < AT_MOST
    assert whole == [True]


@each_kind
@each_version
def test_a_client_that_does_not_read_stops_the_server(pki: PKI, kind: str, version: str) -> None:
    """It may still say something; and what was sent arrives when it reads, with the end behind it."""
    sent: list[int] = []
    heard: list[bytes] = []
    stuffed = threading.Event()
    servers: list[TlsServer] = []

    def serve(sock: socket.socket) -> None:
        sent.append(fill(sock, lambda: servers[0].connections))
        stuffed.set()
        heard.append(sock.recv(9))
        sock.sendall(b"the end")

    with behind(kind, serve) as given, pki.tls_server(pki.issue_cert("localhost"), **given) as server:
        servers.append(server)
        with connected(server, context(pki, version)) as tls:
            assert stuffed.wait(60)
            tls.sendall(b"meanwhile")
            assert taken(tls, sent[0])
            assert received(tls) == b"the end"
    assert 0 < sent[0] < AT_MOST
    assert heard == [b"meanwhile"]


def test_its_own_http_answers_as_answers_are_taken(pki: PKI) -> None:
    """Requests behind answers that nobody reads are not heard."""
    ctx = context(pki)
    with (
        pki.tls_server(pki.issue_cert("localhost")) as server,
        socket.socket() as sock,
    ):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 12)
        sock.connect((server.host, server.port))
        with ctx.wrap_socket(sock, server_hostname="localhost") as tls:
            tls.setblocking(False)
            pipeline, sent, quiet = GET * 1000, 0, 0
            while quiet < 20 and sent < OFFERED:
                try:
                    sent += tls.send(memoryview(pipeline)[sent % len(pipeline) :])
                    quiet = 0
                except FULL:
                    quiet += bool(server.connections)
            assert sent < AT_MOST
            assert 0 < only(server).requests <= sent // len(GET)


def test_what_a_client_sends_before_its_staple_is_there_is_bounded(pki: PKI) -> None:
    """It is left where it is, others are served, and it is read on when the stapler returns."""
    entered, leave = threading.Event(), threading.Event()

    def work(leaf: Leaf) -> None:
        entered.set()
        leave.wait(60)

    with pki.tls_server(pki.issue_cert("localhost"), staple=work) as server:
        with socket.create_connection((server.host, server.port), timeout=30) as sock:
            sock.sendall(client_hello(ask=True))
            assert entered.wait(10)
            sent = fill(sock, lambda: server.connections)
            assert 1 << 16 < sent < AT_MOST
            with connected(server, context(pki)) as tls:
                tls.sendall(GET)
                assert tls.recv(15) == b"HTTP/1.1 200 OK"
            leave.set()
            with contextlib.suppress(ConnectionResetError):
                received(sock)
        early, served = server.connections
    assert early.staple_requested
    assert early.error is not None
    assert early.error.startswith("OpenSSL ended the connection with")
    assert served.completed


@each_kind
@each_version
@pytest.mark.parametrize("size", [0, 100, 5 << 20])
def test_an_answer_that_comes_before_the_question_is_read(
    pki: PKI, kind: str, version: str, size: int
) -> None:
    """Whoever answers and closes without reading has answered: neither end takes the answer away.

    What a server behind has not sent when it resets its connection, it has taken away itself.
    """
    answer = PATTERN * 3 if kind == "handler" else PATTERN[:1000]
    with (
        behind(kind, lambda sock: sock.sendall(answer)) as given,
        pki.tls_server(pki.issue_cert("localhost"), **given) as server,
    ):
        for _ in range(5):
            with connected(server, context(pki, version)) as tls:
                tls.settimeout(30)
                tls.sendall(bytes(size))
                assert received(tls) == answer
    pki.check()
