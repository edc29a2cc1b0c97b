"""The engine on real sockets: HTTP as clients really speak it, connections, ports and the loop."""

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as their_ocsp

from mockpki import PKI, faults
from mockpki._engine.loop import Engine
from mockpki._engine.ports import addresses
from tests.kit.programs import run
from tests.kit.wire import Wire, get, held, post

SOON = timedelta(milliseconds=50)


def question(pki: PKI) -> bytes:
    """An OCSP request about a fresh leaf."""
    leaf = pki.issue_cert("localhost").certificate
    builder = their_ocsp.OCSPRequestBuilder().add_certificate(leaf, pki.ca.certificate, SHA1())
    return builder.build().public_bytes(Encoding.DER)


def is_good(body: bytes) -> bool:
    """Whether an OCSP response says good."""
    return their_ocsp.load_der_ocsp_response(body).certificate_status is their_ocsp.OCSPCertStatus.GOOD


# HTTP: connections kept and closed.


def test_http_1_1_keeps_the_connection(pki: PKI) -> None:
    """Several requests of one client come over one connection."""
    with Wire(pki.crl.url) as wire:
        for _ in range(3):
            wire.send(get())
            reply = wire.answer()
            assert reply.status == 200
            assert "connection" not in reply.headers
        assert [request.client for request in pki.crl.requests] == [wire.name] * 3


def test_connection_close_is_obeyed(pki: PKI) -> None:
    """Asked to close, the service says so, answers in full and ends the connection."""
    with Wire(pki.crl.url) as wire:
        wire.send(get("Connection: close"))
        reply = wire.answer()
        assert reply.headers["connection"] == "close"
        assert len(reply.body) > 100
        assert wire.ended()


def test_http_1_0_closes_unless_it_is_asked_not_to(pki: PKI) -> None:
    """An HTTP/1.0 connection ends with its answer; with keep-alive it does not, and is told so."""
    with Wire(pki.crl.url) as wire:
        wire.send(get(version="1.0"))
        assert wire.answer().headers["connection"] == "close"
        assert wire.ended()
    with Wire(pki.crl.url) as wire:
        for _ in range(2):
            wire.send(get("Connection: keep-alive", version="1.0"))
            assert wire.answer().headers["connection"] == "keep-alive"


def test_a_client_that_closes_its_side_is_answered(pki: PKI) -> None:
    """A request followed by FIN is answered; then the connection ends."""
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.answer().status == 200
        assert wire.ended()


# HTTP: pipelines.


def test_a_pipeline_is_answered_in_order(pki: PKI) -> None:
    """Answers come in the order of the requests, also when one in the middle is slow."""
    pki.crl.script(
        [faults.HttpStatus(501)],
        [faults.Slow(by=SOON), faults.HttpStatus(502)],
        [faults.HttpStatus(503)],
    )
    with Wire(pki.crl.url) as wire:
        wire.send(get() * 4)
        assert [wire.answer().status for _ in range(4)] == [501, 502, 503, 200]


def test_what_follows_the_last_request_is_not_asked(pki: PKI) -> None:
    """Requests behind one that ended the connection are neither answered nor recorded."""
    with Wire(pki.crl.url) as wire:
        wire.send(get() + get("Connection: close") + get())
        assert wire.answer().status == wire.answer().status == 200
        assert wire.ended()
    pki.crl.assert_asked(times=2)


def test_a_long_pipeline(pki: PKI) -> None:
    """2,000 requests at once, from a client that reads only afterwards, are all answered."""
    with Wire(pki.ca.ca_issuers.url) as wire:
        sender = threading.Thread(target=wire.send, args=(get() * 2000,))
        sender.start()
        bodies = {wire.answer().body for _ in range(2000)}
        sender.join()
    assert bodies == {pki.ca.der}
    pki.ca.ca_issuers.assert_asked(times=2000)


# HTTP: shapes of a request.


def test_a_request_byte_by_byte(pki: PKI) -> None:
    """However it is cut into segments, a request is the same request."""
    asked = question(pki)
    with Wire(pki.ocsp.url) as wire:
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in post(asked):
            wire.send(bytes([octet]))
        assert is_good(wire.answer().body)
    assert pki.ocsp.requests[0].body == asked


