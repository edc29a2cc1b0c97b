"""Every fault of HTTP on every service: the octets on the wire, and what real clients make of them."""

import contextlib
import http.client
import socket
import threading
import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import PKI, faults
from mockpki._exchange.http import HttpRequest
from mockpki.faults import Fault
from tests.kit.asking import cert_id, connect, post, question, raw_post, read_answer, send, statuses
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
from tests.kit.programs import need, run


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


# What real clients make of it.


def curl(service: Any, *options: object) -> tuple[int, str]:
    """curl's exit status and what it printed."""
    done = run(need("curl"), "-sS", "--noproxy", "*", *options, service.url)
    return done.returncode, done.stdout


def download(service: Any, path: Path, *options: object) -> bytes:
    """What curl saves."""
    assert curl(service, "-o", path, *options) == (0, "")
    return path.read_bytes()


@pytest.mark.parametrize("name", ["crl", "ca_issuers"])
def test_curl_and_a_circle_of_redirects(pki: PKI, name: str, tmp_path: Path) -> None:
    """It gives up after as many as it was allowed; sent back only once, it has the honest file."""
    service: Any = getattr(pki.ca, name)
    with service.respond_with(faults.Redirect()):
        assert curl(service, "-L", "--max-redirs", 4)[0] == 47
    service.assert_asked(times=5)
    service.script([faults.Redirect()])
    saved = download(service, tmp_path / "file", "-L")
    assert [request.answer.status for request in service.requests[-2:]] == [302, 200]
    assert saved == service.requests[-1].answer.body


def test_a_redirect_back_keeps_the_question_in_the_path(pki: PKI) -> None:
    """RFC 6960 appendix A.1: a GET has the question in its target, which Location repeats."""
    leaf = pki.issue_cert("localhost")
    for target in ("/ocsp/MAo+/=", "//MA%2B", "http://x.test/ocsp/M"):
        with pki.ocsp.respond_with(faults.Redirect()), connect(pki.ocsp.url) as connection:
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            location = read_answer(connection).headers["location"]
        # A reference that began with two slashes would name a host.
        assert location == ("/." if target.startswith("//") else "") + target
    pki.ocsp.script([faults.Redirect(status=307)], [])
    first = post(pki.ocsp.url, question(cert_id(leaf)))
    again = send(pki.ocsp.url, "POST", question(cert_id(leaf)), target=first.headers["location"])
    assert statuses(again.body) == ["good"]


def test_a_redirect_to_another_service(pki: PKI, tmp_path: Path) -> None:
    """The root's CRL in place of the CA's own, and nothing at all on a port that is dead."""
    with pki.crl.respond_with(faults.Redirect(pki.root.crl.url, 301)):
        saved = download(pki.crl, tmp_path / "file", "-L")
    assert saved == pki.root.crl.requests[-1].answer.body
    with pki.crl.respond_with(faults.Redirect(pki.dead_url)):
        assert curl(pki.crl, "-L")[0] == 7


def test_curl_and_authentication(pki: PKI) -> None:
    """401 is what it reports; with a name and a password it shows them; 407 is a proxy's."""
    with pki.crl.respond_with(faults.AuthenticationRequired()):
        assert curl(pki.crl, "-f")[0] == 22
        assert "authorization" not in pki.crl.requests[-1].headers
        assert curl(pki.crl, "-f", "--anyauth", "-u", "me:secret")[0] == 22
        assert pki.crl.requests[-1].headers["authorization"] == "Basic bWU6c2VjcmV0"
    with pki.crl.respond_with(faults.AuthenticationRequired(proxy=True)):
        assert curl(pki.crl, "-o", "/dev/null", "-w", "%{http_code}") == (0, "407")
    assert curl(pki.crl, "-f", "-o", "/dev/null") == (0, "")


@pytest.mark.parametrize("name", ["crl", "ca_issuers"])
def test_curl_reads_what_is_odd_and_right(pki: PKI, name: str, tmp_path: Path) -> None:
    """No length, chunks, compression that it takes, HTTP/1.0: the file is the honest one."""
    service: Any = getattr(pki.ca, name)
    for fault in (faults.ContentLength(None), faults.Chunked(7), faults.Gzip(), faults.Http10()):
        with service.respond_with(fault):
            saved = download(service, tmp_path / "file", "--compressed")
        assert service.requests[-1].faults == (fault,)
        answer = service.requests[-1].answer.body
        assert saved == (zlib.decompress(answer, 31) if isinstance(fault, faults.Gzip) else answer)


def test_curl_and_lengths_that_lie(pki: PKI, tmp_path: Path) -> None:
    """Too large and the connection's end: a partial file, exit 18. Too small: cut off."""
    with pki.crl.respond_with(faults.ContentLength(5)):
        assert curl(pki.crl, "-o", tmp_path / "file", "-H", "Connection: close")[0] == 18
    with pki.crl.respond_with(faults.ContentLength(-5)):
        saved = download(pki.crl, tmp_path / "file")
    assert saved == pki.crl.requests[-1].answer.body[:-5]


def test_curl_and_a_file_that_is_too_large(pki: PKI, tmp_path: Path) -> None:
    """Exit 63 above the limit that was given, and the honest file below it."""
    limit = ("--max-filesize", 100_000, "-o", tmp_path / "file")
    with pki.crl.respond_with(faults.Oversize()):
        assert curl(pki.crl, *limit)[0] == 63
    assert curl(pki.crl, *limit)[0] == 0


