"""Requests as they come in: the same ones, however they are cut, and what is refused."""

import pytest

from mockpki._engine.requests import Continue, Refused, RequestReader
from mockpki._exchange.http import HttpRequest

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nbody"
CHUNKS = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX: y\r\n\r\n"
LATE = b"PUT / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"
UPGRADE = b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
LINES = b"FOO / HTTP/1.1\r\n\r\n"
IN_CONTENT = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(LINES) + LINES


def described(reader: RequestReader) -> list[str | int]:
    """What was found, in order: methods, statuses of refusals, and leave that is waited for."""
    found: list[str | int] = []
    for one in reader.found:
        match one:
            case HttpRequest(method):
                found.append(method)
            case Refused((status, _)):
                found.append(int(status))
            case Continue():
                found.append("continue")
    return found


# What comes, and what is found in it.
STREAMS: dict[str, tuple[bytes, list[str | int]]] = {
    "one": (GET, ["GET"]),
    "three": (GET + POST + CHUNKS, ["GET", "POST", "POST"]),
    "empty lines between": (GET + b"\r\n" + GET, ["GET", "GET"]),
    "leave is waited for": (LATE + b"body" + GET, ["continue", "PUT", "GET"]),
    "an upgrade": (UPGRADE + UPGRADE + POST, ["GET", "GET", "POST"]),
    "CONNECT, and what follows": (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n" + GET, ["CONNECT"]),
    "a method that nobody knows": (b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n" + GET, [501]),
    "behind another": (GET + POST + CHUNKS + b"FOO / HTTP/1.0\r\n\r\n", ["GET", "POST", "POST", 501]),
    "behind content": (POST + b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n", ["POST", 501]),
    "behind content, no request": (POST + b"x" + GET, ["POST", 501]),
    "with a bare line feed": (b"FOO / HTTP/1.1\n\n", [501]),
    "one of WebDAV": (b"PROPFIND / HTTP/1.1\r\n" + HOST + b"\r\n", [501]),
    "in small letters": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", [501]),
    "one that begins as another": (b"GETS / HTTP/1.1\r\n" + HOST + b"\r\n", [501]),
    "a long one": (b"A" * 101, [501]),
    "its line in content": (IN_CONTENT + GET, ["POST", "GET"]),
    "its line in content and behind it": (IN_CONTENT + LINES, ["POST", 501]),
    "no request": (b"FOO\r\n", [400]),
    "no version": (b"FOO / HTTP/x\r\n", [400]),
    "a preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "TLS": (b"\x16\3\1", [400]),
    "behind a request": (GET + b"\0", ["GET", 400]),
}


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("case", STREAMS)
def test_requests_are_the_same_however_they_are_cut(case: str, size: int) -> None:
    """Octet by octet or at once: what is found, and that nothing is read behind a refusal or a tunnel."""
    stream, expected = STREAMS[case]
    reader = RequestReader("client")
    for at in range(0, len(stream), size):
        reader.feed(stream[at : at + size])
    assert described(reader) == expected
    assert reader.over is (expected[-1] in (400, 501, "CONNECT"))


HEAD = 1 << 16
TRAILERS = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
# What is fed again and again behind a beginning, and the status in the end.
ENDLESS: dict[str, tuple[bytes, bytes, int]] = {
    "fields": (b"GET / HTTP/1.1\r\n", b"X: yz\r\n", 431),
    "one field": (b"GET / HTTP/1.1\r\nX: ", b"y", 431),
    "a target": (b"GET /", b"y", 414),
    "a target of a method that nobody knows": (b"FOO /", b"y", 414),
    "trailers": (TRAILERS, b"X: yz\r\n", 431),
    "one trailer": (TRAILERS + b"X: ", b"y", 431),
    "an extension of a chunk": (TRAILERS[:-9] + b"1;", b"y", 431),
    "trailers behind a pipeline": (GET * 5000 + TRAILERS, b"X: yz\r\n", 431),
}


@pytest.mark.parametrize("piece", [1000, HEAD])
@pytest.mark.parametrize("case", ENDLESS)
def test_what_surrounds_content_has_an_end(case: str, piece: int) -> None:
    """Trailers count as a head does; twice its limit is read of it at most, whatever came before."""
    begin, more, status = ENDLESS[case]
    reader = RequestReader("client")
    for at in range(0, len(begin), piece):
        reader.feed(begin[at : at + piece])
    fed = 0
    while not reader.over:
        reader.feed(more * (piece // len(more)))
        fed += piece
        assert fed <= 2 * HEAD
    assert fed >= HEAD // 2
    assert described(reader)[-1] == status


@pytest.mark.parametrize("one", [GET, POST, CHUNKS, UPGRADE], ids=["GET", "POST", "chunks", "upgrade"])
@pytest.mark.parametrize("piece", [100, 999, HEAD])
def test_a_pipeline_is_no_large_head(one: bytes, piece: int) -> None:
    """Six thousand requests in reads of any size are six thousand requests."""
    stream, reader = one * 6000, RequestReader("client")
    for at in range(0, len(stream), piece):
        reader.feed(stream[at : at + piece])
    assert described(reader) == [one.split()[0].decode()] * 6000
    assert not reader.over


def test_content_has_a_limit_or_nobody_wants_it() -> None:
    """Beyond *largest* it is refused; without one it is read and dropped."""
    for largest, expected in ((4, "POST"), (3, 413), (None, "POST")):
        reader = RequestReader("client", largest)
        reader.feed(POST)
        assert described(reader) == [expected]
        if expected == "POST":
            assert reader.found[0].body == (b"body" if largest else b"")  # type: ignore[union-attr]


def test_a_refusal_says_what_it_was() -> None:
    """Whether it was a HEAD, and whether content may be under way: that decides how it goes out."""
    for stream, head_only, sending in (
        (b"HEAD / HTTP/1.1\r\n\r\n", True, False),
        (b"GET / HTTP/1.1\r\n\r\n", False, False),
        (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", False, True),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nFOO / HTTP/1.1\r\n", False, True),
    ):
        reader = RequestReader("client")
        reader.feed(stream)
        refused = reader.found[-1]
        assert isinstance(refused, Refused)
        assert (refused.head_only, refused.sending) == (head_only, sending)
