"""Every fault of HTTP on every service: the octets on the wire."""

import http.client
import zlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from mockpki import PKI, faults
from mockpki._exchange.http import HttpRequest
from mockpki._services.service import Service
from mockpki.faults import Fault
from tests.kit.asking import connect, read_answer, send
from tests.kit.exchanges import (
    SERVICES,
    Octets,
    everything,
    exactly,
    exchange,
    head_of,
    nothing_yet,
    ordinary,
    standing,
)
from tests.kit.standing_clock import ask


class Case(NamedTuple):
    """What `fault` makes of an honest answer; None stands for no difference, and for no header."""

    fault: Fault[Any]
    status: str | None = None
    headers: Mapping[str, str | None] = {}
    body: Callable[[bytes], bytes] | None = None


def chunks(size: int) -> Callable[[bytes], bytes]:
    """RFC 9112 section 7.1: size in hexadecimal digits, line end, octets, line end; at last 0."""

    def cut(body: bytes) -> bytes:
        out = b""
        while body:
            piece, body = body[:size], body[size:]
            out += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        return out + b"0\r\n\r\n"

    return cut


MINUTE = timedelta(minutes=1)
ENDS = {"Connection": "close"}
IN_CHUNKS = {"Content-Length": None, "Transfer-Encoding": "chunked"}

CASES = [
    Case(faults.HttpStatus(), "HTTP/1.1 503 Service Unavailable"),
    Case(faults.HttpStatus(599, b"no"), "HTTP/1.1 599 ", {"Content-Length": "2"}, lambda body: b"no"),
    Case(
        faults.NotModified(),
        "HTTP/1.1 304 Not Modified",
        {"Content-Type": None, "Content-Length": None},
        lambda body: b"",
    ),
    Case(faults.HttpStatus(401), "HTTP/1.1 401 Unauthorized", {"WWW-Authenticate": 'Basic realm="mockpki"'}),
    Case(faults.HttpStatus(405), "HTTP/1.1 405 Method Not Allowed", {"Allow": ""}),
    Case(
        faults.HttpStatus(407),
        "HTTP/1.1 407 Proxy Authentication Required",
        {"Proxy-Authenticate": 'Basic realm="mockpki"'},
    ),
    Case(
        faults.HttpStatus(426),
        "HTTP/1.1 426 Upgrade Required",
        {"Upgrade": "HTTP/2.0", "Connection": "Upgrade"},
    ),
    Case(faults.HttpStatus(404), "HTTP/1.1 404 Not Found"),
    Case(faults.Redirect(), "HTTP/1.1 302 Found", {"Location": "{path}"}),
    Case(
        faults.Redirect("http://a.test/b", 308),
        "HTTP/1.1 308 Permanent Redirect",
        {"Location": "http://a.test/b"},
    ),
    Case(
        faults.AuthenticationRequired(),
        "HTTP/1.1 401 Unauthorized",
        {"WWW-Authenticate": 'Basic realm="mockpki"'},
    ),
    Case(
        faults.AuthenticationRequired("Negotiate", proxy=True),
        "HTTP/1.1 407 Proxy Authentication Required",
        {"Proxy-Authenticate": "Negotiate"},
    ),
    Case(faults.Header(), headers={"Set-Cookie": "mockpki=1"}),
    Case(faults.Header("etag", "W/x"), headers={"ETag": "W/x"}),
    Case(faults.Header("etag", None), headers={"ETag": None}),
    Case(faults.ContentType(), headers={"Content-Type": "text/html"}),
    Case(faults.ContentType(None), headers={"Content-Type": None}),
    Case(faults.ContentLength(), headers={"Content-Length": "{length + 1}"}),
    Case(faults.ContentLength(-7), headers={"Content-Length": "{length - 7}"}),
    Case(faults.ContentLength(None), headers={"Content-Length": None, **ENDS}),
    Case(faults.EmptyBody(), headers={"Content-Length": "0"}, body=lambda body: b""),
    Case(
        faults.Oversize(),
        headers={"Content-Length": "10000000"},
        body=lambda body: body + bytes(10_000_000 - len(body)),
    ),
    Case(faults.Chunked(), headers=IN_CHUNKS, body=chunks(100)),
    Case(faults.Chunked(1), headers=IN_CHUNKS, body=chunks(1)),
    Case(faults.Cached(), headers={"Age": "86400"}),
    Case(
        faults.Cached(None, expires=-MINUTE, control="no-store"),
        headers={"Expires": "Mon, 03 Feb 2031 04:04:06 GMT", "Cache-Control": "no-store"},
    ),
    Case(faults.Http10(), "HTTP/1.0 200 OK", ENDS),
]


