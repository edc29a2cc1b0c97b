"""What is decrypted goes to a handler on a thread, or to a TCP address; and back."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from mockpki import PKI, faults
from mockpki._tls.server import TlsServer
from tests.kit.plain_server import plain_server
from tests.kit.tls_clients import connected, context, each_version, received, shake_hands

MEGABYTE = bytes(range(256)) * 4096


def echo(sock: socket.socket) -> None:
    """Send back what comes, until the client is done."""
    while data := sock.recv(1 << 16):
        sock.sendall(data)


def exchange(server: TlsServer, ctx: ssl.SSLContext, data: bytes) -> bytes:
    """Send *data* while as much is received, on one connection."""

    async def run() -> bytes:
        reader, writer = await asyncio.open_connection(
            server.host, server.port, ssl=ctx, server_hostname="localhost"
        )
        writer.write(data)
        got, _ = await asyncio.gather(reader.readexactly(len(data)), writer.drain())
        writer.close()
        await writer.wait_closed()
        return got

    return asyncio.run(asyncio.wait_for(run(), 30))


def send_all(sock: socket.socket, data: bytes) -> None:
    """Send *data*, unless the other side ends it before."""
    with contextlib.suppress(OSError):
        sock.sendall(data)


@contextlib.contextmanager
def by_hand(
    server: TlsServer, ctx: ssl.SSLContext
) -> Iterator[tuple[socket.socket, ssl.SSLObject, ssl.MemoryBIO]]:
    """A TLS 1.3 client whose last flight of the handshake is made, and still to be sent."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ctx.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(1 << 16))
        assert tls.version() == "TLSv1.3"
        yield sock, tls, outgoing


# Handlers.


@each_version
def test_a_handler_has_the_connection(pki: PKI, version: str) -> None:
    """A handler gets what the client sends and the client what it sends: a megabyte, unchanged."""
    with pki.tls_server(pki.issue_cert("localhost"), handler=echo) as server:
        assert exchange(server, context(pki, version), MEGABYTE) == MEGABYTE
        assert server.connections[0].completed
        assert server.connections[0].requests == 0


def test_a_handler_may_speak_first(pki: PKI) -> None:
    """A handler can greet, and when it returns the client is told that it is over."""

    def greet(sock: socket.socket) -> None:
        sock.sendall(b"220 ready\r\n")

    with pki.tls_server(pki.issue_cert("localhost"), handler=greet) as server:
        with connected(server, context(pki)) as tls:
            assert received(tls) == b"220 ready\r\n"
            # That was a close_notify: a mere end of TCP would have raised.
        assert server.connections[0].error is None


def test_a_handler_of_its_own_for_each_connection(pki: PKI) -> None:
    """Connections are handled at the same time, each on a thread of its own."""
    meet = threading.Barrier(3, timeout=10)

    def handler(sock: socket.socket) -> None:
        meet.wait()
        sock.sendall(threading.current_thread().name.encode())

    with (
        pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server,
        connected(server, context(pki)) as first,
        connected(server, context(pki)) as second,
    ):
        meet.wait()
        assert received(first) == received(second) == b"mockpki handler"


