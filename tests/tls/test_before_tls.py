"""What is spoken in the clear before a handshake, by a function of the test's own."""

import socket
import ssl
import threading
from collections.abc import Callable

import pytest

from mockpki import PKI
from mockpki._tls import forwarding
from mockpki._tls.server import TlsServer
from tests.kit import mail
from tests.kit.plain_server import plain_server
from tests.kit.programs import need, run
from tests.kit.tls_clients import context, received, s_client
from tests.tls.kit import GET, only


def lines(sock: socket.socket, until: bytes) -> list[bytes]:
    """The lines that come, up to one that begins *until* says, and nothing behind it."""
    found: list[bytes] = []
    file = sock.makefile("rb", buffering=0)
    while not found or not found[-1].upper().startswith(until):
        line = file.readline()
        assert line, "the client was to say more"
        found.append(line)
    return found


def imap(sock: socket.socket) -> None:
    """RFC 9051 section 6.2.1."""
    sock.sendall(b"* OK mock\r\n")
    (asked,) = lines(sock, b"")
    sock.sendall(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n%b OK\r\n" % asked.split()[0])
    (asked,) = lines(sock, b"")
    assert asked.split()[1].upper() == b"STARTTLS"
    sock.sendall(b"%b OK\r\n" % asked.split()[0])


def ldap(sock: socket.socket) -> None:
    """RFC 4511 section 4.14: an ExtendedRequest with this name, and its success."""
    assert b"1.3.6.1.4.1.1466.20037" in sock.recv(1024)
    sock.sendall(bytes.fromhex("300c020101 7807 0a0100 0400 0400"))


def postgres(sock: socket.socket) -> None:
    """SSLRequest: its length, and 1234 and 5679 in the place of a version; S is for yes."""
    assert sock.recv(8, socket.MSG_WAITALL) == bytes.fromhex("00000008 04d2162f")
    sock.sendall(b"S")


def connect(sock: socket.socket) -> None:
    """RFC 9110 section 9.3.6: a tunnel, to ourselves."""
    assert lines(sock, b"\r\n")[0].startswith(b"CONNECT ")
    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")


def proxy(sock: socket.socket) -> None:
    """The PROXY protocol's header, in text: nobody waits for an answer to it."""
    (header,) = lines(sock, b"")
    assert header.startswith(b"PROXY TCP4 ")


SPOKEN: dict[str, Callable[[socket.socket], object]] = {
    "smtp": mail.starttls,
    "imap": imap,
    "ldap": ldap,
    "postgres": postgres,
}


@pytest.mark.parametrize("protocol", SPOKEN)
def test_openssl_speaks_before_tls(pki: PKI, protocol: str) -> None:
    """``s_client -starttls``: it is let through, and is sent the staple that it asks for."""
    leaf = pki.issue_cert("localhost", must_staple=True)
    with pki.tls_server(leaf, handler=received, before_tls=SPOKEN[protocol]) as server:
        printed = s_client(pki, server, "TLSv1.3", "-status", "-starttls", protocol).stdout
        assert "Cert Status: good" in printed
        assert only(server).completed
        assert only(server).staple is not None


def test_openssl_through_a_proxy(pki: PKI) -> None:
    """``s_client -proxy``: a CONNECT comes before the ClientHello, and HTTP behind TLS as ever."""
    with pki.tls_server(pki.issue_cert("localhost"), before_tls=connect) as server:
        where = ("-proxy", f"{server.host}:{server.port}")
        s_client(pki, server, "TLSv1.2", "-status", "-ign_eof", *where, send=END)
        assert (only(server).completed, only(server).requests) == (True, 1)


END = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def test_curl_speaks_smtp(pki: PKI) -> None:
    """curl, which requires TLS and a staple, sends a mail command; a server without a staple is refused."""
    leaf, ends = pki.issue_cert("localhost"), []
    for staple in ((), None):
        with pki.tls_server(leaf, staple=staple, handler=mail.speak, before_tls=mail.starttls) as server:
            ends.append(
                run(
                    *(need("curl"), "-sS", "--ssl-reqd", "--cert-status", "--cacert", pki.ca_file),
                    *("--noproxy", "*", "-X", "NOOP", f"smtp://localhost:{server.port}"),
                ).returncode
            )
    assert ends == [0, 91]  # CURLE_SSL_INVALIDCERTSTATUS


def hello(ctx: ssl.SSLContext) -> bytes:
    """A ClientHello."""
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        ctx.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def test_what_is_left_unread_is_the_handshake(pki: PKI) -> None:
    """A PROXY header with the ClientHello right behind it, in one segment: the second is TLS's."""
    with pki.tls_server(pki.issue_cert("localhost"), before_tls=proxy) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + hello(context(pki)))
            assert sock.recv(1)[0] == 22  # a handshake record
        assert only(server).server_name == "localhost"