def expected(case: Case, honest: Octets, path: str) -> Octets:
    """The honest answer with what `case` says, and with nothing else, changed."""
    lengths = {"{length + 1}": 1, "{length - 7}": -7}
    headers = dict(honest.headers)
    for name, value in case.headers.items():
        if value is None:
            del headers[name]
        elif value in lengths:
            headers[name] = str(len(honest.body) + lengths[value])
        else:
            headers[name] = value.replace("{path}", path)
    body = honest.body if case.body is None else case.body(honest.body)
    return Octets(case.status or honest.start, tuple(headers.items()), body)


@pytest.mark.parametrize("name", SERVICES)
def test_only_what_the_fault_says_is_different(name: str) -> None:
    """Octet for octet, start line, headers and body, against the honest answer of the same second."""
    with standing(name) as (pki, service):
        honest = Octets.of(exchange(pki, service))
        assert honest.start == "HTTP/1.1 200 OK"
        assert dict(honest.headers)["Content-Length"] == str(len(honest.body)) > "0"
        for case in CASES:
            with service.respond_with(case.fault):
                bent = Octets.of(exchange(pki, service))
            assert bent == expected(case, honest, urlsplit(service.url).path), case.fault
            assert service.requests[-1].faults == (case.fault,)
        assert Octets.of(exchange(pki, service)) == honest


@pytest.mark.parametrize("name", SERVICES)
def test_gzip_unpacks_to_the_honest_body(name: str) -> None:
    """Content-Encoding and a true Content-Length; twice is twice."""
    with standing(name) as (pki, service):
        honest = Octets.of(exchange(pki, service))
        with service.respond_with(faults.Gzip()):
            once = Octets.of(exchange(pki, service))
        with service.respond_with(faults.Gzip(), faults.Gzip()):
            twice = Octets.of(exchange(pki, service))
    assert zlib.decompress(once.body, 31) == honest.body
    assert zlib.decompress(twice.body, 31) == once.body
    for bent, coding in ((once, "gzip"), (twice, "gzip, gzip")):
        changed = {"Content-Encoding": coding, "Content-Length": str(len(bent.body))}
        assert dict(bent.headers) == dict(honest.headers) | changed


def test_the_catalogue_has_no_fault_of_http_without_a_case() -> None:
    """A fault that is added needs a line above."""
    tested = {type(case.fault) for case in CASES} | {faults.Gzip}
    assert {fault for fault in faults.CATALOGUE if fault.layer == "HTTP"} == tested


@pytest.mark.parametrize("name", SERVICES)
def test_a_length_that_is_too_large_keeps_the_client_waiting(pki: PKI, name: str) -> None:
    """All of the body comes, then nothing, on a connection that stays open for the next answer."""
    service: Any = getattr(pki.ca, name)
    service.script([faults.ContentLength(9)], [])
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        promised = int(dict(Octets.of(head_of(connection)).headers)["Content-Length"])
        assert exactly(connection, promised - 9) == service.requests[-1].answer.body
        assert nothing_yet(connection, service)
        connection.sendall(ordinary(pki, service))
        assert exactly(connection, 15) == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize("name", SERVICES)
def test_a_length_that_is_too_small_leaves_octets_over(pki: PKI, name: str) -> None:
    """The last of the body comes where the client looks for the next answer."""
    service: Any = getattr(pki.ca, name)
    service.script([faults.ContentLength(-5)])
    with connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        cut = read_answer(connection)
        whole = service.requests[-1].answer.body
        assert cut.body == whole[:-5]


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("fault", [faults.ContentLength(None), faults.Http10()], ids=repr)
def test_the_end_of_the_connection_is_the_end_of_the_body(pki: PKI, name: str, fault: Any) -> None:
    """FIN comes, though the client asked for the connection to be kept."""
    service: Any = getattr(pki.ca, name)
    with service.respond_with(fault), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        raw = everything(connection)
        assert Octets.of(raw).body == service.requests[-1].answer.body
    with connect(service.url) as connection:
        for _ in range(2):
            connection.sendall(ordinary(pki, service))
            assert read_answer(connection).status == 200


def test_head_has_no_body_and_needs_no_end(pki: PKI) -> None:
    """HEAD of a bent answer is its head alone, and the connection is kept."""
    for fault in (faults.ContentLength(None), faults.Chunked(), faults.Oversize()):
        with pki.crl.respond_with(fault), connect(pki.crl.url) as connection:
            for _ in range(2):
                connection.sendall(b"HEAD / HTTP/1.1\r\nHost: test\r\n\r\n")
                with http.client.HTTPResponse(connection, method="HEAD") as response:
                    response.begin()
                    assert (response.status, response.read()) == (200, b"")


