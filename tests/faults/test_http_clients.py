"""What real clients make of faults of HTTP, and what services make of any octets."""

import contextlib
import socket
import threading
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockpki import PKI, faults
from mockpki._services.service import Service
from tests.kit.asking import cert_id, connect, post, question, raw_post, read_answer, send, statuses
from tests.kit.exchanges import (
    SERVICES,
    everything,
    ordinary,
)
from tests.kit.programs import need, run

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
        assert set(replies(service.url, octets)) <= {100, 200, 400, 405, 413, 501, 505}
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


# HTTP and the connection: the same for all three services.


@pytest.fixture(params=["ocsp", "crl", "ca_issuers"])
def service(request: pytest.FixtureRequest, pki: PKI) -> Service[Any]:
    """Each of the services of the issuing CA."""
    service: Service[Any] = getattr(pki.ca, request.param)
    return service
