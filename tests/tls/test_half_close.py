"""A TLS client that has said all it has to say, and waits: by close_notify, or by closing its side of TCP."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from mockpki._tls.server import TlsServer
from tests.kit.endings import wait_until
from tests.kit.plain_server import plain_server
from tests.kit.tls_clients import VERSIONS, connected, context
from tests.kit.wire import held
from tests.tls.kit import GET, only

LARGE = bytes(range(256)) * 500
# Two transports: a staple that is to be written in a strange way needs the second.
TRANSPORTS: dict[str, list[Any]] = {"OpenSSL": [], "tlslite": [faults.DuplicateStaple()]}
each_version = pytest.mark.parametrize("version", VERSIONS)
each_transport = pytest.mark.parametrize("transport", TRANSPORTS)


class Client:
    """A TLS client in memory, whose records are sent by hand."""

    def __init__(self, sock: socket.socket, ctx: ssl.SSLContext) -> None:
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = ctx.wrap_bio(self._in, self._out, server_hostname="localhost")
        self._do(self._tls.do_handshake)

    def _do(self, call: Callable[[], Any]) -> Any:
        while True:
            try:
                result = call()
            except ssl.SSLWantReadError:
                self.flush()
                if not self._fill():
                    raise
            else:
                self.flush()
                return result

    def _fill(self) -> bytes:
        octets = self.sock.recv(1 << 16)
        if octets:
            self._in.write(octets)
        return octets

    def flush(self) -> None:
        if octets := self._out.read():
            self.sock.sendall(octets)

    def send(self, data: bytes) -> None:
        self._do(lambda: self._tls.write(data))

    def close_notify(self) -> None:
        """Say that no more will come, and wait for nothing."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self.flush()

    def shut_down(self) -> None:
        """The same to TCP, without a word of TLS."""
        self.sock.shutdown(socket.SHUT_WR)

    def everything(self) -> bytes:
        """All that comes up to the server's close_notify, which must come, and the end of TCP."""
        parts = []
        # After it has sent close_notify Python's read() ends where OpenSSL says that the server has, too.
        while part := self._do(lambda: self._read()):
            parts.append(part)
        assert self.sock.recv(1 << 16) == b""
        return b"".join(parts)

    def _read(self) -> bytes:
        try:
            return self._tls.read(1 << 16)
        except ssl.SSLZeroReturnError:
            return b""


ENDS: dict[str, Callable[[Client], None]] = {"close_notify": Client.close_notify, "FIN": Client.shut_down}
each_end = pytest.mark.parametrize("end", ENDS)


@contextlib.contextmanager
def client_of(server: TlsServer, ctx: ssl.SSLContext) -> Iterator[Client]:
    """One connection to *server*."""
    with socket.create_connection((server.host, server.port), timeout=20) as sock:
        yield Client(sock, ctx)


def is_cut(version: str, end: str) -> bool:
    """Whether TLS says that pending writes are discarded: RFC 5246 section 7.2.1."""
    return version == "TLSv1.2" and end == "close_notify"


@each_version
@each_transport
@each_end
def test_a_handler_answers_late(pki: PKI, version: str, transport: str, end: str) -> None:
    """It reads to the end of what came, takes its time, and all it says arrives, with close_notify behind."""
    heard: list[bytes] = []
    go = threading.Event()

    def handler(sock: socket.socket) -> None:
        heard.append(b"".join(iter(lambda: sock.recv(1 << 16), b"")))
        go.wait(20)
        sock.sendall(LARGE)

    leaf, staple = pki.issue_cert("localhost"), TRANSPORTS[transport]
    with pki.tls_server(leaf, handler=handler, staple=staple) as server:
        with client_of(server, context(pki, version)) as client:
            client.send(b"a question")
            ENDS[end](client)
            wait_until(lambda: bool(heard))
            go.set()
            if is_cut(version, end):
                assert client.everything() == b""
            else:
                assert client.everything() == LARGE
        assert heard == [b"a question"]
        wait_until(lambda: only(server).closed)
        assert (only(server).completed, only(server).error, only(server).alert) == (True, None, None)


@each_version
@each_transport
@each_end
def test_a_server_behind_answers_late(pki: PKI, version: str, transport: str, end: str) -> None:
    """It hears the end of the question, and what it says then is carried back."""

    def serve(sock: socket.socket) -> None:
        asked = b"".join(iter(lambda: sock.recv(1 << 16), b""))
        sock.sendall(LARGE + asked)

    leaf, staple = pki.issue_cert("localhost"), TRANSPORTS[transport]
    with (
        plain_server(serve) as address,
        pki.tls_server(leaf, forward_to=address, staple=staple) as server,
        client_of(server, context(pki, version)) as client,
    ):
        client.send(b"a question")
        ENDS[end](client)
        assert client.everything() == (b"" if is_cut(version, end) else LARGE + b"a question")