def test_curl_tells_the_type_and_the_version(pki: PKI) -> None:
    """As they were sent."""
    told = ("-o", "/dev/null", "-w", "%{content_type} %{http_version}")
    assert curl(pki.crl, *told) == (0, "application/pkix-crl 1.1")
    with pki.crl.respond_with(faults.ContentType("a/b"), faults.Http10()):
        assert curl(pki.crl, *told)[1] in ("a/b 1.0", "a/b 1")
    with pki.crl.respond_with(faults.ContentType(None)):
        assert curl(pki.crl, *told) == (0, " 1.1")


def test_curl_sends_a_cookie_back(pki: PKI) -> None:
    """Told to, it does so, and the evidence has it."""
    with pki.crl.respond_with(faults.Header()):
        run(need("curl"), "-s", "--noproxy", "*", "-b", "", pki.crl.url, pki.crl.url)
    assert [request.headers.get("cookie") for request in pki.crl.requests] == [None, "mockpki=1"]


@pytest.mark.parametrize(
    "fault",
    [faults.HttpStatus(), faults.AuthenticationRequired(), faults.EmptyBody(), faults.ContentLength(-40)],
    ids=repr,
)
def test_openssl_gets_no_answer(pki: PKI, fault: Any) -> None:
    """`openssl ocsp` says so; honestly asked it says good."""
    leaf = pki.issue_cert("localhost")
    ask = (
        need("openssl"), "ocsp", "-issuer", pki.ca.cert_file, "-cert", leaf.cert_file,
        "-CAfile", pki.ca_file, "-url", pki.ocsp.url, "-no_nonce",
    )  # fmt: skip
    with pki.ocsp.respond_with(fault):
        bent = run(*ask)
    assert bent.returncode != 0
    assert "good" not in bent.stdout
    assert pki.ocsp.requests[-1].faults == (fault,)
    honest = run(*ask)
    assert honest.returncode == 0
    assert f"{leaf.cert_file}: good" in honest.stdout


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
        (lambda: faults.Chunked(0), "a chunk has 1 octet or more"),
        (lambda: faults.Cached(None), "changes nothing; give age=, expires= or control="),
        (lambda: faults.AuthenticationRequired(b"Basic"), "cannot go into a header"),  # type: ignore[arg-type]
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


# Whatever is asked.

TOKENS = [b"GET", b"POST", b"HEAD", b"PUT", b" ", b"/", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\r\n\r\n", b":"]
TOKENS += [b"Content-Length", b"Transfer-Encoding: chunked", b"Host: x", b"Expect: 100-continue", b"0", b"9"]
TOKENS += [b"Connection: close", b"Upgrade: h2c", b"%", b"%ff", b"M", b"MAA=", b"\0", b"\xff", b"?", b"#"]
ANYTHING = st.binary(max_size=60) | st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3)).map(b"".join)


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """`original` with a few octets replaced, left out or put in."""
    octets = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(octets)))
        octets[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(octets)


@pytest.fixture(scope="module")
def shared() -> Any:
    """One PKI for many questions."""
    with PKI() as made:
        yield made


def replies(url: str, octets: bytes) -> list[int]:
    """The status of each answer to `octets`, until the connection ends."""
    with connect(url) as connection:
        feeder = threading.Thread(target=_feed, args=(connection, octets))
        feeder.start()
        raw = everything(connection)
        feeder.join()
    found = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        found.append(int(head.split()[1]))
        length = next((int(x[16:]) for x in head.split(b"\r\n") if x.startswith(b"Content-Length: ")), 0)
        raw = raw if raw.startswith(b"HTTP/1.1 ") else raw[length:]  # after HEAD there is no body
    return found


def _feed(connection: socket.socket, octets: bytes) -> None:
    with contextlib.suppress(OSError):  # what has been closed by then is read from all the same
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)


@settings(max_examples=80, deadline=None)
@given(data=st.data(), name=st.sampled_from(SERVICES))
def test_no_octets_on_the_wire_break_a_service(shared: PKI, data: st.DataObject, name: str) -> None:
    """Random and mutated requests are answered or refused, never with a 500, and leave no error behind."""
    service: Any = getattr(shared.ca, name)
    assert replies(service.url, ordinary(shared, service)) == [200]
    octets = data.draw(ANYTHING | mutated(ordinary(shared, service)))
    # It may have closed before all of it was sent.
    with contextlib.suppress(ConnectionResetError):
        assert set(replies(service.url, octets)) <= {100, 200, 400, 405, 413}
    shared.check()


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_question_breaks_the_responder(shared: PKI, data: st.DataObject) -> None:
    """Random and mutated OCSP requests by POST and GET get a 200 with an OCSP response in it."""
    honest = question(cert_id(shared.ca), nonce=b"12345678")
    der = data.draw(mutated(honest) | st.binary(max_size=120))
    status, body = data.draw(st.sampled_from([_by_post, _by_get]))(shared, der)
    assert status == 200
    assert body[:1] == b"\x30"
    shared.check()


def _by_post(pki: PKI, der: bytes) -> tuple[int, bytes]:
    with connect(pki.ocsp.url) as connection:
        connection.sendall(raw_post(pki.ocsp.url, der))
        reply = read_answer(connection)
    return reply.status, reply.body


def _by_get(pki: PKI, der: bytes) -> tuple[int, bytes]:
    reply = send(pki.ocsp.url, target=f"/ocsp/{quote(b64encode(der), safe='')}")
    return reply.status, reply.body
