"""What a client sends to the server's own HTTP: as much as it likes, in its own words."""

from datetime import timedelta

import pytest

from mockpki import PKI
from mockpki._exchange.http import http_date
from tests.kit.programs import need, run
from tests.kit.tls_clients import VERSIONS, connected, context
from tests.tls.kit import GET

each_version = pytest.mark.parametrize("version", VERSIONS)
LINE = "POST / HTTP/1.1\r\nHost: localhost\r\n"


@each_version
@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 20) + 1, 20_000_000])
def test_an_upload_is_answered(pki: PKI, version: str, size: int) -> None:
    """Read to its end and answered 200, and the connection goes on."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            for _ in range(2):
                tls.sendall(f"{LINE}Content-Length: {size}\r\n\r\n".encode() + bytes(size))
                assert tls.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
        assert server.connections[0].requests == 2


@each_version
def test_an_upload_in_chunks_is_answered(pki: PKI, version: str) -> None:
    """Small chunks and large ones, megabytes in all."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (size, bytes(size)) for size in (1, 17, 70_000, 3_000_000) * 2)
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        with connected(server, context(pki, version)) as tls:
            tls.sendall(f"{LINE}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n" + GET)
            answers = b""
            while answers.count(b"you reached") < 2:
                answers += tls.recv(1 << 16)
        assert answers.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_curl_uploads(pki: PKI) -> None:
    """As a foreign client does it, which asks for leave first."""
    with pki.tls_server(pki.issue_cert("localhost")) as server:
        done = run(
            need("curl"), "-sS", "--noproxy", "*", "--cacert", pki.ca_file, "-w", "%{http_code}",
            "-H", "Expect: 100-continue", "-T", "-", server.url, input=b"x" * 5_000_000,
        )  # fmt: skip
    assert (done.returncode, done.stdout[-3:]) == (0, "200"), done.stderr


def test_a_head_has_an_end_and_its_own_words(pki: PKI) -> None:
    """A head without an end is refused, and nothing is said of OCSP, which has no place here."""
    with pki.tls_server(pki.issue_cert("localhost")) as server, connected(server, context(pki)) as tls:
        tls.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000)
        answer = b""
        while b"octets\n" not in answer:
            answer += tls.recv(1 << 16)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"longer than 65536 octets" in answer
    assert b"OCSP" not in answer


def test_what_http_refuses_is_refused_here_too(pki: PKI) -> None:
    """A request without Host gets 400; it is not counted, and its neighbour is."""
    with pki.tls_server(pki.issue_cert("localhost")) as server, connected(server, context(pki)) as tls:
        tls.sendall(GET + b"GET / HTTP/1.1\r\n\r\n")
        answers = b""
        while part := tls.recv(1 << 16):
            answers += part
        assert [answers.count(b"HTTP/1.1 %d " % code) for code in (200, 400)] == [1, 1]
        assert server.connections[0].requests == 1


# What is asked, and the status of what its own HTTP says to it.
ASKED = {
    "GET": 200, "HEAD": 200, "POST": 200, "PUT": 200, "DELETE": 200, "OPTIONS": 200, "PATCH": 200,
    "TRACE": 405, "CONNECT": 405, "FOO": 501, "PROPFIND": 501, "get": 501,
}  # fmt: skip


@pytest.mark.parametrize("method", ASKED)
def test_what_its_own_http_says_is_dated(pki: PKI, method: str) -> None:
    """RFC 9110 section 6.6.1, by the PKI's clock; 405 has Allow, and a method that nobody knows is 501."""
    pki.clock.shift(timedelta(days=400))
    pki.clock.stop()
    target = "localhost:1" if method == "CONNECT" else "/"
    with pki.tls_server(pki.issue_cert("localhost")) as server, connected(server, context(pki)) as tls:
        tls.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = tls.recv(1 << 16).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(first.split()[1]) == ASKED[method]
    assert headers["Date"] == http_date(pki.clock.now())
    assert bool(body) is (method != "HEAD")
    if ASKED[method] == 405:
        allowed = headers["Allow"].split(", ")
        assert sorted(allowed) == sorted(known for known, status in ASKED.items() if status == 200)
