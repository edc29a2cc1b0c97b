"""One question to a responder: how it is asked, and what is no answer."""

import asyncio
import base64
import socket
from urllib.parse import unquote

import pytest

from mockpki import PKI, faults
from mockpki._engine.fetch import Address, NoAnswer, ask, connect
from tests.engine.kit import is_good, question
from tests.kit.plain_server import answering, plain_server

TCP = socket.IPPROTO_TCP


def fetch(url: str, method: str = "POST", octets: bytes = b"question") -> bytes:
    """`ask`, on a loop of its own."""
    return asyncio.run(asyncio.wait_for(ask(url, octets, method), 30))


def fetch_from(octets: bytes) -> bytes:
    """What a server that sends *octets* is found to have answered."""
    with plain_server(answering(octets)) as (host, port):
        return fetch(f"http://{host}:{port}/ocsp")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_responder_is_asked_and_answers(pki: PKI, method: str) -> None:
    """By either method a real responder reads the question, and its answer comes whole."""
    assert is_good(fetch(pki.ocsp.url, method, question(pki)))
    [request] = pki.ocsp.requests
    assert request.method == method


def test_the_octets_of_a_question() -> None:
    """A POST has the question for its body, a GET in its path: RFC 6960 appendix A.1."""
    asked: list[bytes] = []
    octets = bytes(range(64))
    with plain_server(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", asked)) as (host, port):
        for method in ("POST", "GET"):
            assert fetch(f"http://{host}:{port}/ocsp/", method, octets) == b"x"
    post, get = asked
    head, _, body = post.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ocsp/ HTTP/1.1\r\n")
    assert b"Content-Type: application/ocsp-request" in head
    assert body == octets
    path = get.partition(b" ")[2].partition(b" ")[0].decode("ascii")
    assert base64.b64decode(unquote(path.removeprefix("/ocsp/"))) == octets
    assert get.endswith(b"\r\n\r\n")


BODY = b"answer"
ANSWERS = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nans\r\n3\r\nwer\r\n0\r\n\r\n",
    "the end": b"HTTP/1.1 200 OK\r\n\r\nanswer",
    "HTTP/1.0": b"HTTP/1.0 200 Fine\r\n\r\nanswer",
    "behind interim ones": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer",
    "a long head": b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Length: 6\r\n\r\nanswer" % (b"y" * 60_000),
    "long trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nanswer\r\n0\r\n%b\r\n"
    % (b"X: y\r\n" * 10_000),
    "and more": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer and what nobody asked for",
}


@pytest.mark.parametrize("how", ANSWERS)
def test_the_end_of_an_answer_is_found(how: str) -> None:
    """By its length, by its chunks, or by the end of the connection; what follows is not looked at."""
    assert fetch_from(ANSWERS[how]) == BODY


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nanswer\r\n"
TOO_MUCH = "more than 65536 octets came that are no content"
NO_ANSWERS = {
    "a head without an end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000_000, TOO_MUCH),
    "a header without an end": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000_000, TOO_MUCH),
    "trailers without an end": (CHUNKED + b"0\r\n" + b"X: y\r\n" * 1_000_000, TOO_MUCH),
    "a trailer without an end": (CHUNKED + b"0\r\nX: " + b"y" * 10_000_000, TOO_MUCH),
    "an extension without an end": (CHUNKED + b"6;" + b"y" * 10_000_000, TOO_MUCH),
    "interim answers without an end": (b"HTTP/1.1 102 x\r\n\r\n" * 500_000, TOO_MUCH),
    "an interim answer alone": (
        b"HTTP/1.1 100 Continue\r\n\r\n",
        "the connection was closed before the answer was complete",
    ),
    "another protocol": (
        b"HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n",
        "the responder answered HTTP 101 Switching Protocols",
    ),
    "nothing": (b"", "the connection was closed before the answer was complete"),
    "half a head": (b"HTTP/1.1 200 OK\r\nConte", "the connection was closed before the answer was complete"),
    "half a body": (ANSWERS["a length"][:-1], "the connection was closed before the answer was complete"),
    "half a chunk": (ANSWERS["chunks"][:-9], "the connection was closed before the answer was complete"),
    "not HTTP": (b"\x16\3\1\0\0", "what came is not HTTP: "),
    "not found": (b"HTTP/1.1 404 Never Heard Of It\r\n\r\n", "the responder answered HTTP 404 Not Found"),
    "no name": (b"HTTP/1.1 599 x\r\n\r\n", "the responder answered HTTP 599"),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "the responder answered HTTP 302 Found"),
    "too much": (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2 << 20), "more than 1048576 octets came"),
}


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_what_is_no_answer(what: str) -> None:
    """Each is told in a sentence."""
    octets, sentence = NO_ANSWERS[what]
    with pytest.raises(NoAnswer) as caught:
        fetch_from(octets)
    if sentence.endswith(": "):
        assert str(caught.value).startswith(sentence)
    else:
        assert str(caught.value) == sentence


def test_nobody_to_ask(pki: PKI) -> None:
    """A refused connection, a host without an address, a reset, and a URL that is none."""
    with pki.ocsp.respond_with(faults.Refused()), pytest.raises(NoAnswer) as refused:
        fetch(pki.ocsp.url)
    assert str(refused.value) == "the connection was refused"
    with pytest.raises(NoAnswer, match="the responder's host has no address"):
        fetch(pki.unresolvable_url)
    with pki.ocsp.respond_with(faults.Reset()), pytest.raises(NoAnswer, match="the connection broke: "):
        fetch(pki.ocsp.url)
    with pytest.raises(NoAnswer, match=r"http://127\.0\.0\.1:99999/ cannot be asked: "):
        fetch("http://127.0.0.1:99999/")


def test_the_first_address_that_is_there() -> None:
    """Each address is tried in its turn; where none is there, the last one's error tells."""

    async def join(addresses: list[Address]) -> tuple[str, int]:
        with await connect(asyncio.get_running_loop(), addresses) as sock:
            host, port = sock.getpeername()
            return host, port

    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = free.getsockname()
    dead: Address = (socket.AF_INET, socket.SOCK_STREAM, TCP, "", gone)
    with socket.create_server(("127.0.0.1", 0)) as there:
        alive: Address = (socket.AF_INET, socket.SOCK_STREAM, TCP, "", there.getsockname())
        assert asyncio.run(join([dead, alive])) == there.getsockname()
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(join([dead]))
    with pytest.raises(OSError, match="there is no address to connect to"):
        asyncio.run(join([]))


def test_cancelled_while_it_waits() -> None:
    """Whoever asks sets the time-out; the socket is closed then, which a leak would tell."""

    async def impatient(url: str) -> None:
        await asyncio.wait_for(ask(url, b"question", "POST"), 0.1)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        with pytest.raises(TimeoutError):
            asyncio.run(impatient(f"http://{host}:{port}/"))
        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(10)
            assert accepted.recv(1 << 16).startswith(b"POST / HTTP/1.1")
            assert accepted.recv(1) == b""