def test_a_chunked_body(pki: PKI) -> None:
    """A body in chunks, with an extension and a trailer, is put together."""
    asked = question(pki)
    with Wire(pki.ocsp.url) as wire:
        wire.send("POST /ocsp HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
        wire.send(b"5;name=value\r\n" + asked[:5] + b"\r\n")
        wire.send(f"{len(asked) - 5:x}\r\n".encode() + asked[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n")
        assert is_good(wire.answer().body)
        wire.send(post(asked))
        assert is_good(wire.answer().body)
    assert [request.body for request in pki.ocsp.requests] == [asked, asked]


def test_head_has_no_body(pki: PKI) -> None:
    """HEAD is told the length and gets no octet of it; the connection goes on."""
    with Wire(pki.ca.ca_issuers.url) as wire:
        wire.send(get(method="HEAD"))
        status, headers = wire.head()
        assert (status, headers["content-length"]) == (200, str(len(pki.ca.der)))
        wire.send(get())
        assert wire.answer().body == pki.ca.der


def test_a_target_in_absolute_form(pki: PKI) -> None:
    """A request as for a proxy is answered, and recorded as it was sent (RFC 9112 section 3.2.2)."""
    with Wire(pki.crl.url) as wire:
        wire.send(get(path=pki.crl.url))
        assert wire.answer().status == 200
    assert pki.crl.requests[0].path == pki.crl.url


def test_expect_100_continue(pki: PKI) -> None:
    """A client that waits for leave to send its body gets it, after what is still to be answered."""
    asked = question(pki)
    head, _, body = post(asked, "Expect: 100-Continue").partition(b"\r\n\r\n")
    pki.ocsp.script([faults.Slow(by=SOON)], [])
    with Wire(pki.ocsp.url) as wire:
        wire.send(post(asked) + head + b"\r\n\r\n")
        assert is_good(wire.answer().body)
        assert wire.head() == (100, {})
        wire.send(body)
        assert is_good(wire.answer().body)


def test_expect_is_ignored_in_http_1_0(pki: PKI) -> None:
    """An HTTP/1.0 client, which knows no interim answers, gets the answer alone."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(post(question(pki), "Expect: 100-continue", version="1.0"))
        assert wire.answer().status == 200


@pytest.mark.parametrize("connection", ["Upgrade", "Upgrade, HTTP2-Settings", "keep-alive, upgrade"])
def test_an_upgrade_is_ignored(pki: PKI, connection: str) -> None:
    """A client that offers another protocol is answered in this one, body and all, once for each."""
    asked = question(pki)
    upgrade = (f"Connection: {connection}", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    with Wire(pki.ocsp.url) as wire:
        wire.send(post(asked, *upgrade) + post(asked, *upgrade))
        assert is_good(wire.answer().body)
        assert is_good(wire.answer().body)
        wire.send(post(asked))
        assert is_good(wire.answer().body)
    assert [request.body for request in pki.ocsp.requests] == [asked] * 3


def test_connect_is_refused(pki: PKI) -> None:
    """Nobody gets a tunnel."""
    with Wire(pki.ocsp.url) as wire:
        wire.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert wire.answer().status == 405
        assert wire.ended()


# HTTP: what is no request.


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 100,
    ],
    ids=["TLS", "no HTTP", "no version", "zeros"],
)
def test_garbage_is_a_bad_request(pki: PKI, garbage: bytes) -> None:
    """What does not parse gets a 400 that says so, and an end; it is nobody's request and no failure."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(garbage)
        reply = wire.answer()
        assert (reply.status, reply.headers["connection"]) == (400, "close")
        assert b"not a request" in reply.body
        assert wire.ended()
    pki.ocsp.assert_not_asked()


def test_a_request_that_is_too_large(pki: PKI) -> None:
    """A head or a body beyond all sense is refused while it is still being sent; a big one is not."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(get(f"X-Long: {'x' * 50_000}", path="/ocsp/none") + post(b"x" * 1_000_000))
        assert wire.answer().status == wire.answer().status == 200  # malformedRequest, by OCSP
    for large in (get(f"X-Long: {'x' * 300_000}"), post(b"x" * 3_000_000)):
        with Wire(pki.ocsp.url) as wire:
            wire.send(large)
            reply = wire.answer()
            assert (reply.status, reply.headers["connection"]) == (413, "close")
    pki.ocsp.assert_asked(times=2)


def test_half_a_request_is_none(pki: PKI) -> None:
    """A client that leaves in the middle of its request has asked nothing."""
    asked = post(question(pki))
    for part in (b"", asked[:10], asked[:-1]):
        with Wire(pki.ocsp.url) as wire:
            wire.send(part)
    pki.ocsp.assert_not_asked()
    with Wire(pki.ocsp.url) as wire:
        wire.send(asked)
        assert is_good(wire.answer().body)


# Many connections, and slow ones.


def test_thousands_of_connections(pki: PKI) -> None:
    """2,000 clients in a row, every other of which says nothing, leave no connection behind."""
    before = held()
    for number in range(2000):
        with Wire(pki.ca.ca_issuers.url) as wire:
            if number % 2:
                wire.send(get("Connection: close"))
                assert wire.answer().body == pki.ca.der
    pki.ca.ca_issuers.assert_asked(times=1000)
    assert held() == before


def test_more_clients_at_once_than_a_turn_takes(pki: PKI) -> None:
    """400 clients that connect before anyone is served are all served."""
    wires = [Wire(pki.crl.url) for _ in range(400)]
    for wire in wires:
        wire.send(get())
    assert {wire.answer().status for wire in wires} == {200}
    for wire in wires:
        wire.__exit__(None, None, None)


def test_a_client_that_does_not_read(pki: PKI) -> None:
    """It holds up nobody else, is not heard further until it reads, and then gets everything."""
    pki.revoke(range(1, 50_001))
    with Wire(pki.crl.url) as slow:
        slow.send(get() * 30)  # 30 MB of answers
        with Wire(pki.crl.url) as quick:
            quick.send(get(method="HEAD"))
            assert quick.head()[0] == 200
        slow.send(get() * 30)
        assert len(pki.crl.requests) <= 31  # the second half is not even read
        assert all(len(slow.answer().body) > 1_000_000 for _ in range(60))
    assert len(pki.crl.requests) == 61


def test_closing_on_a_client_that_does_not_read() -> None:
    """Megabytes that nobody takes do not keep a PKI from closing, nor leak."""
    before = held()
    with PKI() as pki:
        pki.revoke(range(1, 50_001))
        wire = Wire(pki.crl.url)
        wire.send(get() * 30)
        pki.crl.wait_for_request()
    wire.__exit__(None, None, None)
    assert held() == before


# Ports.


def test_refused_and_back_a_hundred_times(pki: PKI) -> None:
    """The port stays the same through every outage: refused during it, served after it."""
    url = pki.ocsp.url
    asked = post(question(pki))
    for _ in range(100):
        with pki.ocsp.respond_with(faults.Refused()), pytest.raises(ConnectionRefusedError):
            Wire(url)
        with Wire(url) as wire:
            wire.send(asked)
            assert is_good(wire.answer().body)
    assert pki.ocsp.url == url
    pki.ocsp.assert_asked(times=100)


def test_an_outage_keeps_the_port(pki: PKI) -> None:
    """While a service refuses, nobody else can have its port."""
    port = urlsplit(pki.ocsp.url).port
    with (
        pki.ocsp.respond_with(faults.Refused()),
        socket.socket() as other,
        pytest.raises(OSError, match="in use"),
    ):
        other.bind(("127.0.0.1", port))


def test_an_outage_ends_connections(pki: PKI) -> None:
    """A client that is connected when the outage begins loses its connection; others keep theirs."""
    with Wire(pki.ocsp.url) as lost, Wire(pki.crl.url) as kept:
        lost.send(post(question(pki)))
        assert is_good(lost.answer().body)
        with pki.ocsp.respond_with(faults.Refused()):
            assert lost.ended()
            kept.send(get())
            assert kept.answer().status == 200


def test_localhost_is_both_families() -> None:
    """With host='localhost', IPv4 and IPv6 clients reach one service on one port."""
    if len(addresses("localhost")) == 1:
        pytest.skip("this machine has no ::1")
    with PKI(host="localhost") as pki:
        assert urlsplit(pki.crl.url).hostname == "localhost"
        for host in ("127.0.0.1", "::1"):
            with Wire(pki.crl.url, host) as wire:
                wire.send(get())
                assert wire.answer().status == 200
        assert [request.client.rpartition(":")[0] for request in pki.crl.requests] == ["127.0.0.1", "::1"]


def test_ipv6_alone() -> None:
    """host='::1' serves there, with brackets in its URLs."""
    if len(addresses("localhost")) == 1:
        pytest.skip("this machine has no ::1")
    with PKI(host="::1") as pki, Wire(pki.crl.url) as wire:
        assert pki.crl.url.startswith("http://[::1]:")
        wire.send(get())
        assert wire.answer().status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_loopback(host: str) -> None:
    """Nothing is ever served to the network."""
    before = held()
    with pytest.raises(ValueError, match="is not a loopback address"):
        PKI(host=host)
    assert held() == before


def test_a_port_in_use(pki: PKI) -> None:
    """A port that someone has is an error that says how to get another, and breaks nothing."""
    leaf = pki.issue_cert("localhost")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as caught, pki.tls_server(leaf, port=port):
            pass
        assert "leave port= out" in caught.value.__notes__[0]
    with pki.tls_server(leaf, port=port) as server:
        assert server.port == port


_NO_MORE_FILES = """
import os, resource, socket
from urllib.parse import urlsplit
from mockpki import PKI
PKI().close()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
files = lambda: len(os.listdir("/dev/fd"))
used = files() - 1
outcomes = []
for spare in range(60):
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + spare, hard))
    try:
        PKI().close()
        outcomes.append("made")
    except OSError as error:
        outcomes.append(" ".join(getattr(error, "__notes__", ["no note"])))
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert files() - 1 == used, spare
print(len(set(outcomes)), outcomes[0], outcomes[-1], sep="|")

pki = PKI()
resource.setrlimit(resource.RLIMIT_NOFILE, (files(), hard))
client = socket.create_connection(("127.0.0.1", urlsplit(pki.crl.url).port))
try:
    pki.check()
except OSError as error:
    print(*error.__notes__, sep="|")
client.close()
pki.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no RLIMIT_NOFILE")
def test_no_more_files() -> None:
    """Where the system gives no more sockets, the error says what to do, and nothing is left behind."""
    done = run(sys.executable, "-W", "error", "-c", _NO_MORE_FILES, timeout=60)
    assert done.stderr == ""
    starting, serving = done.stdout.splitlines()
    kinds, first, last = starting.split("|")
    assert (kinds, last) == ("2", "made")
    assert "raise `ulimit -n`" in first
    advice, where = serving.split("|")
    assert "raise `ulimit -n`" in advice
    assert "could not take a connection" in where


# Evidence is there when the client is done.


def test_requests_are_seen_at_once(pki: PKI) -> None:
    """A request that was sent before `requests` is read is in it, though nobody waited for the answer."""
    for number in range(1, 301):
        with Wire(pki.crl.url) as wire:
            wire.send(get())
        assert len(pki.crl.requests) == number


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_alerts_are_seen_at_once(pki: PKI, version: ssl.TLSVersion) -> None:
    """The alert of a client that has just given up is in `connections`: 300 times out of 300."""
    distrusting = ssl.create_default_context()
    distrusting.minimum_version = distrusting.maximum_version = version
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        for number in range(1, 301):
            with (
                socket.create_connection((server.host, server.port), timeout=30) as sock,
                pytest.raises(ssl.SSLCertVerificationError),
            ):
                distrusting.wrap_socket(sock, server_hostname="localhost")
            connections = server.connections
            assert len(connections) == number
            assert (connections[-1].alert, connections[-1].completed) == ("unknown_ca", False)


def test_evidence_of_a_server_that_has_just_closed(pki: PKI) -> None:
    """What clients had sent when a TLS server's block ends is read before it closes."""
    trusting = ssl.create_default_context()
    pki.configure_trust(trusting)
    for _ in range(50):
        with (
            pki.tls_server(pki.issue_cert("localhost")) as server,
            socket.create_connection((server.host, server.port), timeout=30) as sock,
        ):
            trusting.wrap_socket(sock, server_hostname="localhost").close()
        assert [(one.completed, one.closed) for one in server.connections] == [(True, True)]


# The loop, and the test's own code on it.


@dataclass(frozen=True)
class Calling(faults.HTTP):
    """Calls a function of the test on the service's thread."""

    function: Callable[[], object]

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        self.function()
        return honest


def test_a_fault_that_uses_the_pki(pki: PKI) -> None:
    """On the service's own thread a fault may do what a test may: nothing waits for itself."""

    def busy() -> None:
        pki.crl.respond_with()
        with pki.ocsp.respond_with(faults.Refused()):
            assert pki.crl.requests == []
        pki.check()
        pki.revoke(pki.issue_cert("localhost"))
        with pki.tls_server(pki.issue_cert("localhost")) as server:
            assert server.connections == []

    pki.crl.respond_with(Calling(busy))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 200
    with Wire(pki.ocsp.url) as wire:
        wire.send(post(question(pki)))
        assert is_good(wire.answer().body)


def test_a_fault_that_refuses_its_own_service(pki: PKI) -> None:
    """It takes its own connection away, and the service comes back as any other."""
    pki.crl.respond_with(Calling(lambda: pki.crl.respond_with(faults.Refused())))
    with Wire(pki.crl.url) as wire:
        wire.send(get() + get())
        assert wire.ended()
    with pytest.raises(ConnectionRefusedError):
        Wire(pki.crl.url)
    pki.crl.respond_with()
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 200


def test_a_fault_cannot_close_its_pki() -> None:
    """It would wait for itself; it is told so, and so is the test."""
    pki = PKI()
    pki.crl.respond_with(Calling(pki.close))
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        assert wire.answer().status == 500
    with pytest.raises(RuntimeError, match="cannot be closed by one of its own services"):
        pki.close()
    with pytest.raises(ConnectionRefusedError):
        Wire(pki.crl.url)


@pytest.mark.parametrize(
    "error", [SystemExit("mine"), KeyboardInterrupt("mine"), pytest.fail.Exception("mine")]
)
def test_no_error_ends_the_loop(error: BaseException) -> None:
    """Whatever is raised in a fault reaches the test, and the services go on."""

    def fail() -> None:
        raise error

    pki = PKI()
    pki.crl.script([Calling(fail)], [])
    for status in (500, 200):
        with Wire(pki.crl.url) as wire:
            wire.send(get())
            assert wire.answer().status == status
    with pytest.raises(type(error), match="mine") as caught:
        pki.close()
    assert "CRL publisher" in caught.value.__notes__[0]


def test_the_loop_survives_its_callbacks() -> None:
    """Also what nobody catches on the loop's thread does not end it."""
    with PKI() as pki:
        pki._realm.engine.loop.call_soon_threadsafe(sys.exit, "mine")
        assert pki._realm.engine.call(lambda: "alive") == "alive"


def test_a_closed_engine_says_so() -> None:
    """A call that comes too late, even while the engine stops, is an error and never waits."""
    for _ in range(100):
        engine = Engine.acquire()
        outcomes: list[object] = []

        def call(engine: Engine = engine, outcomes: list[object] = outcomes) -> None:
            while True:
                engine.settle()
                try:
                    engine.call(len, ())
                except ValueError as error:
                    outcomes.append(str(error))
                    return

        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        engine.release()
        for thread in threads:
            thread.join(30)
        assert [str(outcome)[:18] for outcome in outcomes] == ["this PKI is closed"] * 3


def test_no_thread_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no thread, PKI() raises what the system said and leaves nothing behind."""

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = held()
    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", start)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            PKI()
    assert held() == before
    PKI().close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_does_not_hold_the_parents_ports(pki: PKI) -> None:
    """A child that lives on neither keeps a connection of its parent's open, nor a port."""
    waiting, release = os.pipe()
    begun, begin = os.pipe()
    with Wire(pki.crl.url) as wire:
        wire.send(get())
        wire.answer()
        child = os.fork()
        if not child:
            os.close(release)
            os.write(begin, b".")
            os.read(waiting, 1)
            os._exit(0)
        try:
            # What the child lets go of, it has let go of once fork() has returned in it.
            assert os.read(begun, 1) == b"."
            with pki.crl.respond_with(faults.Refused()):
                assert wire.ended()
                with pytest.raises(ConnectionRefusedError):
                    Wire(pki.crl.url)
        finally:
            for end in (release, waiting, begun, begin):
                os.close(end)
            assert os.waitpid(child, 0)[1] == 0