def test_forwarded_behind_it(pki: PKI) -> None:
    """``forward_to`` stands behind ``before_tls`` as it does without, on the same port."""
    with (
        plain_server(lambda sock: sock.sendall(sock.recv(99).upper())) as where,
        pki.tls_server(pki.issue_cert("localhost"), forward_to=where, before_tls=postgres) as server,
        socket.create_connection((server.host, server.port), timeout=10) as sock,
    ):
        sock.sendall(bytes.fromhex("00000008 04d2162f"))
        assert sock.recv(1) == b"S"
        with context(pki).wrap_socket(sock, server_hostname="localhost") as tls:
            tls.sendall(b"select")
            assert tls.recv(99) == b"SELECT"


# How it ends.


def refused(server: TlsServer) -> str:
    """What a client reads until the server hangs up; the handshake's error."""
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        assert sock.recv(1) == b""
    return only(server).error or ""


@pytest.mark.parametrize("error", [ValueError("mine"), TimeoutError("slow"), SystemExit("left")])
def test_an_error_fails_the_test(error: BaseException) -> None:
    """What it raises is the test's, and the client is hung up on before any TLS."""

    def speak(sock: socket.socket) -> None:
        raise error

    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), before_tls=speak) as server:
            assert str(error) in refused(server)
        with pytest.raises(type(error), match=str(error)) as caught:
            pki.check()
    assert caught.value.__notes__ == ["mockpki: raised in the before_tls function of a TLS server"]


def test_its_own_timeout() -> None:
    """The socket may be given a timeout; that it waits no longer is an error like any other."""

    def speak(sock: socket.socket) -> None:
        sock.settimeout(0.01)
        sock.recv(1)

    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), before_tls=speak) as server:
            refused(server)
        with pytest.raises(TimeoutError, match="timed out"):
            pki.check()


def test_what_has_to_be_awaited_fails_the_test() -> None:
    """A function that returns what nobody waits for is no function that has spoken."""

    async def later() -> None: ...

    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), before_tls=lambda sock: later()) as server:
            refused(server)
        with pytest.raises(TypeError, match="before_tls= takes a function that is done when it returns"):
            pki.check()


def test_it_may_close_the_connection(pki: PKI) -> None:
    """A server that says no: the client reads the end, no handshake begins, and nothing has failed."""
    with pki.tls_server(pki.issue_cert("localhost"), before_tls=socket.socket.close) as server:
        assert refused(server) == "the before_tls function closed the connection"


@pytest.mark.parametrize("word", [b"", b"EHLO me\r\n"])
def test_a_client_that_leaves(pki: PKI, word: bytes) -> None:
    """A client that goes away in the middle of it is told of in the evidence, and fails no test."""
    done = threading.Event()

    def speak(sock: socket.socket) -> None:
        try:
            while sock.recv(99):
                sock.sendall(b"go on")
            # Nobody reads it: once the client is known to be gone, this raises.
            for _ in range(1000):
                sock.sendall(bytes(1 << 16))
        finally:
            done.set()

    with pki.tls_server(pki.issue_cert("localhost"), before_tls=speak) as server:
        with socket.create_connection((server.host, server.port), timeout=10) as sock:
            sock.sendall(word)
            assert not word or sock.recv(99) == b"go on"
        assert done.wait(10)
    assert not only(server).completed
    pki.check()


def test_the_end_wakes_it(pki: PKI) -> None:
    """A function that waits for the client reads the end when the server closes, and fails no test."""
    began, read = threading.Event(), []

    def speak(sock: socket.socket) -> None:
        began.set()
        read.append(sock.recv(1))

    with (
        pki.tls_server(pki.issue_cert("localhost"), before_tls=speak) as server,
        socket.create_connection((server.host, server.port), timeout=10),
    ):
        assert began.wait(10)
        server.close()
    assert read == [b""]
    assert only(server).error == "the server was closed before the handshake was complete"
    pki.check()


def test_one_that_never_returns_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing does not wait for ever, and says which function it was that went on."""
    monkeypatch.setattr(forwarding, "_PATIENCE", 0.1)
    entered, leave = threading.Event(), threading.Event()

    def speak(sock: socket.socket) -> None:
        entered.set()
        leave.wait(60)

    with PKI() as pki:
        with pki.tls_server(pki.issue_cert("localhost"), before_tls=speak) as server:
            with socket.create_connection((server.host, server.port), timeout=10):
                assert entered.wait(10)
                server.close()
            leave.set()
        with pytest.raises(TimeoutError, match="the before_tls function of a TLS server is still running"):
            pki.check()


def test_several_speak_at_once(pki: PKI) -> None:
    """Each connection is spoken with on a thread of its own: none waits for another."""
    meet = threading.Barrier(3, timeout=10)
    with (
        pki.tls_server(pki.issue_cert("localhost"), before_tls=lambda sock: meet.wait()) as server,
        socket.create_connection((server.host, server.port)) as first,
        socket.create_connection((server.host, server.port)) as second,
    ):
        meet.wait()
        for sock in (first, second):
            with context(pki).wrap_socket(sock, server_hostname="localhost") as tls:
                assert tls.version() == "TLSv1.3"