def test_faults_of_http_compose_in_any_order() -> None:
    """A chunked, compressed, padded answer is the same however it is written; a lie stays a lie."""
    lie = faults.ContentLength(3)
    with standing("crl") as (pki, service):
        honest = Octets.of(exchange(pki, service))
        for given_faults in ([faults.Chunked(), faults.Gzip()], [faults.Gzip(), faults.Chunked()]):
            with service.respond_with(*given_faults):
                reply = send(service.url)
            assert zlib.decompress(reply.body, 31) == honest.body
            assert "content-length" not in reply.headers
        for given_faults in ([lie, faults.EmptyBody()], [lie, faults.HttpStatus(200, b"")]):
            with service.respond_with(*given_faults):
                assert dict(Octets.of(exchange(pki, service)).headers)["Content-Length"] == "3"
        with service.respond_with(lie, faults.Chunked()):
            both = dict(Octets.of(exchange(pki, service)).headers)
        assert both["Transfer-Encoding"] == "chunked"
        assert both["Content-Length"] == str(len(honest.body) + 3)


# What makes no sense.


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: faults.Redirect(status=200), "200 is no redirection; give 301, 302, 303, 307 or 308"),
        (lambda: faults.Redirect(status=304), "304 is no redirection"),
        (lambda: faults.Redirect("/a\r\nSet-Cookie: b"), "cannot go into a header"),
        (lambda: faults.Header("two words"), "'two words' is no name of a header"),
        (lambda: faults.Header("X", "a\nb"), r"'a\\nb' cannot go into a header"),
        (lambda: faults.Header("X", "€"), "takes Latin-1 without line ends"),
        (lambda: faults.ContentType("a\0b"), "cannot go into a header"),
        (lambda: faults.ContentLength(0), r"ContentLength\(by=0\) changes nothing"),
        (lambda: faults.Oversize((1 << 28) + 1), "from 1 to 268435456; got 268435457"),
        (lambda: faults.Oversize(10**15), "size= of Oversize takes a whole number from 1 to 268435456"),
        (lambda: faults.Chunked(0), "a chunk has 1 octet or more"),
        (lambda: faults.Cached(None), "changes nothing; give age=, expires= or control="),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(make: Callable[[], Any], sentence: str) -> None:
    """Where it is written, with the way out."""
    with pytest.raises(ValueError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.Oversize(10), r"Oversize\(size=10\) is not too large for an answer of \d+ octets"),
        (faults.Header("Ettag", None), "finds no such header to leave out; there are Content-Type,"),
    ],
)
def test_a_fault_that_would_change_nothing_fails_the_test(fault: Any, sentence: str) -> None:
    """The client gets a 500, and leaving the block says why."""
    with pytest.raises(ValueError, match=sentence), PKI() as pki, pki.crl.respond_with(fault):
        assert send(pki.crl.url).status == 500


@pytest.mark.parametrize("fault", [faults.Chunked(), faults.Http10()], ids=repr)
def test_what_a_wsgi_server_would_undo(pki: PKI, fault: Any) -> None:
    """Chunks and the version are the server's to write, so asking for them is an error; headers are not."""
    request = HttpRequest("GET", "/")
    with pki.crl.respond_with(fault), pytest.raises(ValueError, match="which is up to the server"):
        pki.crl.answer(request)
    with pki.crl.respond_with(faults.Redirect()):
        assert pki.crl.answer(request).header("Location") == "/"


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service


@pytest.mark.parametrize("code", [204, 404, 503, 599])
def test_http_status(pki: PKI, service: Any, code: int) -> None:
    """Another code; the body stays, or is replaced together with its length."""
    with service.respond_with(faults.HttpStatus(code, body=b"sorry")), connect(service.url) as connection:
        connection.sendall(ordinary(pki, service))
        reply = read_answer(connection)
    # RFC 9110 section 8.6: no Content-Length in a 204.
    assert (reply.status, reply.headers.get("content-length")) == (code, None if code == 204 else "5")
    assert reply.body == (b"" if code == 204 else b"sorry")
    assert service.requests[-1].answer.status == code
    assert service.requests[-1].answer.body == b"sorry"


def test_http_status_leaves_the_body(still: PKI) -> None:
    """A 500 whose body is an honest, signed answer."""
    leaf = still.issue_cert("localhost")
    with still.ocsp.respond_with(faults.HttpStatus(500)):
        reply = ask(still, leaf)
    honest = ask(still, leaf)
    assert (reply.status, honest.status) == (500, 200)
    assert (reply.body, reply.headers) == (honest.body, honest.headers)