def test_no_handler_before_the_handshake(pki: PKI) -> None:
    """A client that refuses the certificate never reaches the handler."""
    reached = threading.Event()
    with (
        PKI() as other,
        pki.tls_server(pki.issue_cert("localhost"), handler=lambda sock: reached.set()) as server,
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(server, context(other))
        assert server.connections[0].alert == "unknown_ca"
        assert not reached.is_set()
        with connected(server, context(pki)):
            assert reached.wait(10)


def test_a_handler_sees_the_client_leave(pki: PKI) -> None:
    """When the client closes, the handler reads the end; writing to nobody is no error of the test's."""
    ended = threading.Event()

    def handler(sock: socket.socket) -> None:
        while sock.recv(100):
            pass
        ended.set()
        while True:
            sock.sendall(bytes(1000))

    with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
        with connected(server, context(pki)) as tls:
            tls.sendall(b"hello")
        assert ended.wait(10)
    pki.check()


@pytest.mark.parametrize(
    "error", [AssertionError("not what I expected"), ConnectionRefusedError("no database"), OSError("disk")]
)
def test_an_error_in_a_handler_fails_the_test(error: Exception) -> None:
    """Whatever a handler raises of its own is raised in the test, and its client is let go."""

    def handler(sock: socket.socket) -> None:
        raise error

    with PKI() as pki:
        with (
            pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server,
            connected(server, context(pki)) as tls,
        ):
            assert received(tls) == b""
        with pytest.raises(type(error), match=str(error)) as caught:
            pki.check()
    assert caught.value.__notes__ == ["mockpki: raised in the handler of a TLS server"]


def test_a_handler_that_never_returns_is_reported() -> None:
    """Closing does not wait for ever: the test is told which habit would have let it end."""
    entered, leave = threading.Event(), threading.Event()

    def handler(sock: socket.socket) -> None:
        entered.set()
        leave.wait(60)

    with PKI() as pki:
        with (
            pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server,
            connected(server, context(pki)),
        ):
            assert entered.wait(10)
        assert not leave.is_set()
        leave.set()
        with pytest.raises(TimeoutError, match="the handler of a TLS server is still running") as caught:
            pki.check()
    assert caught.value.__notes__ == ["mockpki: let the handler return when recv() gives b''"]


def test_a_handler_waiting_for_its_client_ends_with_the_server(pki: PKI) -> None:
    """A handler that sits in recv() is woken when the server closes, and leaves no thread."""
    reached = threading.Event()

    def handler(sock: socket.socket) -> None:
        reached.set()
        assert sock.recv(1) == b""

    with contextlib.ExitStack() as client:
        with pki.tls_server(pki.issue_cert("localhost"), handler=handler) as server:
            client.enter_context(connected(server, context(pki)))
            assert reached.wait(10)
        assert server.connections[0].closed
    assert [thread for thread in threading.enumerate() if thread.name == "mockpki handler"] == []
    pki.check()


# Forwarding.


@each_version
def test_forwarding_carries_both_ways(pki: PKI, version: str) -> None:
    """A server without TLS behind it gets the decrypted bytes: a megabyte there and back, unchanged."""
    with (
        plain_server(echo) as address,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
    ):
        assert exchange(server, context(pki, version), MEGABYTE) == MEGABYTE


def test_forwarding_by_name(pki: PKI) -> None:
    """A host name is resolved, and each of its addresses tried."""
    with (
        plain_server(echo) as (_, port),
        pki.tls_server(pki.issue_cert("localhost"), forward_to=("localhost", port)) as server,
    ):
        assert exchange(server, context(pki), b"hello") == b"hello"


def test_forwarding_to_a_server_that_speaks_first(pki: PKI) -> None:
    """What the server behind says before the client does arrives, and so does its end."""
    with (
        plain_server(lambda sock: sock.sendall(b"220 ready\r\n")) as address,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
        connected(server, context(pki)) as tls,
    ):
        assert received(tls) == b"220 ready\r\n"


def test_the_server_behind_sees_the_client_leave(pki: PKI) -> None:
    """All that the client has sent arrives before its end."""
    got: list[bytes] = []
    done = threading.Event()

    def keep(sock: socket.socket) -> None:
        got.append(received(sock))
        done.set()

    with (
        plain_server(keep) as address,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
    ):
        with connected(server, context(pki)) as tls:
            tls.sendall(MEGABYTE)
            tls.unwrap().close()
        assert done.wait(10)
    assert got == [MEGABYTE]


def test_a_client_that_says_all_at_once(pki: PKI) -> None:
    """Finished, data and close_notify in one flight: the data arrives behind, and then the end."""
    got: list[bytes] = []
    done = threading.Event()

    def keep(sock: socket.socket) -> None:
        got.append(received(sock))
        done.set()

    with (
        plain_server(keep) as address,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
        by_hand(server, context(pki)) as (sock, tls, outgoing),
    ):
        tls.write(b"hello")
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()
        sock.sendall(outgoing.read())
        assert done.wait(10)
    assert got == [b"hello"]


def test_only_what_passed_the_handshake_is_forwarded(pki: PKI) -> None:
    """The server behind is not troubled by clients that refuse, nor by those who never finish."""
    reached: list[socket.socket] = []
    with (
        PKI() as other,
        plain_server(reached.append) as address,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(server, context(other))
        with socket.create_connection((server.host, server.port)) as sock:
            sock.sendall(b"\x16\x03\x01")
        assert [handshake.completed for handshake in server.connections] == [False, False]
        assert reached == []
        with connected(server, context(pki)) as tls:
            assert received(tls) == b""
        assert len(reached) == 1


def test_a_refused_upstream_fails_the_test(pki: PKI) -> None:
    """Where nobody listens behind, the client is cut off and the test is told where it was."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        with (
            pki.tls_server(pki.issue_cert("localhost"), forward_to=("127.0.0.1", port)) as server,
            pytest.raises((ConnectionResetError, ssl.SSLEOFError)),
            connected(server, context(pki)) as tls,
        ):
            tls.recv(1)
    assert server.connections[0].completed
    with pytest.raises(ConnectionRefusedError) as caught:
        pki.check()
    assert caught.value.__notes__ == [
        f"mockpki: the TLS server could not forward a connection to ('127.0.0.1', {port})"
    ]


def test_closing_lets_go_of_the_server_behind(pki: PKI) -> None:
    """When the TLS server closes, what it has forwarded ends too."""
    ended, began = threading.Event(), threading.Event()

    def wait(sock: socket.socket) -> None:
        assert sock.recv(5) == b"hello"
        began.set()
        with contextlib.suppress(ConnectionError):
            received(sock)
        ended.set()

    with plain_server(wait) as address, contextlib.ExitStack() as client:
        with pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server:
            client.enter_context(connected(server, context(pki))).sendall(b"hello")
            assert began.wait(10)
        assert ended.wait(10)
    pki.check()


def test_closing_drops_what_was_not_taken(pki: PKI) -> None:
    """What the server behind has not read when the TLS server closes is never delivered."""
    began, closed, done = threading.Event(), threading.Event(), threading.Event()
    got = bytearray()

    def late(sock: socket.socket) -> None:
        began.set()
        closed.wait(30)
        with contextlib.suppress(ConnectionResetError):
            while part := sock.recv(1 << 16):
                got.extend(part)
        done.set()

    with plain_server(late) as address:
        with (
            pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server,
            connected(server, context(pki)) as tls,
        ):
            sender = threading.Thread(target=send_all, args=(tls, MEGABYTE * 64))
            sender.start()
            assert began.wait(10)
            server.close()
            sender.join()
        closed.set()
        assert done.wait(10)
    assert len(got) < 64 * len(MEGABYTE)


def test_forwarding_to_asyncio(pki: PKI) -> None:
    """A server of asyncio's can stand behind, on a loop of its own."""

    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def client(server: TlsServer) -> bytes:
        reader, writer = await asyncio.open_connection(
            server.host, server.port, ssl=context(pki), server_hostname="localhost"
        )
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def run() -> bytes:
        behind = await asyncio.start_server(upper, "127.0.0.1", 0)
        async with behind:
            address = behind.sockets[0].getsockname()
            with pki.tls_server(pki.issue_cert("localhost"), forward_to=address) as server:
                return await client(server)

    assert asyncio.run(run()) == b"HELLO\n"


def test_odd_staples_and_a_handler_go_together(pki: PKI) -> None:
    """The other transport carries the handler's bytes just as well."""
    from OpenSSL import SSL

    junk = pki.ocsp.response_for(leaf := pki.issue_cert("localhost"), faults.WrongSerial())
    with pki.tls_server(leaf, staple=junk, handler=echo) as server:
        ctx = SSL.Context(SSL.TLS_CLIENT_METHOD)
        pki.configure_trust(ctx)
        ctx.set_verify(SSL.VERIFY_PEER)
        with socket.create_connection((server.host, server.port)) as sock:
            client = SSL.Connection(ctx, sock)
            client.set_tlsext_host_name(b"localhost")
            client.request_ocsp()
            client.set_connect_state()
            client.do_handshake()
            client.sendall(MEGABYTE[:20_000])
            got = b""
            while len(got) < 20_000:
                got += client.recv(1 << 16)
            client.shutdown()
        assert got == MEGABYTE[:20_000]
        assert server.connections[0].staple == junk
