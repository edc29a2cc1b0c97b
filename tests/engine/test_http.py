"""HTTP as clients really speak it, on real sockets."""

import socket
import threading
import time
from datetime import timedelta

import pytest

from mockpki import PKI, faults
from mockpki._exchange.http import http_date
from tests.engine.kit import is_good, question
from tests.kit.wire import Wire, get, post

SOON = timedelta(milliseconds=50)


# Connections kept and closed.


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


# Pipelines.


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


# Shapes of a request.


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


@pytest.mark.parametrize("name", ["ocsp", "crl", "ca_issuers"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT"])
def test_a_known_method_that_is_not_allowed(pki: PKI, name: str, method: str) -> None:
    """RFC 9110 sections 15.5.6 and 6.6.1: 405 has Allow and a Date, by the PKI's clock; it was a request."""
    service = getattr(pki.ca, name)
    pki.clock.shift(timedelta(days=400))
    pki.clock.stop()
    with Wire(service.url) as wire:
        wire.send(get(method=method, path="a:1" if method == "CONNECT" else "/"))
        reply = wire.answer()
    assert reply.status == 405
    assert reply.headers["allow"].startswith("GET, HEAD")
    assert reply.headers["date"] == http_date(pki.clock.now())
    assert len(service.requests) == 1


def test_connect_is_refused(pki: PKI) -> None:
    """Nobody gets a tunnel."""
    with Wire(pki.ocsp.url) as wire:
        wire.send("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert wire.answer().status == 405
        assert wire.ended()


# What is no request.


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


CL, TE = "Content-Length", "Transfer-Encoding: chunked"
# What is sent after the request line, or in its place; and the status. By RFC and section.
MUST_BE_REFUSED: dict[str, tuple[str, int]] = {
    "9112 2.2 a space before the first field": ("GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", 400),
    "9112 2.2 a bare CR": ("GET / HTTP/1.1\r\nHost: a\r\nX: y\rz\r\n\r\n", 400),
    "9112 3 a space in the target": ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "9112 3.2 no Host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "9112 3.2 two Hosts": ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "9112 3.2 two Hosts in HTTP/1.0": ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "9112 3.2 a Host that is none": ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "9112 5.1 a space before the colon": ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "9112 5.2 a folded line": ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
    "9112 6.1 lengths of two kinds": (f"POST / HTTP/1.1\r\nHost: a\r\n{CL}: 3\r\n{TE}\r\n\r\n0\r\n\r\n", 400),
    "9112 6.1 chunks in HTTP/1.0": (f"POST / HTTP/1.0\r\n{TE}\r\n\r\n0\r\n\r\n", 400),
    "9112 6.1 another coding": ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n", 501),
    "9112 6.3 not chunked last": (f"POST / HTTP/1.1\r\nHost: a\r\n{TE}, gzip\r\n\r\n0\r\n\r\n", 400),
    "9112 6.3 two lengths": (f"POST / HTTP/1.1\r\nHost: a\r\n{CL}: 1\r\n{CL}: 2\r\n\r\nx", 400),
    "9112 6.3 a length that is none": (f"POST / HTTP/1.1\r\nHost: a\r\n{CL}: +1\r\n\r\nx", 400),
    "9112 7.1 a size that is none": (f"POST / HTTP/1.1\r\nHost: a\r\n{TE}\r\n\r\n-1\r\nx\r\n0\r\n\r\n", 400),
    "9110 4.2.1 a URL without a host": ("GET http:///ca.crl HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "9110 5.1 a name that is no token": ("GET / HTTP/1.1\r\nHost: a\r\nX(y: z\r\n\r\n", 400),
    "9110 5.5 NUL in a value": ("GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n", 400),
    "9110 9.1 a method that nobody knows": ("FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "9110 9.1 one that is not HTTP's own": ("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "9112 3 a long method": ("A" * 300 + " / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    "9110 15.6.6 another version": ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    "9113 3.4 a preface of HTTP/2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
}


@pytest.mark.parametrize("clause", MUST_BE_REFUSED)
def test_what_http_refuses_is_refused(pki: PKI, clause: str) -> None:
    """With a sentence and an end; it is nobody's request. A request behind it is not answered either."""
    request, status = MUST_BE_REFUSED[clause]
    pki.clock.shift(timedelta(days=400))
    pki.clock.stop()
    with Wire(pki.crl.url) as wire:
        wire.send(request.encode("latin-1") + get())
        reply = wire.answer()
        assert (reply.status, reply.headers["connection"]) == (status, "close")
        assert reply.headers["date"] == http_date(pki.clock.now())
        assert reply.body.startswith(b"mockpki: ")
        assert wire.ended()
    pki.crl.assert_not_asked()


def test_a_head_is_refused_without_content(pki: PKI) -> None:
    """The answer to HEAD has none (RFC 9110 section 9.3.2), also when it says no."""
    with Wire(pki.crl.url) as wire:
        wire.send("HEAD / HTTP/1.1\r\n\r\n")
        assert wire.head()[0] == 400
        assert wire.ended()


def test_a_client_that_is_refused_reads_why(pki: PKI) -> None:
    """Also one that goes on sending what it has begun: no reset takes the answer away."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(f"POST /ocsp HTTP/1.1\r\nContent-Length: {1 << 19}\r\n\r\n")
        time.sleep(0.1)
        for _ in range(8):
            wire.send(b"x" * (1 << 16))
        assert wire.answer().status == 400
        assert wire.ended()


def test_a_trailer_is_no_header(pki: PKI) -> None:
    """Fields behind the chunks are not merged with those of the head (RFC 9110 section 6.5.1)."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(f"POST /ocsp HTTP/1.1\r\nHost: a\r\n{TE}\r\n\r\n0\r\nHost: b\r\nX: y\r\n\r\n")
        assert wire.answer().status == 200
    assert pki.ocsp.requests[0].headers["host"] == "a"
    assert "x" not in pki.ocsp.requests[0].headers


def test_what_surrounds_the_chunks_has_an_end(pki: PKI) -> None:
    """A trailer section without an end is not kept for ever; a long one is read."""
    head = f"POST /ocsp HTTP/1.1\r\nHost: a\r\n{TE}\r\n\r\n0\r\n"
    for size, status in ((40_000, 200), (300_000, 431)):
        with Wire(pki.ocsp.url) as wire:
            wire.send(f"{head}X: {'x' * size}\r\n\r\n")
            assert wire.answer().status == status


WITHOUT_CONTENT = [204, 205, 304]


@pytest.mark.parametrize("code", WITHOUT_CONTENT)
@pytest.mark.parametrize(
    "bent",
    [(), (faults.Chunked(7),), (faults.Gzip(),), (faults.Oversize(100_000),), (faults.Slow(SOON),)],
    ids=["plain", "Chunked", "Gzip", "Oversize", "Slow"],
)
def test_a_status_without_content_has_none(pki: PKI, code: int, bent: tuple[faults.CRLFault, ...]) -> None:
    """Whatever else is bent, the next answer follows the head at once."""
    pki.crl.script([*bent, faults.HttpStatus(code)], [])
    with Wire(pki.crl.url) as wire:
        wire.send(get() + get())
        status, headers = wire.head()
        assert status == code
        if code == 205 and "transfer-encoding" in headers:
            assert wire.line() == b"0\r\n"
            assert wire.line() == b"\r\n"
        elif code == 205:
            assert headers["content-length"] == "0"
        elif code == 204:
            assert not {"content-length", "transfer-encoding"} & headers.keys()
        assert wire.answer().status == 200
    assert pki.crl.requests[0].answer.status == code


def test_a_lie_about_the_length_of_nothing_stays(pki: PKI) -> None:
    """It is a fault of its own name, and not cured by another."""
    with pki.crl.respond_with(faults.HttpStatus(204), faults.ContentLength(3)), Wire(pki.crl.url) as wire:
        wire.send(get())
        status, headers = wire.head()
        assert (status, headers["content-length"]) == (204, str(len(pki.crl.requests[0].answer.body) + 3))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_chunks_are_for_http_1_1(pki: PKI, version: str) -> None:
    """RFC 9112 section 6.1: a client of HTTP/1.0 gets the body in one piece, up to the connection's end."""
    with pki.crl.respond_with(faults.Chunked(64)), Wire(pki.crl.url) as wire:
        wire.send(get("Connection: close", version=version))
        _, headers = wire.head()
        body = wire.rest()
        honest = pki.crl.requests[0].answer.body
    if version == "1.0":
        assert body == honest
        assert not {"content-length", "transfer-encoding"} & headers.keys()
    else:
        assert headers["transfer-encoding"] == "chunked"
        assert body.startswith(b"40\r\n" + honest[:64])


def test_a_request_that_is_too_large(pki: PKI) -> None:
    """A head or a body beyond all sense is refused while it is still being sent; a big one is not."""
    with Wire(pki.ocsp.url) as wire:
        wire.send(get(f"X-Long: {'x' * 50_000}", path="/ocsp/none") + post(b"x" * 1_000_000))
        assert wire.answer().status == wire.answer().status == 200  # malformedRequest, by OCSP
    for status, large in (
        (431, get(f"X-Long: {'x' * 300_000}")),
        (414, get(path=f"/{'x' * 300_000}")),
        (413, post(b"x" * 3_000_000)),
    ):
        with Wire(pki.ocsp.url) as wire:
            wire.send(large)
            reply = wire.answer()
            assert (reply.status, reply.headers["connection"]) == (status, "close")
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