@each_version
@each_transport
@each_end
def test_http_is_answered_and_ended(pki: PKI, version: str, transport: str, end: str) -> None:
    """A request and the end in one: answered, and the connection is over at once, on both sides."""
    with pki.tls_server(pki.issue_cert("localhost"), staple=TRANSPORTS[transport]) as server:
        with client_of(server, context(pki, version)) as client:
            client.send(GET)
            ENDS[end](client)
            assert client.everything().startswith(b"HTTP/1.1 200 OK\r\n")
        wait_until(lambda: only(server).closed)
        assert (only(server).requests, only(server).error) == (1, None)


@each_version
def test_a_handler_that_ends_its_side_reads_on(pki: PKI, version: str) -> None:
    """The end of its output is not the end of the client's: what comes after it is heard."""
    heard: list[bytes] = []

    def handler(sock: socket.socket) -> None:
        sock.sendall(b"all I have")
        sock.shutdown(socket.SHUT_WR)
        heard.append(b"".join(iter(lambda: sock.recv(1 << 16), b"")))

    with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
        with client_of(server, context(pki, version)) as client:
            assert client.everything() == b"all I have"
            client.send(LARGE)
            client.close_notify()
            client.shut_down()
            wait_until(lambda: bool(heard))
        wait_until(lambda: only(server).closed)
    assert heard == [LARGE]


@each_version
@each_transport
def test_a_handler_that_returns_ends_both(pki: PKI, version: str, transport: str) -> None:
    """What it said arrives; the connection is over, though the client has closed nothing."""
    staple = TRANSPORTS[transport]
    with pki.tls_server(
        pki.issue_cert("localhost"), handler=lambda sock: sock.sendall(LARGE), staple=staple
    ) as server:
        with client_of(server, context(pki, version)) as client:
            assert client.everything() == LARGE
            wait_until(lambda: only(server).closed)
        assert only(server).error is None


@each_end
@pytest.mark.parametrize("leaves", ["in order", "by a reset"])
def test_a_client_that_leaves_altogether_is_found(pki: PKI, end: str, leaves: str) -> None:
    """Though the handler says nothing, nor reads, and the client had closed its side before."""
    stop = threading.Event()
    engine = Engine._current
    assert engine is not None
    with pki.tls_server(pki.issue_cert("localhost"), handler=lambda sock: stop.wait(20)) as server:
        with client_of(server, context(pki)) as client:
            ENDS[end](client)
            client.sock.settimeout(0.1)
            with pytest.raises(TimeoutError):
                client.everything()
            assert not only(server).closed
            if leaves == "by a reset":
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif end == "close_notify":
                client.shut_down()
        wait_until(lambda: only(server).closed)
        stop.set()
    wait_until(lambda: not engine.connections)


@each_end
def test_closing_waits_for_no_handler_that_notices(end: str) -> None:
    """A server closes on clients that have closed their side and wait, and nothing is left."""
    before = held()

    def handler(sock: socket.socket) -> None:
        while sock.recv(1 << 16):
            pass
        while True:
            sock.sendall(b"on and on")

    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
            clients = [socket.create_connection((server.host, server.port), timeout=20) for _ in range(5)]
            for sock in clients:
                client = Client(sock, context(pki))
                client.send(b"a question")
                ENDS[end](client)
            wait_until(lambda: all(handshake.completed for handshake in server.connections))
        assert all(handshake.closed for handshake in server.connections)
    for sock in clients:
        sock.close()
    assert held() == before


@each_version
def test_a_client_that_stops_in_the_handshake_is_let_go(pki: PKI, version: str) -> None:
    """Nobody completes a handshake without a word: it ends, and says why."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context(pki, version).wrap_bio(incoming, outgoing, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        for sent in (b"", hello[:20], hello):
            with socket.create_connection((server.host, server.port), timeout=20) as sock:
                sock.sendall(sent)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(1 << 16):
                    pass
        wait_until(lambda: all(handshake.closed for handshake in server.connections))
        for handshake in server.connections:
            assert not handshake.completed
            assert handshake.error is not None
            assert "the client closed the connection before" in handshake.error


def test_a_kept_connection_is_not_touched(pki: PKI) -> None:
    """The twin: a client that has closed nothing is answered again and again."""
    with pki.tls_server(pki.issue_cert("localhost")) as server, connected(server, context(pki)) as tls:
        for _ in range(3):
            tls.sendall(GET)
            assert tls.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
        assert not only(server).closed
